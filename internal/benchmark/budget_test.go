package main

import (
	"testing"
	"time"
)

func TestWithin(t *testing.T) {
	const hello = time.Millisecond
	for _, tt := range []struct {
		name   string
		budget budget
		cost   sample
		want   bool
	}{
		{"at the ratio", budget{ratio: 10}, sample{wall: 10 * hello}, true},
		{"over the ratio", budget{ratio: 10}, sample{wall: 10*hello + 1}, false},
		{"over the memory", budget{ratio: 10, rss: 24}, sample{wall: hello, rss: 24.1}, false},
		{"no limit of memory", budget{ratio: 10}, sample{wall: hello, rss: 1000}, true},
	} {
		if got := tt.budget.within(tt.cost, hello); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestMedianTakesTimesAndSizesApart(t *testing.T) {
	got := median([]sample{{wall: 1, rss: 30}, {wall: 3, rss: 10}, {wall: 2, rss: 20}, {wall: 9, rss: 20}, {wall: 1, rss: 99}})
	if want := (sample{wall: 2, rss: 20}); got != want {
		t.Errorf("median %v, want %v", got, want)
	}
}
