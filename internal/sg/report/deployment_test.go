package report_test

import (
	"strings"
	"testing"
	"time"

	"mlops-infra-suite/internal/sg/report"
)

var began = time.Date(2026, 11, 1, 11, 0, 0, 0, time.UTC)

func event(at time.Duration, id, kind, status, reason string) report.Event {
	return report.Event{Time: began.Add(at), LogicalID: id, Type: kind, Status: status, Reason: reason}
}

func deployed() *report.Deployment {
	return &report.Deployment{
		Subject: report.Subject{SGName: "shop-sg", Region: "us-west-2", Account: "123456789012"},
		VPC:     "vpc-0123",
		Names: report.Names{Stack: "shop-sg-stack", VPC: "/vpc/shop/VPCId", Groups: []report.Group{
			{Tier: "web", Name: "shop-sg-web", Parameter: "/sg/shop-sg/web/SecurityGroupId", Export: "shop-sg-web-SecurityGroupId", ID: "sg-0123456789abcdef0"},
			{Tier: "data-base", Name: "shop-sg-db", Parameter: "/sg/shop-sg/data-base/SecurityGroupId", Export: "shop-sg-data-base-SecurityGroupId", ID: "sg-0123456789abcdef1"},
		}},
		Outcome: "created", StackStatus: "CREATE_COMPLETE", StackID: "arn:stack", Began: began, Took: 12 * time.Second, Verified: true, RulesHeld: 7,
		Events: []report.Event{
			event(0, "shop-sg-stack", "AWS::CloudFormation::Stack", "CREATE_IN_PROGRESS", "User Initiated"),
			event(time.Second, "WebSecurityGroup", "AWS::EC2::SecurityGroup", "CREATE_IN_PROGRESS", ""),
			event(7*time.Second, "WebSecurityGroup", "AWS::EC2::SecurityGroup", "CREATE_COMPLETE", ""),
			event(12*time.Second, "shop-sg-stack", "AWS::CloudFormation::Stack", "CREATE_COMPLETE", ""),
		},
	}
}

func deploymentPage(t *testing.T, d *report.Deployment) string {
	t.Helper()
	page, err := d.HTML(stamp)
	if err != nil {
		t.Fatal(err)
	}
	return string(page)
}

func wantTexts(t *testing.T, page string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(page, text) {
			t.Errorf("the page does not say %q", text)
		}
	}
}

func TestDeployment(t *testing.T) {
	page := deploymentPage(t, deployed())
	wantTexts(t, page, "The groups are created and verified.", "sg-0123456789abcdef0", "/sg/shop-sg/web/SecurityGroupId", "EC2 holds 7 rules as they were meant, the groups' placeholders included, and SSM the IDs of 2 groups.",
		"--security-group-ids sg-0123456789abcdef0", "--vpc-security-group-ids sg-0123456789abcdef1", `data "aws_ssm_parameter" "sg_data_base"`,
		"\n  - Fn::ImportValue: shop-sg-web-SecurityGroupId\n  # in the tier data-base: Fn::ImportValue: shop-sg-data-base-SecurityGroupId\n", "1 resource in 12.0 s; the longest was WebSecurityGroup with 6.0 s", "12.0 s.",
		"<code>vpc-0123</code>, from the parameter <code>/vpc/shop/VPCId</code>", ">0 s</text>", ">2 s</text>", ">12 s</text>")
	if m, ok := report.ParseMeta("shop-sg-deployment.html", []byte(page)); !ok || m.Outcome != "good" {
		t.Errorf("it says of itself %+v", m)
	}
}

// A snippet for a database takes the tier that is one, wherever it stands; one for a program that of the application.
func TestSnippetsGoByRole(t *testing.T) {
	d := deployed()
	d.Names.Groups = []report.Group{
		{Tier: "cache", ID: "sg-1", Role: "other"}, {Tier: "data", ID: "sg-2", Role: "database"}, {Tier: "work", ID: "sg-3", Role: "app"},
		{Tier: "web", ID: "sg-4", Role: "edge"},
	}
	wantTexts(t, deploymentPage(t, d), "A database in the tier data", "--vpc-security-group-ids sg-2", "A service in the tier work", "SecurityGroupIds=sg-3")
}

