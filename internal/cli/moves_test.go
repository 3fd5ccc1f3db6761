package cli_test

import (
	"slices"
	"strings"
	"testing"
)

const openEgress = "  scenario: 3-tier-web\n  overrides: {app: {additional_egress: [{protocol: all, destination: 0.0.0.0/0, description: open for now}]}}\n"

// A tier whose egress is opened to everything has its rules inline, and one that is closed again has them as resources. Both ways no
// rule is lost, and what happens on the way is told.
func TestEgressOpensAndCloses(t *testing.T) {
	w := newWorkbench(t, "dev")
	w.run(t, 0, nil, "create-security-groups", "--force")

	w.config(t, openEgress)
	var opened planned
	told := w.run(t, 0, &opened, "create-security-groups", "--force")
	if !opened.Flows.Broadens || len(opened.Returned) != 1 || opened.Returned[0].FromPort != 443 || len(opened.Pauses) > 0 {
		t.Errorf("opening: broadens %t, returned %+v, pauses %v", opened.Flows.Broadens, opened.Returned, opened.Pauses)
	}
	for _, want := range []string{
		"Added again after the deployment\n  app egress: app may reach internet on tcp/443\n",
		"added app egress: app may reach internet on tcp/443 again",
	} {
		if !strings.Contains(told.Stderr, want) {
			t.Errorf("nobody is told %q:\n%s", want, told.Stderr)
		}
	}
	w.run(t, 0, nil, "check-drift", "--exit-code")

	w.config(t, "  scenario: 3-tier-web\n")
	var closed planned
	told = w.run(t, 0, &closed, "create-security-groups", "--force", "--fail-on-broadening")
	if closed.Flows.Broadens || len(closed.Flows.Opened) > 0 || len(closed.Returned) > 0 || !slices.Equal(closed.Pauses, []string{"app"}) {
		t.Errorf("closing: flows %+v, returned %+v, pauses %v", closed.Flows, closed.Returned, closed.Pauses)
	}
	if !strings.Contains(told.Stderr, "The egress of app stops for a moment\n") {
		t.Errorf("nobody is told of the pause:\n%s", told.Stderr)
	}
	w.run(t, 0, nil, "check-drift", "--exit-code")
}

// An inline rule whose resource is deleted comes back only where wider ones permit the same meanwhile: IPv6 has none here.
func TestMoveThatLosesTrafficIsRefused(t *testing.T) {
	w := newWorkbench(t, "dev")
	const more = "{protocol: tcp, port: 8443, destination: '2001:db8::/32', description: over IPv6}"
	w.config(t, "  scenario: 3-tier-web\n  overrides: {app: {additional_egress: ["+more+"]}}\n")
	w.run(t, 0, nil, "create-security-groups", "--force")
	w.config(t, strings.Replace(openEgress, "egress: [", "egress: ["+more+", ", 1))
	got := w.wantRefused(t, 6, "RULE_LOSS")
	if len(got.Blockers) != 1 || !strings.Contains(got.Blockers[0].Detail, "2001:db8::/32") {
		t.Errorf("blockers %+v", got.Blockers)
	}
	w.wantShown(t, got)
}

// A replacement that was allowed is refused all the same where CloudFormation could only roll it back.
func TestReplacementOfAnImportedGroupIsRefused(t *testing.T) {
	w := newWorkbench(t, "dev")
	w.deploy(t, strings.Replace(w.template(t), guardedSet+" app tier", guardedSet+" app tier as it was", 1))
	w.importer(t, "consumer", guardedSet+"-app-SecurityGroupId")
	got := w.wantRefused(t, 6, "IN_USE", "--allow-replacement")
	if len(got.Blockers) != 1 || got.Blockers[0].Kind != "import" || got.Blockers[0].ID != "consumer" {
		t.Errorf("blockers %+v", got.Blockers)
	}
}
