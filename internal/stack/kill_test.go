package stack_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"
)

// deadline is a door to the sandbox behind which the process dies at some call: before it leaves, or after it has arrived. From
// then on no call gets through, whatever is tried to clean up.
type deadline struct {
	next  http.Handler
	call  int // the number of the last one
	heard bool
	die   context.CancelFunc

	mu   sync.Mutex
	made int
}

func (d *deadline) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	d.made++
	made := d.made
	d.mu.Unlock()
	switch {
	case made < d.call:
		d.next.ServeHTTP(w, r)
		return
	case made == d.call && d.heard:
		d.next.ServeHTTP(httptest.NewRecorder(), r)
	}
	d.die()
	panic(http.ErrAbortHandler)
}

// killCases is how many kills there are at least: none gets lost unnoticed.
const killCases = 435

// A process that is killed before or after whatever call leaves a state from which the same command comes to the same end.
func TestKilledAtAnyCall(t *testing.T) {
	t.Parallel()
	cases := 0
	for _, j := range journeys {
		c := j.undisturbed(t, 0, latency)
		for call := range len(c.calls) {
			for when, d := range map[string]struct {
				heard bool
				pause time.Duration // until the command is run again
			}{"before": {}, "after": {heard: true}, "long after": {true, time.Hour}} {
				cases++
				t.Run(fmt.Sprintf("%s/%s call %d, %s", j.name, when, call+1, c.calls[call]), func(t *testing.T) {
					t.Parallel()
					c.again(t, func(t *testing.T, w *world) {
						ctx, cancel := context.WithCancel(t.Context())
						defer cancel()
						death := &deadline{next: w.box, call: call + 1, heard: d.heard, die: cancel}
						if err := j.run(ctx, w, w.engine(death)); err == nil {
							t.Fatal("it survived")
						}
						time.Sleep(d.pause)
						if err := j.run(t.Context(), w, w.engine(w.box)); err != nil {
							t.Fatal(err)
						}
						diffEnd(t, "the command that follows", c.end, w.end(t))
					})
				})
			}
		}
	}
	t.Logf("%d cases", cases)
	if cases < killCases {
		t.Errorf("%d cases, there were %d", cases, killCases)
	}
}
