package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The report of check-drift --fix tells what was done, and no more of what it found as if it were still so.
func TestDriftReportOfAFix(t *testing.T) {
	inDriftBench(t, func(t *testing.T, b *driftBench) {
		page := func() string {
			t.Helper()
			text, err := os.ReadFile(filepath.Join(b.dir, "reports", driftSet+"-drift.html"))
			if err != nil {
				t.Fatal(err)
			}
			return string(text)
		}
		b.by(func(h *hands) {
			h.allow("alice", "web", 22, "198.51.100.7/32")
			h.revoke("bob", h.ids["app"], "ingress", h.rule("app ingress tcp 8080-8080 web"))
		})
		b.check(10, "--fix", "--only-added", "--force")
		if text := page(); !strings.Contains(text, "not all of it was put back.") || !strings.Contains(text, "1 of 1 call done.") {
			t.Error("the report of a part does not say so")
		}
		b.check(0, "--fix", "--force")
		if text := page(); !strings.Contains(text, "What had drifted was put back.") || !strings.Contains(text, ">add app ingress tcp/8080 from web</td>") ||
			strings.Contains(text, ">EC2 holds<") {
			t.Error("the report does not say what was put back")
		}
	})
}
