package reach_test

import (
	"testing"

	"pgregory.net/rapid"

	"mlops-infra-suite/internal/sg/reach"
)

// TestFlowsAreThoseOfTheModel tries every packet between every two zones of random rule sets.
func TestFlowsAreThoseOfTheModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := drawWorld.Draw(rt, "world")
		got, err := told(reach.Compute(w.set(), w.options()).Flows())
		if err != nil {
			rt.Fatal(err)
		}
		seen := 0
		links(zones(w), func(from, to party, p packet) {
			at := link{from.zone(), to.zone(), p}
			if want := w.flows(from, to, p); got[at] != want {
				rt.Fatalf("%v: certainty %d, want %d", at, got[at], want)
			} else if want != never {
				seen++
			}
		})
		if seen != len(got) {
			rt.Fatalf("%d packets are told, %d flow", len(got), seen)
		}
	})
}
