package cfn_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"mlops-infra-suite/internal/sandbox/cfn"
	"mlops-infra-suite/internal/sandbox/ec2"
)

func second() time.Duration { return time.Second }

// replaced applies replacements to a template, each of which must fit.
func replaced(t *testing.T, body string, oldnew ...string) string {
	t.Helper()
	for i := 0; i < len(oldnew); i += 2 {
		if !strings.Contains(body, oldnew[i]) {
			t.Fatalf("%q is not in the template", oldnew[i])
		}
		body = strings.ReplaceAll(body, oldnew[i], oldnew[i+1])
	}
	return body
}

// since is what has happened since the stack's last update began.
func since(events []string, status string) []string {
	for i, event := range slices.Backward(events) {
		if strings.Contains(event, status) {
			return events[i:]
		}
	}
	return events
}

func TestUpdates(t *testing.T) {
	tests := []struct {
		name   string
		change []string // of the template
		tags   map[string]string
		status string
		groups map[string][]string // what differs from before
		events []string            // between UPDATE_IN_PROGRESS and the last one
	}{{
		name: "description", change: []string{"Description: world", "Description: all the world"}, status: "UPDATE_COMPLETE",
		groups: map[string][]string{"web": {
			"in tcp 443-443 0.0.0.0/0 all the world", "out icmp 252-86 255.255.255.255/32", "out tcp 5432-5432 db",
		}},
		events: []string{"WebIn UPDATE_IN_PROGRESS", "WebIn UPDATE_COMPLETE", "s UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"},
	}, {
		name: "replacement of a rule", change: []string{"FromPort: 443, ToPort: 443", "FromPort: 80, ToPort: 80"}, status: "UPDATE_COMPLETE",
		groups: map[string][]string{"web": {
			"in tcp 80-80 0.0.0.0/0 world", "out icmp 252-86 255.255.255.255/32", "out tcp 5432-5432 db",
		}},
		events: []string{
			"WebIn UPDATE_IN_PROGRESS (Requested update requires the creation of a new physical resource; hence creating one.)",
			"WebIn UPDATE_IN_PROGRESS (Resource creation Initiated)", "WebIn UPDATE_COMPLETE",
			"s UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "WebIn DELETE_IN_PROGRESS", "WebIn DELETE_COMPLETE",
		},
	}, {
		name: "tags of the stack", tags: map[string]string{"cost": "1"}, status: "UPDATE_COMPLETE",
		events: []string{
			"Db UPDATE_IN_PROGRESS", "Web UPDATE_IN_PROGRESS", "Db UPDATE_COMPLETE", "Web UPDATE_COMPLETE",
			"WebId UPDATE_IN_PROGRESS", "WebId UPDATE_COMPLETE", "s UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
		},
	}, {
		name: "outputs", change: []string{"Outputs:", "Outputs:\n  Db: {Value: !Ref Db}"}, status: "UPDATE_COMPLETE",
		events: []string{"s UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"},
	}, {
		name: "inline rules", change: []string{"Tags: [{Key: Name, Value: web}]", "SecurityGroupIngress: [{IpProtocol: '-1', CidrIp: 10.0.0.0/8}]"},
		status: "UPDATE_COMPLETE",
		groups: map[string][]string{"web": {
			"in -1 -1--1 10.0.0.0/8", "in tcp 443-443 0.0.0.0/0 world", "out icmp 252-86 255.255.255.255/32", "out tcp 5432-5432 db",
		}},
		events: []string{"Web UPDATE_IN_PROGRESS", "Web UPDATE_COMPLETE", "s UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"},
	}, {
		name: "failure", change: []string{
			"Description: world", "Description: all the world",
			"FromPort: 5432, ToPort: 5432, SourceSecurityGroupId", "FromPort: 70000, ToPort: 70000, SourceSecurityGroupId",
		},
		status: "UPDATE_ROLLBACK_COMPLETE",
		events: []string{
			"WebIn UPDATE_IN_PROGRESS",
			"DbIn UPDATE_IN_PROGRESS (Requested update requires the creation of a new physical resource; hence creating one.)",
			"WebIn UPDATE_COMPLETE",
			`DbIn UPDATE_FAILED (Resource handler returned message: "TCP/UDP port (70000) out of range ` +
				`(Service: Ec2, Status Code: 400, Request ID: ID)" (RequestToken: ID, HandlerErrorCode: InvalidRequest))`,
			"s UPDATE_ROLLBACK_IN_PROGRESS (The following resource(s) failed to update: [DbIn]. )",
			"WebIn UPDATE_IN_PROGRESS", "DbIn UPDATE_COMPLETE", "WebIn UPDATE_COMPLETE",
			"s UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
		},
	}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCloud(t, cfn.Options{Latency: second})
				c.deploy("s", request{template: twoTier})
				want := c.holdings()
				maps.Copy(want.Groups, tt.groups)
				s := c.deploy("s", request{template: replaced(t, twoTier, tt.change...), tags: tt.tags})
				if string(s.StackStatus) != tt.status {
					t.Errorf("status %s, want %s", s.StackStatus, tt.status)
				}
				if diff := cmp.Diff(want, c.holdings()); diff != "" {
					t.Error(diff)
				}
				events := slices.Concat([]string{"s UPDATE_IN_PROGRESS (User Initiated)"}, tt.events, []string{"s " + tt.status})
				if diff := cmp.Diff(events, since(withoutIDs(c.events("s")), "s UPDATE_IN_PROGRESS")); diff != "" {
					t.Error(diff)
				}
				checkEmptied(c, "s")
			})
		})
	}
}

