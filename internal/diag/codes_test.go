package diag_test

import (
	"os"
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mlops-infra-suite/internal/diag"
)

// Every ID that the source names is in the table, once and in order, with a title of its own.
func TestCodes(t *testing.T) {
	source, err := os.ReadFile("codes.go")
	if err != nil {
		t.Fatal(err)
	}
	var want, got, titles []string
	for _, m := range regexp.MustCompile(`= "(CFG\d{3})"`).FindAllSubmatch(source, -1) {
		want = append(want, string(m[1]))
	}
	for _, c := range diag.Codes() {
		got = append(got, c.ID)
		titles = append(titles, c.Title)
	}
	if diff := cmp.Diff(want, got); diff != "" || len(want) == 0 {
		t.Errorf("IDs (-source +table):\n%s", diff)
	}
	slices.Sort(titles)
	if titles[0] == "" || len(slices.Compact(titles)) != len(got) {
		t.Error("a title is empty, or stands twice")
	}
}
