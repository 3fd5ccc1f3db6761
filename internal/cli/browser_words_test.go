//go:build tools

package cli_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"mlops-infra-suite/internal/sg/report"
)

// longWords are reports full of words that nothing divides: EC2 takes descriptions of 255 letters, IAM names of 64 and more.
func longWords(t *testing.T) map[string][]byte {
	t.Helper()
	word, set := strings.Repeat("W", 255), "a"+strings.Repeat("b", 106)+"-sg"
	by := report.Attribution{
		Known: true, Who: "arn:aws:sts::123456789012:assumed-role/" + strings.Repeat("R", 64) + "/" + strings.Repeat("s", 64), When: "2026-11-01T10:00:00Z",
		Event: "UpdateSecurityGroupRuleDescriptionsIngress", Source: "2001:db8:1234:5678:9abc:def0:1234:5678",
	}
	subject := report.Subject{SGName: set, Company: word, Region: "us-west-2"}
	orphans := []report.Orphan{{LogicalID: "App", Type: "AWS::EC2::SecurityGroup", ID: "sg-9", Reason: word}}
	failed := report.Event{LogicalID: word, Type: "AWS::EC2::SecurityGroupIngress", Status: "CREATE_FAILED", Reason: word}
	stamp := report.Stamp{Time: time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC), Version: "test"}
	group := report.Group{
		Tier: "tier-with-a-very-long-name-0000", Name: set, Parameter: "/sg/" + set + "/web/SecurityGroupId", Export: set, ID: "sg-0123456789abcdef0",
	}
	pages := map[string][]byte{}
	for name, write := range map[string]func() ([]byte, error){
		"drift": func() ([]byte, error) {
			return (&report.Drift{
				Subject: subject, Drifted: true, CFStatus: "DRIFTED", CFNotes: []string{word}, Orphans: orphans,
				Notes: []string{word}, Command: word, Left: []string{word},
				Rules: []report.RuleDrift{
					{Kind: report.RuleChanged, Tier: "web", Held: report.RuleWords{Text: word, Description: word}, Meant: report.RuleWords{Text: word}, Note: word, By: by},
					{Kind: report.RuleAdded, Tier: "tier-with-a-very-long-name-0000", By: report.Attribution{Reason: word}},
				},
				Others:  []report.OtherDrift{{Tier: "web", What: "tag " + word[:128], Of: "/sg/" + set, Held: word, Meant: word, By: by}},
				Opened:  []report.Flow{{From: "2001:db8:1234:5678:9abc:def0:1234:5678/128", To: "tier-with-a-very-long-name-0000", Traffic: "tcp/10000-20000"}},
				Pending: []report.Pending{{Action: "add", What: word}}, Steps: []report.Step{{Text: word, Done: true}},
			}).HTML(stamp)
		},
		"deployment": func() ([]byte, error) {
			return (&report.Deployment{
				Subject: subject, Caller: by.Who, Names: report.Names{Stack: set + "-stack", VPC: word, TemplateFile: word, Groups: []report.Group{group}},
				StackStatus: "UPDATE_ROLLBACK_COMPLETE", Orphans: orphans, Notices: []string{word}, Log: word, Events: []report.Event{failed},
				Changes:  []report.Change{{Action: "modify", LogicalID: word, Type: failed.Type, Replaces: true}},
				Failure:  &report.Failure{Message: word, Hint: word, First: &failed, Others: []report.Event{failed}},
				Warnings: []report.Finding{{ID: "SG103", Severity: "warning", Message: word, Why: word, Remedy: word}},
			}).HTML(stamp)
		},
		"unverified": func() ([]byte, error) {
			return (&report.Deployment{Subject: subject, Outcome: "updated", Unverified: word, Names: report.Names{Groups: []report.Group{group}}}).HTML(stamp)
		},
		"index": func() ([]byte, error) {
			one := report.Meta{Kind: report.DriftKind, SGName: set, Time: stamp.Time, Outcome: "stop", Says: word, Sandbox: true}
			return report.Index(slices.Repeat([]report.Meta{one}, 5), stamp)
		},
	} {
		page, err := write()
		if err != nil {
			t.Fatal(err)
		}
		pages[name] = page
	}
	return pages
}

// However long its words are, a report is as wide as the screen or the paper.
func TestLongWordsFit(t *testing.T) {
	b, dir := newBrowser(t), t.TempDir()
	for name, page := range longWords(t) {
		file := filepath.Join(dir, name+".html")
		if err := os.WriteFile(file, page, 0o600); err != nil {
			t.Fatal(err)
		}
		for _, width := range []int64{1280, 390} {
			t.Run(fmt.Sprintf("%s/%d", name, width), func(t *testing.T) {
				p := b.open(t, file, look{width: width, height: 900, scheme: "light"})
				if wide := ask[int64](t, p, "document.documentElement.scrollWidth"); wide > width {
					t.Errorf("the page is %d pixels wide", wide)
				}
				audit(t, p, file)
				if wide := printed(t, p); wide > a4 {
					t.Errorf("on A4 it is %d pixels wide", wide)
				}
				p.wantQuiet(t)
			})
		}
	}
}