// checkEmptied deletes a stack and checks that nothing is left.
func checkEmptied(c *cloud, stack string) {
	c.t.Helper()
	if s := c.delete(stack); s.StackStatus != "DELETE_COMPLETE" {
		c.t.Errorf("deleted to %s: %s", s.StackStatus, c.events(*s.StackId))
	}
	if diff := cmp.Diff(holdings{Groups: map[string][]string{}, Parameters: map[string]string{}}, c.holdings()); diff != "" {
		c.t.Errorf("left behind: %s", diff)
	}
}

// A new physical group takes all its references along, and the old one goes.
func TestReplacedGroup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, cfn.Options{Latency: second})
		c.deploy("s", request{template: twoTier})
		want := c.holdings()
		before := *c.stack("s").Outputs[0].OutputValue
		s := c.deploy("s", request{template: replaced(t, twoTier, "GroupDescription: web", "GroupDescription: web2")})
		if s.StackStatus != "UPDATE_COMPLETE" || *s.Outputs[0].OutputValue == before {
			t.Error(s.StackStatus, *s.Outputs[0].OutputValue, before)
		}
		want.Groups["web2"] = want.Groups["web"]
		delete(want.Groups, "web")
		want.Groups["db"][0] = "in tcp 5432-5432 web2"
		want.Parameters["/sg/s/web"] = "web2"
		if diff := cmp.Diff(want, c.holdings()); diff != "" {
			t.Error(diff)
		}
		checkEmptied(c, "s")
	})
}

// An old group that something else refers to is tried three times and left.
func TestOrphan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, cfn.Options{Latency: second})
		s := c.deploy("s", request{template: twoTier})
		stranger := act(c, ec2.CreateSecurityGroup, &ec2.CreateSecurityGroupInput{GroupName: "x", Description: "x", VpcId: c.vpc})
		act(c, ec2.AuthorizeSecurityGroupIngress, &ec2.AuthorizeSecurityGroupIngressInput{
			GroupId:       stranger.GroupId,
			IpPermissions: []ec2.IpPermission{{IpProtocol: "-1", UserIdGroupPairs: []ec2.UserIdGroupPair{{GroupId: *s.Outputs[0].OutputValue}}}},
		})
		s = c.deploy("s", request{template: replaced(t, twoTier, "GroupDescription: web", "GroupDescription: web2")})
		if s.StackStatus != "UPDATE_COMPLETE" || *s.StackStatusReason != "Update successful. One or more resources could not be deleted." {
			t.Error(s.StackStatus, *s.StackStatusReason)
		}
		failed := 0
		for _, e := range withoutIDs(c.events("s")) {
			if strings.HasPrefix(e, "Web DELETE_FAILED (Resource handler returned message: \"resource sg-ID has a dependent object (Service: Ec2") {
				failed++
			}
		}
		if failed != 3 {
			t.Errorf("tried %d times: %q", failed, withoutIDs(c.events("s")))
		}
		if _, left := c.holdings().Groups["web"]; !left {
			t.Error("the old group is gone")
		}
	})
}

// An update that puts an equal rule into the place of another reports success
// and loses the rule; a rule that is there otherwise is a duplicate.
func TestEqualRules(t *testing.T) {
	tests := []struct {
		name, status string
		change       []string
		lost         bool
	}{
		{"the same network written otherwise", "UPDATE_COMPLETE", []string{"CidrIp: 0.0.0.0/0", "CidrIp: 1.2.3.4/0"}, true},
		{"a renamed resource", "UPDATE_COMPLETE", []string{"  WebIn:", "  WebInbound:"}, true},
		{"a renamed resource, in an update that fails", "UPDATE_ROLLBACK_COMPLETE", []string{"  WebIn:", "  WebInbound:", "Type: String, Value: !Ref Web",
			"Type: String, AllowedPattern: x, Value: !Ref Web"}, false},
		{"a second resource", "UPDATE_ROLLBACK_COMPLETE", []string{"  DbIn:", "  WebInToo:\n    Type: AWS::EC2::SecurityGroupIngress\n" +
			"    Properties: {GroupId: !Ref Web, IpProtocol: '6', FromPort: 443, ToPort: 443, CidrIp: 0.0.0.0/0}\n  DbIn:"}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCloud(t, cfn.Options{})
				c.deploy("s", request{template: twoTier})
				want := c.holdings()
				if tt.lost {
					want.Groups["web"] = want.Groups["web"][1:]
				}
				if s := c.deploy("s", request{template: replaced(t, twoTier, tt.change...)}); string(s.StackStatus) != tt.status {
					t.Errorf("status %s, want %s", s.StackStatus, tt.status)
				}
				if diff := cmp.Diff(want, c.holdings()); diff != "" {
					t.Error(diff)
				}
				checkEmptied(c, "s")
			})
		})
	}
}

