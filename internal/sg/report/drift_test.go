package report_test

import (
	"strings"
	"testing"

	"mlops-infra-suite/internal/sg/report"
)

func driftPage(t *testing.T, d *report.Drift) string {
	t.Helper()
	d.Subject.SGName = "shop-sg"
	page, err := d.HTML(stamp)
	if err != nil {
		t.Fatal(err)
	}
	return string(page)
}

func wantNoTexts(t *testing.T, page string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if strings.Contains(page, text) {
			t.Errorf("the page says %q", text)
		}
	}
}

func TestDrift(t *testing.T) {
	mallory := report.Attribution{Known: true, Who: "arn:aws:iam::1:user/<mallory>", When: "2026-11-01T10:00:00Z", Event: "AuthorizeSecurityGroupIngress", Source: "203.0.113.9"}
	wantTexts(t, driftPage(t, &report.Drift{
		Drifted: true, CFStatus: "IN_SYNC", CFNotes: []string{"CloudFormation can't see it"}, Command: "sg-provisioner check-drift -c my.yaml --fix",
		Left: []string{"the group sg-3 was deleted"}, Notes: []string{"its last operation failed"},
		Rules: []report.RuleDrift{
			{Kind: report.RuleAdded, Tier: "db", Held: report.RuleWords{Text: "ingress: internet may reach db on tcp/5432"}, Note: "sgr-1", By: mallory},
			{Kind: report.RuleRemoved, Tier: "app", Meant: report.RuleWords{Text: "ingress: web may reach app on tcp/8080", Description: "Requests"}, By: report.Attribution{Reason: "CloudTrail has no event"}},
			{Kind: report.RuleDescribed, Tier: "web", Held: report.RuleWords{Text: "ingress: internet may reach web on tcp/443", Description: "<b>new</b>"}},
		},
		Others: []report.OtherDrift{
			{Tier: "db", What: "group, deleted", Meant: "sg-3"}, {Tier: "web", What: "tag owner", Of: "sg-1", Held: "bob", By: mallory},
		},
		Opened: []report.Flow{
			{From: "internet", To: "db", Traffic: "tcp/5432"}, {From: "a", To: "db", Traffic: "tcp/1"}, {From: "b", To: "db", Traffic: "tcp/1"},
			{From: "c", To: "db", Traffic: "tcp/1"}, {From: "10.99.0.0/16", To: "db", Traffic: "tcp/1"}, {From: "10.99.0.0/16", To: "db", Traffic: "tcp/2"},
		},
		Closed:  []report.Flow{{From: "web", To: "app", Traffic: "tcp/8080"}},
		Orphans: []report.Orphan{{LogicalID: "AppSecurityGroup", Type: "AWS::EC2::SecurityGroup", ID: "sg-9", Reason: "nothing uses it"}},
		Findings: []report.Finding{
			{ID: "SG101", Title: "rules in the default group", Severity: "warning", Message: "sg-0 has rules", Remedy: "revoke them", Waivable: true},
			{ID: "SG102", Title: "a group that nothing uses", Severity: "info", Message: "tier web: nothing", Remedy: "use it"},
			{ID: "SG102", Title: "a group that nothing uses", Severity: "info", Message: "tier db: nothing", Remedy: "use it", Waived: "not yet"},
		},
		Pending: []report.Pending{{Action: "add", What: "web ingress tcp/9 from 10.0.0.0/8"}, {Action: "change", What: "tag team of 3 groups"}},
	}),
		"The groups have drifted, and let through what nobody approved.", "5 differences; 5 connections opened, 1 closed.", "1 added, 1 removed, 1 description",
		"And 2 differences of groups, parameters and tags, below.", "arn:<wbr>aws:<wbr>iam:<wbr>:<wbr>1:<wbr>user/<wbr>&lt;mallory&gt;", "2026-11-01T10:00:00Z", "AuthorizeSecurityGroupIngress from 203.0.113.9",
		"CloudTrail has no event", "“Requests”", "“&lt;b&gt;new&lt;/b&gt;”", "check-drift -c my.yaml --fix</code>", "the group sg-3 was deleted", "its last operation failed",
		"10.99.0.0/16", "group, deleted", "tag owner", "Left behind", "sg-9", "Beside the drift", "SG101: rules in the default group",
		"tier web: nothing", "tier db: nothing", "Accepted because", "Not deployed yet", "2 changes, below", "web ingress tcp/9 from 10.0.0.0/8", "tag team of 3 groups")
}

