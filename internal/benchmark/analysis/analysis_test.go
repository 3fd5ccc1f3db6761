package main

import (
	"maps"
	"testing"
)

func TestRead(t *testing.T) {
	r := row{seconds: map[string]float64{}}
	err := r.read([]byte(`goos: linux
BenchmarkAnalysis/rules=10000/flows         	       5	  15400000 ns/op
BenchmarkAnalysis/rules=10000/difference    	       5	       250.5 ns/op	     120 B/op
BenchmarkOther/rules=10000/checks           	       5	  99999999 ns/op
PASS
`))
	want := map[string]float64{"flows": 0.0154, "difference": 250.5e-9}
	if err != nil || !maps.Equal(r.seconds, want) {
		t.Errorf("%v, %v, want %v", r.seconds, err, want)
	}
}

func TestBudget(t *testing.T) {
	for _, tc := range []struct {
		seconds, mib float64
		want         bool
	}{
		{maxSeconds, maxMiB, true}, {maxSeconds + 0.001, 1, false}, {0.001, maxMiB + 0.1, false},
	} {
		r := row{seconds: map[string]float64{"all": tc.seconds, "flows": 100}, mib: tc.mib}
		if got := r.withinBudget(); got != tc.want {
			t.Errorf("%g s and %g MiB: %v, want %v", tc.seconds, tc.mib, got, tc.want)
		}
	}
}

func TestTable(t *testing.T) {
	costs := func(seconds float64) map[string]float64 {
		m := map[string]float64{}
		for _, step := range steps {
			m[step] = seconds
		}
		return m
	}
	got := table([]row{
		{rules: 50, seconds: costs(0.0012), mib: 20.4}, {rules: 1000, seconds: costs(0.25), mib: 30}, {rules: 10000, seconds: costs(2), mib: 299.6},
	})
	want := `| rules | tiers | flows, s | difference, s | shadows, s | checks, s | all, s | peak MiB | growth |
|--:|--:|--:|--:|--:|--:|--:|--:|--:|
| 50 | 2 | 0.0012 | 0.0012 | 0.0012 | 0.0012 | 0.0012 | 20 |  |
| 1000 | 20 | 0.250 | 0.250 | 0.250 | 0.250 | 0.250 | 30 | 208.3 |
| 10000 | 200 | 2.0 | 2.0 | 2.0 | 2.0 | 2.0 | 300 | 8.0 |
`
	if got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}