func TestOutOfBandDuplicate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, cfn.Options{})
		s := c.deploy("s", request{template: twoTier})
		port := int32(80)
		act(c, ec2.AuthorizeSecurityGroupIngress, &ec2.AuthorizeSecurityGroupIngressInput{
			GroupId: *s.Outputs[0].OutputValue,
			IpPermissions: []ec2.IpPermission{{
				IpProtocol: "tcp", FromPort: &port, ToPort: &port, IpRanges: []ec2.IpRange{{CidrIp: "0.0.0.0/0"}},
			}},
		})
		want := c.holdings()
		s = c.deploy("s", request{template: replaced(t, twoTier, "FromPort: 443, ToPort: 443", "FromPort: 80, ToPort: 80")})
		if s.StackStatus != "UPDATE_ROLLBACK_COMPLETE" {
			t.Error(s.StackStatus)
		}
		if diff := cmp.Diff(want, c.holdings()); diff != "" {
			t.Error(diff)
		}
	})
}

// A fixed name stands in the way of a replacement.
func TestCustomName(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, cfn.Options{})
		named := replaced(t, twoTier, "GroupDescription: web", "GroupName: fixed\n      GroupDescription: web")
		c.deploy("s", request{template: named})
		want := c.holdings()
		s := c.deploy("s", request{template: replaced(t, named, "GroupDescription: web", "GroupDescription: web2")})
		const reason = "Web UPDATE_FAILED (CloudFormation cannot update a stack when a custom-named resource requires replacing. " +
			"Rename fixed and update the stack again.)"
		if s.StackStatus != "UPDATE_ROLLBACK_COMPLETE" || !slices.Contains(c.events("s"), reason) {
			t.Error(s.StackStatus, c.events("s"))
		}
		if diff := cmp.Diff(want, c.holdings()); diff != "" {
			t.Error(diff)
		}
	})
}

// EC2's allow-all egress rule stays unless the template has an egress rule,
// inside the group or on its own.
func TestDefaultEgress(t *testing.T) {
	const group = `
Parameters: {VpcId: {Type: AWS::EC2::VPC::Id}}
Resources:
  G:
    Type: AWS::EC2::SecurityGroup
    Properties:
      GroupDescription: g
      VpcId: !Ref VpcId
`
	const (
		none   = "      SecurityGroupEgress: []\n"
		inline = "      SecurityGroupEgress: [{IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 0.0.0.0/0}]\n"
		all    = "      SecurityGroupEgress: [{IpProtocol: '-1', CidrIp: 0.0.0.0/0, Description: all}]\n"
		alone  = "  E: {Type: AWS::EC2::SecurityGroupEgress, Properties: {GroupId: !Ref G, IpProtocol: tcp, FromPort: 22, ToPort: 22, CidrIp: 10.0.0.0/8}}\n"
		open   = "  O: {Type: AWS::EC2::SecurityGroupEgress, Properties: {GroupId: !Ref G, IpProtocol: '-1', CidrIp: 0.0.0.0/0}}\n"
	)
	tests := []struct {
		name, first, second string
		want                []string
	}{
		{"nothing", group, "", []string{"out -1 -1--1 0.0.0.0/0"}},
		{"empty list", group + none, "", []string{"out -1 -1--1 0.0.0.0/0"}},
		{"inline", group + inline, "", []string{"out tcp 443-443 0.0.0.0/0"}},
		{"allow-all written out", group + all, "", []string{"out -1 -1--1 0.0.0.0/0 all"}},
		{"standalone", group + alone, "", []string{"out tcp 22-22 10.0.0.0/8"}},
		{"standalone beside allow-all", group + all + alone, "", []string{"out tcp 22-22 10.0.0.0/8"}},
		{"standalone allow-all", group + open, "", []string{"out -1 -1--1 0.0.0.0/0"}},
		{"both standalone", group + open + alone, "", []string{"out -1 -1--1 0.0.0.0/0", "out tcp 22-22 10.0.0.0/8"}},
		{"nothing to inline", group, group + inline, []string{"out tcp 443-443 0.0.0.0/0"}},
		{"inline to nothing", group + inline, group, []string{}},
		{"inline to standalone", group + inline, group + alone, []string{"out tcp 22-22 10.0.0.0/8"}},
		{"standalone to nothing", group + alone, group, []string{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCloud(t, cfn.Options{})
				c.deploy("s", request{template: tt.first})
				if tt.second != "" {
					c.deploy("s", request{template: tt.second})
				}
				if diff := cmp.Diff(map[string][]string{"g": tt.want}, c.holdings().Groups); diff != "" {
					t.Error(diff)
				}
				checkEmptied(c, "s")
			})
		})
	}
}
