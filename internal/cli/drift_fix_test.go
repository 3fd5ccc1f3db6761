package cli_test

import (
	"strings"
	"testing"
	"time"

	"mlops-infra-suite/internal/cli"
)

// --fix asks; who does not say yes, or can't be asked, changes nothing. A dry run only shows.
func TestDriftFixAsks(t *testing.T) {
	inDriftBench(t, func(t *testing.T, b *driftBench) {
		b.by(func(h *hands) { h.allow("alice", "web", 22, "198.51.100.7/32") })
		if got := b.check(6, "--fix"); got.Error.Code != "NEEDS_FORCE" {
			t.Errorf("%+v", got.Error)
		}
		got := b.check(10, "--fix", "--dry-run")
		if got.Status != "drift" || len(got.Fix.Steps) != 1 || got.Fix.Steps[0].Done {
			t.Errorf("%s %+v", got.Status, got.Fix)
		}
		answer := func(text string, want int) ran {
			t.Helper()
			var stdout, stderr strings.Builder
			exit := cli.Main(t.Context(), []string{"check-drift", "--fix", "--workdir", b.dir, "-c", "my.yaml"}, cli.Env{
				Stdin: strings.NewReader(text), Stdout: &stdout, Stderr: &stderr, StdinTerminal: true, Environ: b.environ, Now: time.Now, Version: "test",
			})
			if exit != want {
				t.Errorf("%q: exit code %d, want %d", text, exit, want)
			}
			return ran{stdout.String(), stderr.String(), exit}
		}
		if said := answer("n\n", 6); !strings.Contains(said.Stderr, "revoke web ingress tcp/22 from 198.51.100.7/32") || strings.Contains(said.Stdout, "drift") {
			t.Errorf("it asks:\n%s\nand tells:\n%s", said.Stderr, said.Stdout)
		}
		b.check(10)
		if said := answer("y\n", 0); !strings.Contains(said.Stdout, "done   revoke web ingress") {
			t.Errorf("it tells:\n%s", said.Stdout)
		}
		b.check(0)
		if got := b.check(0, "--fix", "--force"); len(got.Fix.Steps) > 0 || got.Status != "ok" {
			t.Errorf("nothing to do: %+v", got.Fix)
		}
		if got := b.check(2, "--only-added"); got.Error.Code != "USAGE" {
			t.Errorf("%+v", got.Error)
		}
	})
}

// --only-added leaves everything but what was added as it is.
func TestDriftFixOnlyAdded(t *testing.T) {
	inDriftBench(t, func(t *testing.T, b *driftBench) {
		b.by(func(h *hands) {
			h.allow("alice", "web", 22, "198.51.100.7/32")
			h.revoke("bob", h.ids["app"], "ingress", h.rule("app ingress tcp 8080-8080 web"))
		})
		got := b.check(10, "--fix", "--only-added", "--force")
		if len(got.Fix.Steps) != 1 || got.Fix.Steps[0].Action != "revoke" || !got.Fix.Steps[0].Done || got.Status != "drift" {
			t.Errorf("%s %+v", got.Status, got.Fix)
		}
		if left := b.check(10); len(left.Rules.Added) != 0 || len(left.Rules.Removed) != 1 {
			t.Errorf("%+v", left.Rules)
		}
	})
}

// A call that fails ends the work; the same command goes on from there.
func TestDriftFixGoesOn(t *testing.T) {
	inDriftBench(t, func(t *testing.T, b *driftBench) {
		b.by(func(h *hands) {
			h.revoke("bob", h.ids["app"], "ingress", h.rule("app ingress tcp 8080-8080 web"))
			h.allow("alice", "web", 22, "198.51.100.7/32")
		})
		b.environ = []string{"SG_SANDBOX=1", "SG_SANDBOX_FAULTS=RevokeSecurityGroupIngress=denied"}
		got := b.check(1, "--fix", "--force")
		if !strings.Contains(got.Error.Message, "1 of 2 steps are done") || !got.Fix.Steps[0].Done || got.Fix.Steps[1].Done || got.Error.Hint == "" {
			t.Errorf("%+v, %+v", got.Error, got.Fix)
		}
		b.environ = []string{"SG_SANDBOX=1"}
		if got := b.check(0, "--fix", "--force"); len(got.Fix.Steps) != 1 {
			t.Errorf("%+v", got.Fix)
		}
	})
}

// A group that is full gets back what is missing when what nobody meant has gone.
func TestDriftFixOfAFullGroup(t *testing.T) {
	inDriftBench(t, func(t *testing.T, b *driftBench) {
		b.by(func(h *hands) {
			h.revoke("bob", h.ids["app"], "ingress", h.rule("app ingress tcp 8080-8080 web"))
			for port := int32(1); port <= 60; port++ {
				h.allow("alice", "app", port, "10.0.0.0/8")
			}
		})
		got := b.check(0, "--fix", "--force", "--rules-only")
		if n := len(got.Fix.Steps); n != 61 || got.Fix.Steps[60].Action != "authorize" {
			t.Errorf("%d steps, the last of them %+v", n, got.Fix.Steps[n-1])
		}
	})
}
