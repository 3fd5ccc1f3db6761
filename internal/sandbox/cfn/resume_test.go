package cfn_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"mlops-infra-suite/internal/sandbox/cfn"
)

// An operation that is broken off anywhere goes on when the store is opened
// again, and ends as if nothing had been.
func TestResume(t *testing.T) {
	update := replaced(t, twoTier, "GroupDescription: web", "GroupDescription: web2", "  WebIn:", "  WebInbound:")
	failing := replaced(t, update, "FromPort: 5432, ToPort: 5432, Dest", "FromPort: 70000, ToPort: 70000, Dest")
	tests := []struct {
		name      string
		templates []string // the last one's deployment is broken off; "" deletes the stack
	}{
		{"creation", []string{twoTier}},
		{"failing creation", []string{failing}},
		{"update", []string{twoTier, update}},
		{"failing update", []string{twoTier, failing}},
		{"deletion", []string{twoTier, ""}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			want := brokenOff(t, tt.templates, -1)
			// Each wave of resources takes a second, and so does the change set.
			for i := range 10 {
				got := brokenOff(t, tt.templates, time.Duration(i)*time.Second+time.Second/2)
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("broken off after %d.5 s: %s", i, diff)
				}
			}
		})
	}
}

// outcome is all that can be seen of a stack after an operation.
type outcome struct {
	Holdings holdings
	Events   []string
}

// brokenOff deploys templates and breaks the last deployment off at a moment,
// not at all if that is negative.
func brokenOff(t *testing.T, templates []string, at time.Duration) (result outcome) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, cfn.Options{Latency: second})
		last := len(templates) - 1
		for _, body := range templates[:last] {
			c.deploy("s", request{template: body})
		}
		var id string
		if templates[last] == "" {
			id = *c.stack("s").StackId
			c.mustDelete("s")
		} else {
			cs := c.changeSet("s", request{template: templates[last]})
			id = *cs.StackId
			if _, err := c.cfn.ExecuteChangeSet(t.Context(), &cloudformation.ExecuteChangeSetInput{ChangeSetName: cs.ChangeSetId}); err != nil {
				t.Fatal(err)
			}
		}
		if at >= 0 {
			time.Sleep(at)
			c.close()
			c.open()
		}
		c.wait(id)
		result = outcome{c.holdings(), withoutIDs(c.events(id))}
	})
	return result
}

func (c *cloud) mustDelete(stack string) {
	c.t.Helper()
	if _, err := c.cfn.DeleteStack(c.t.Context(), &cloudformation.DeleteStackInput{StackName: &stack}); err != nil {
		c.t.Fatal(err)
	}
}

// A change set that was being worked out is worked out after the restart.
func TestResumeChangeSet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, cfn.Options{Latency: second})
		out, err := c.cfn.CreateChangeSet(t.Context(), c.changeSetInput("s", request{template: twoTier}))
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second / 2)
		c.close()
		c.open()
		if cs := c.describe(*out.Id); len(cs.Changes) != 6 {
			t.Errorf("%s with %d changes", cs.Status, len(cs.Changes))
		}
	})
}

// So do an import, and a rollback that goes on.
func TestResumeRecovery(t *testing.T) {
	tests := []struct {
		name   string
		start  func(*cloud)
		status types.StackStatus
	}{
		{"import", func(c *cloud) { c.startImport(imported, c.existing()) }, "IMPORT_COMPLETE"},
		{"continued rollback", func(c *cloud) {
			brokenRollback(t, c)
			_, err := c.cfn.ContinueUpdateRollback(c.t.Context(), &cloudformation.ContinueUpdateRollbackInput{
				StackName: aws.String("s"), ResourcesToSkip: []string{"G"},
			})
			if err != nil {
				c.t.Fatal(err)
			}
		}, "UPDATE_ROLLBACK_COMPLETE"},
		{"cancelled update", func(c *cloud) {
			c.deploy("s", request{template: small})
			c.update("s", replaced(t, small, "Value: g}", "Value: g2}"))
			_, err := c.cfn.CancelUpdateStack(c.t.Context(), &cloudformation.CancelUpdateStackInput{StackName: aws.String("s")})
			if err != nil {
				c.t.Fatal(err)
			}
		}, "UPDATE_ROLLBACK_COMPLETE"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCloud(t, cfn.Options{Latency: second})
				tt.start(c)
				time.Sleep(time.Second / 2)
				c.close()
				c.open()
				c.wantStatus("s", tt.status)
			})
		})
	}
}

// design is a template of the random test, and what it must make of the account.
type design struct {
	groups map[string]int // by name: the version of the description, which replaces
	rules  map[string]int // "A>B": version of the port
	cost   int            // version of a tag of the stack
}