func TestNoDrift(t *testing.T) {
	page := driftPage(t, &report.Drift{CFStatus: "IN_SYNC"})
	wantTexts(t, page, "The groups are as they were deployed.", "Every rule is as it was meant.")
	wantNoTexts(t, page, "What to do", "Left behind", "Beside the drift", "Not deployed yet", "What can flow")
}

// After it was put right, what is told is what was found, not what EC2 holds.
func TestDriftPutBack(t *testing.T) {
	d := &report.Drift{
		Rules:  []report.RuleDrift{{Kind: report.RuleAdded, Tier: "db", Held: report.RuleWords{Text: "ingress"}}},
		Others: []report.OtherDrift{{Tier: "db", What: "tag owner", Held: "me"}}, Opened: []report.Flow{{From: "internet", To: "db", Traffic: "tcp/5432"}},
		Steps: []report.Step{{Text: "revoke <it>", Done: true}, {Text: "set the tag", Done: true}},
	}
	past := []string{
		"Rules that differed", "What that opened", "What that closed", "CloudFormation said", "EC2 held", "It was found", "What could flow",
		"What was put back", "revoke &lt;it&gt;",
	}
	page := driftPage(t, d)
	wantTexts(t, page, append(past, "What had drifted was put back.", "2 of 2 calls done.", `<p class="answer">1 connection</p>`)...)
	wantNoTexts(t, page, "EC2 holds", "That opens", "What can flow", "not done")
	d.Notes = []string{"CloudFormation knows a rule by an ID that is gone"}
	page = driftPage(t, d)
	wantTexts(t, page, "To be noted", "an ID that is gone")
	wantNoTexts(t, page, "What to do")
	d.Steps[1].Done, d.Drifted = false, true
	wantTexts(t, driftPage(t, d), append(past, "What to do", "not all of it was put back.", "1 of 2 calls done.", "not done", `<p class="answer red">1 connection</p>`)...)
	d.Steps[0].Done = false
	wantNoTexts(t, driftPage(t, d), past...)
}

// What nothing puts back has no command beside it.
func TestDriftBeyondRepair(t *testing.T) {
	page := driftPage(t, &report.Drift{Drifted: true, Left: []string{"the group sg-3 was deleted"}, Others: []report.OtherDrift{{Tier: "db", What: "group, deleted", Meant: "sg-3"}}})
	wantTexts(t, page, "The groups have drifted.", "the group sg-3 was deleted")
	wantNoTexts(t, page, "To put it back")
}

// Who comes in from outside is told first, then who gets out.
func TestDriftBeginsWithTheWorld(t *testing.T) {
	page := driftPage(t, &report.Drift{Drifted: true, Opened: []report.Flow{
		{From: "web", To: "app", Traffic: "tcp/1"}, {From: "db", To: "internet", Traffic: "tcp/2"}, {From: "sg-1", To: "db", Traffic: "tcp/3"},
		{From: "10.0.0.0/8", To: "db", Traffic: "tcp/4"}, {From: "internet-ipv6", To: "db", Traffic: "tcp/5"},
	}})
	from := 0
	for _, want := range []string{"internet-ipv6 to db", "sg-1 to db", "10.0.0.0/8 to db", "db to internet"} {
		i := strings.Index(page[from:], want)
		if i < 0 {
			t.Fatalf("the page does not say %q, or says it too early", want)
		}
		from += i
	}
	wantTexts(t, page, "5 connections opened, none closed.")
}

// One reason why nobody is known is told once.
func TestDriftByUnknown(t *testing.T) {
	denied := report.Attribution{Reason: "CloudTrail could not be asked: denied"}
	d := &report.Drift{
		Drifted: true,
		Rules:   []report.RuleDrift{{Kind: report.RuleAdded, Tier: "db", By: denied}, {Kind: report.RuleAdded, Tier: "app", By: denied}},
		Others:  []report.OtherDrift{{Tier: "db", What: "tag", By: denied}},
	}
	page := driftPage(t, d)
	wantTexts(t, page, "Who changed it, and when, is not known. CloudTrail could not be asked: denied")
	if n := strings.Count(page, denied.Reason); n != 1 {
		t.Errorf("the reason is told %d times", n)
	}
	if n := strings.Count(page, ">not known<"); n != 3 {
		t.Errorf("%d of 3 are not known", n)
	}
	d.Others[0].By.Reason = "it is too long ago"
	page = driftPage(t, d)
	wantNoTexts(t, page, "Who changed it")
	if n := strings.Count(page, denied.Reason) + strings.Count(page, "it is too long ago"); n != 3 {
		t.Errorf("the reasons are told %d times, want each where it belongs", n)
	}
}