// A bar stands where its time is, in percent of the whole: the chart is as wide as there is room.
func TestTimeLine(t *testing.T) {
	wantTexts(t, deploymentPage(t, deployed()),
		`<span class="who">WebSecurityGroup</span>`, `<rect class="bar SecurityGroup" x="8.33%" width="50%"`, `<span class="took">6.0 s</span>`,
		`<rect class="bar whole" x="0%" width="100%"`, `<line x1="16.67%" x2="16.67%"`)
	d := deployed()
	d.Events = append(d.Events, event(12*time.Second, "Late", "AWS::SSM::Parameter", "CREATE_IN_PROGRESS", ""))
	wantTexts(t, deploymentPage(t, d), `<rect class="bar Parameter" x="99.6%" width="0.4%"`)
}

func TestFailedDeployment(t *testing.T) {
	d := deployed()
	first := event(2*time.Second, "WebIngress", "AWS::EC2::SecurityGroupIngress", "CREATE_FAILED", "the specified rule <already> exists")
	d.Outcome, d.StackStatus, d.Verified = "", "ROLLBACK_COMPLETE", false
	d.Events = append(d.Events, first,
		event(3*time.Second, "shop-sg-stack", "AWS::CloudFormation::Stack", "ROLLBACK_IN_PROGRESS", ""),
		event(4*time.Second, "WebIngress", "AWS::EC2::SecurityGroupIngress", "DELETE_COMPLETE", ""))
	d.Failure = &report.Failure{Message: "create stack: ended in ROLLBACK_COMPLETE", Hint: "revoke it, and try again", First: &first}
	page := deploymentPage(t, d)
	wantTexts(t, page, "The deployment failed.", `<p class="muted">WebIngress: the specified rule &lt;already&gt; exists</p>`, "First to fail", "WebIngress", "the specified rule &lt;already&gt; exists", "revoke it, and try again",
		"What failed, and what to do", `class="bar failed"`, `class="bar undo"`, "shop-sg-stack: CREATE_IN_PROGRESS in 3.0 s")
	if strings.Contains(page, "aws ec2 run-instances") {
		t.Error("a failed deployment shows how to use its groups")
	}
}

// After a failure, the first question is what the groups let through now.
func TestFailedDeploymentSaysWhatThereIs(t *testing.T) {
	for status, want := range map[string][]string{
		"ROLLBACK_COMPLETE":        {"Rolled back: what had been made is deleted again, there are no groups.", "The names that they were to have."},
		"UPDATE_ROLLBACK_COMPLETE": {"Rolled back: the groups have the rules of before.", "They exist since an earlier deployment."},
		"UPDATE_ROLLBACK_FAILED":   {"The rollback failed too", "They exist since an earlier deployment."},
		"CREATE_FAILED":            {"The names that they were to have."},
	} {
		d := deployed()
		d.Outcome, d.StackStatus, d.Verified, d.Failure = "", status, false, &report.Failure{Message: "it failed"}
		wantTexts(t, deploymentPage(t, d), want...)
	}
}

// On paper, a step that ended is one row: the chart says how long it took.
func TestEventsOnPaper(t *testing.T) {
	d := deployed()
	d.Events = append(d.Events, event(13*time.Second, "Late", "AWS::SSM::Parameter", "CREATE_IN_PROGRESS", ""))
	page := deploymentPage(t, d)
	if n := strings.Count(page, `<tr class="begun">`); n != 2 {
		t.Errorf("%d rows are left out on paper, want those of the stack and of the group", n)
	}
	wantTexts(t, page, "All 5 events")
}

func TestDeploymentsThatAreNotQuiteGood(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change func(*report.Deployment)
		want   string
	}{
		{"not verified", func(d *report.Deployment) { d.Verified, d.Unverified = false, "EC2 does not hold 1 of the rules" }, "Deployed, but not verified."},
		{"a rule by hand", func(d *report.Deployment) { d.Warnings = []report.Finding{{ID: "SG103", Severity: "warning"}} }, "Deployed and verified, with 1 warning."},
		{"left behind", func(d *report.Deployment) { d.Orphans = []report.Orphan{{ID: "sg-1"}} }, "Deployed and verified; 1 resource left behind."},
		{"nothing to do", func(d *report.Deployment) { d.Outcome, d.Events = "unchanged", nil }, "Nothing was to be changed"},
		{"interrupted", func(d *report.Deployment) {
			d.Outcome, d.Left, d.Failure = "", true, &report.Failure{Message: "interrupted"}
		}, "CloudFormation goes on by itself"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d := deployed()
			tc.change(d)
			wantTexts(t, deploymentPage(t, d), tc.want)
		})
	}
}