func draw(t *rapid.T) design {
	d := design{groups: map[string]int{}, rules: map[string]int{}, cost: rapid.IntRange(0, 1).Draw(t, "cost")}
	version := rapid.IntRange(-1, 1)
	for _, g := range []string{"A", "B", "C"} {
		if v := version.Draw(t, "group "+g); v >= 0 {
			d.groups[g] = v
		}
	}
	if len(d.groups) == 0 {
		d.groups["A"] = 0
	}
	names := slices.Sorted(maps.Keys(d.groups))
	for _, from := range names {
		for _, to := range names {
			if v := version.Draw(t, "rule "+from+to); v >= 0 {
				d.rules[from+to] = v
			}
		}
	}
	return d
}

// port is unlike any other resource's: equal rules are another test's business.
func (d design) port(rule string) int {
	return 1000 + 100*int(rule[0]-'A') + 10*int(rule[1]-'A') + d.rules[rule]
}

func (d design) template() string {
	body := "Parameters: {VpcId: {Type: AWS::EC2::VPC::Id}}\nResources:\n"
	for _, g := range slices.Sorted(maps.Keys(d.groups)) {
		body += fmt.Sprintf("  %s:\n    Type: AWS::EC2::SecurityGroup\n    Properties: {GroupDescription: %s%d, VpcId: !Ref VpcId, "+
			"SecurityGroupEgress: [{IpProtocol: '-1', CidrIp: 127.0.0.1/32}]}\n", g, g, d.groups[g])
		body += fmt.Sprintf("  P%s:\n    Type: AWS::SSM::Parameter\n    Properties: {Name: /%s, Type: String, Value: !Ref %s}\n", g, g, g)
	}
	for _, r := range slices.Sorted(maps.Keys(d.rules)) {
		body += fmt.Sprintf("  R%s:\n    Type: AWS::EC2::SecurityGroupIngress\n    Properties: {GroupId: !Ref %c, IpProtocol: tcp, "+
			"FromPort: %d, ToPort: %d, SourceSecurityGroupId: !GetAtt %c.GroupId}\n", r, r[0], d.port(r), d.port(r), r[1])
	}
	return body
}

func (d design) holdings() holdings {
	h := nothing()
	name := func(g string) string { return fmt.Sprintf("%s%d", g, d.groups[g]) }
	for g := range d.groups {
		rules := []string{"out -1 -1--1 127.0.0.1/32"}
		for r := range d.rules {
			if r[:1] == g {
				rules = append(rules, fmt.Sprintf("in tcp %d-%d %s", d.port(r), d.port(r), name(r[1:])))
			}
		}
		slices.Sort(rules)
		h.Groups[name(g)] = rules
		h.Parameters["/"+g] = name(g)
	}
	return h
}

// step is one operation of the random test; without groups it is the deletion.
type step struct {
	design
	fails string // the resource that fails
}

func drawStep(t *rapid.T) step {
	if rapid.IntRange(0, 4).Draw(t, "delete") == 0 {
		return step{}
	}
	return step{draw(t), rapid.SampledFrom([]string{"", "", "A", "RAB", "PB"}).Draw(t, "fails")}
}

// Whatever is created, changed, failing or deleted in whatever order: the
// account holds what the stack says, and nothing else.
func TestNoOrphans(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		steps := rapid.SliceOfN(rapid.Custom(drawStep), 1, 6).Draw(rt, "steps")
		var diff string
		synctest.Test(t, func(t *testing.T) { diff = take(t, steps) })
		if diff != "" {
			rt.Fatal(diff)
		}
	})
}

// take takes the steps and compares the account with what it must hold after each.
func take(t *testing.T, steps []step) (diff string) {
	fails := ""
	c := newCloud(t, cfn.Options{Fail: func(id string) string {
		if id == fails {
			return "injected"
		}
		return ""
	}})
	want := nothing()
	for i, s := range steps {
		fails = s.fails
		status := "deleted"
		if s.groups == nil {
			c.delete("s")
			want = nothing()
		} else if status = c.apply(s.design); status == "CREATE_COMPLETE" || status == "UPDATE_COMPLETE" {
			want = s.holdings()
		}
		if diff := cmp.Diff(want, c.holdings()); diff != "" {
			return fmt.Sprintf("after step %d, %s: %s", i, status, diff)
		}
		if status == "ROLLBACK_COMPLETE" {
			c.delete("s")
		}
	}
	return ""
}

// apply deploys a design, if that changes anything, and returns the status.
func (c *cloud) apply(d design) string {
	c.t.Helper()
	r := request{template: d.template(), tags: map[string]string{"cost": fmt.Sprint(d.cost)}}
	cs := c.changeSet("s", r)
	if cs.Status == "FAILED" {
		if _, err := c.cfn.DeleteChangeSet(c.t.Context(), &cloudformation.DeleteChangeSetInput{ChangeSetName: cs.ChangeSetId}); err != nil {
			c.t.Fatal(err)
		}
		return "UPDATE_COMPLETE"
	}
	if _, err := c.cfn.ExecuteChangeSet(c.t.Context(), &cloudformation.ExecuteChangeSetInput{ChangeSetName: cs.ChangeSetId}); err != nil {
		c.t.Fatal(err)
	}
	return string(c.wait("s").StackStatus)
}
