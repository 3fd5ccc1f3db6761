package cfn_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"mlops-infra-suite/internal/sandbox/cfn"
	"mlops-infra-suite/internal/sandbox/ec2"
)

// The behaviours that the sandbox promises of CloudFormation, one test for each.

// Asynchronous: the caller gets an answer before anything is done; resources go
// through states that can be seen, after those they depend on; every event has
// the caller's token.
func TestFacts_Asynchronous(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, cfn.Options{Latency: second})
		out, err := c.cfn.CreateStack(t.Context(), &cloudformation.CreateStackInput{
			StackName: aws.String("s"), TemplateBody: aws.String(twoTier), ClientRequestToken: aws.String("token"),
			Parameters: []types.Parameter{{ParameterKey: aws.String("VpcId"), ParameterValue: &c.vpc}},
		})
		if err != nil {
			t.Fatal(err)
		}
		inProgress := map[string]bool{}
		for c.stack("s").StackStatus == "CREATE_IN_PROGRESS" {
			resources, err := c.cfn.DescribeStackResources(t.Context(), &cloudformation.DescribeStackResourcesInput{StackName: out.StackId})
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range resources.StackResources {
				inProgress[*r.LogicalResourceId] = inProgress[*r.LogicalResourceId] || r.ResourceStatus == "CREATE_IN_PROGRESS"
			}
			time.Sleep(100 * time.Millisecond)
		}
		if len(inProgress) != 6 {
			t.Error(inProgress)
		}
		complete := map[string]bool{}
		after := map[string][]string{"WebIn": {"Web"}, "WebOut": {"Web", "Db"}, "DbIn": {"Db", "Web"}, "WebId": {"Web"}}
		for _, e := range slices.Backward(c.stackEvents("s")) {
			id := *e.LogicalResourceId
			if *e.ClientRequestToken != "token" || !inProgress[id] && id != "s" {
				t.Errorf("%s has the token %s; seen in progress: %v", id, *e.ClientRequestToken, inProgress[id])
			}
			for _, on := range after[id] {
				if !complete[on] {
					t.Errorf("%s before %s", id, on)
				}
			}
			complete[id] = complete[id] || e.ResourceStatus == "CREATE_COMPLETE"
		}
	})
}

// Failure: whichever resource fails, nothing is left half applied.
func TestFacts_Failure(t *testing.T) {
	changed := replaced(t, twoTier, "Value: web}", "Value: www}", "GroupDescription: db", "GroupDescription: db2",
		"Description: world", "Description: all", "FromPort: 5432", "FromPort: 5431", "Type: String, Value", "Type: String, Description: d, Value")
	for _, id := range []string{"Web", "Db", "WebIn", "WebOut", "DbIn", "WebId"} {
		t.Run(id, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				failing := id
				c := newCloud(t, cfn.Options{Latency: second, Fail: func(id string) string {
					if id == failing {
						return "injected"
					}
					return ""
				}})
				c.deploy("s", request{template: twoTier})
				c.wantStatus("s", "ROLLBACK_COMPLETE")
				if diff := cmp.Diff(nothing(), c.holdings()); diff != "" {
					t.Error(diff)
				}
				failing = ""
				checkEmptied(c, "s")
				c.deploy("s", request{template: twoTier})
				want := c.holdings()
				failing = id
				c.deploy("s", request{template: changed})
				c.wantStatus("s", "UPDATE_ROLLBACK_COMPLETE")
				if diff := cmp.Diff(want, c.holdings()); diff != "" {
					t.Error(diff)
				}
				failing = ""
				checkEmptied(c, "s")
			})
		})
	}
}

// Change sets belong to their stack, whose others don't know them, and are
// executed once.
func TestFacts_ChangeSets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, cfn.Options{})
		for _, stack := range []string{"a", "b"} { // each has one with the same name
			cs := c.changeSet(stack, request{template: replaced(t, small, "Name: /p", "Name: /"+stack)})
			if *cs.StackName != stack || len(cs.Changes) != 3 {
				t.Errorf("%s has %d changes", *cs.StackName, len(cs.Changes))
			}
		}
		execute := func(stack string) error {
			_, err := c.cfn.ExecuteChangeSet(t.Context(), &cloudformation.ExecuteChangeSetInput{StackName: &stack, ChangeSetName: aws.String("cs")})
			return err
		}
		if err := execute("a"); err != nil {
			t.Fatal(err)
		}
		if err := execute("a"); code(err) != "InvalidChangeSetStatus" {
			t.Errorf("executed twice: %v", err)
		}
		if a, b := c.changeSets("a"), c.changeSets("b"); len(a) != 0 || !slices.Equal(b, []string{"cs AVAILABLE"}) {
			t.Error(a, b)
		}
		if b := c.stack("b"); b.StackStatus != "REVIEW_IN_PROGRESS" {
			t.Error(b.StackStatus)
		}
		if err := execute("c"); code(err) != "ValidationError" {
			t.Error(err)
		}
	})
}

// A stack that a change set has made is the same as one made directly.
func TestFacts_ChangeSetResult(t *testing.T) {
	outcome := func(create func(*cloud)) (s *types.Stack, exports []types.Export, h holdings) {
		synctest.Test(t, func(t *testing.T) {
			c := newCloud(t, cfn.Options{})
			create(c)
			out, err := c.cfn.ListExports(t.Context(), &cloudformation.ListExportsInput{})
			if err != nil {
				t.Fatal(err)
			}
			s, exports, h = c.stack("s"), out.Exports, c.holdings()
		})
		return s, exports, h
	}
	reviewed, exports, holds := outcome(func(c *cloud) {
		c.deploy("s", request{template: twoTier, tags: map[string]string{"a": "b"}})
	})
	direct, directExports, directHolds := outcome(func(c *cloud) {
		in := c.changeSetInput("s", request{template: twoTier})
		_, err := c.cfn.CreateStack(c.t.Context(), &cloudformation.CreateStackInput{
			StackName: in.StackName, TemplateBody: in.TemplateBody, Parameters: in.Parameters,
			Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("b")}},
		})
		if err != nil {
			c.t.Fatal(err)
		}
	})
	plain := []cmp.Option{ // IDs differ by how many were given before
		cmpopts.IgnoreFields(types.Stack{}, "StackId", "ChangeSetId", "LastUpdatedTime", "CreationTime", "LastOperations"),
		cmpopts.IgnoreFields(types.Export{}, "ExportingStackId"),
		cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".noSmithyDocumentSerde" }, cmp.Ignore()),
	}
	if diff := cmp.Diff(direct, reviewed, plain...); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(directExports, exports, plain...); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(directHolds, holds); diff != "" {
		t.Error(diff)
	}
}

// Updates change a resource in place or replace it, as its schema says, and
// references follow.
func TestFacts_Updates(t *testing.T) {
	named := replaced(t, twoTier, "GroupDescription: web", "GroupName: one\n      GroupDescription: web")
	tests := []struct {
		name     string
		change   []string
		replaced bool
	}{
		{"Tags", []string{"Value: web}", "Value: www}"}, false},
		{"inline rules", []string{"ToPort: 86, CidrIp: 255.255.255.255/32", "ToPort: 85, CidrIp: 255.255.255.255/32"}, false},
		{"description of a rule", []string{"Description: world", "Description: all"}, false},
		{"GroupDescription", []string{"GroupName: one", "GroupName: two", "GroupDescription: web", "GroupDescription: web2"}, true},
		{"GroupName", []string{"GroupName: one", "GroupName: two"}, true},
		{"VpcId", []string{"GroupName: one", "GroupName: two"}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCloud(t, cfn.Options{})
				c.deploy("s", request{template: named})
				web, rule := *c.physicalID("s", "Web"), *c.physicalID("s", "WebIn")
				r := request{template: replaced(t, named, tt.change...)}
				if tt.name == "VpcId" {
					r.vpc = act(c, ec2.CreateVpc, &ec2.CreateVpcInput{CidrBlock: "10.9.0.0/16"}).Vpc.VpcId
				}
				s := c.deploy("s", r)
				if s.StackStatus != "UPDATE_COMPLETE" {
					t.Fatal(s.StackStatus, c.events("s"))
				}
				now := *c.physicalID("s", "Web")
				if (now != web) != tt.replaced || (*c.physicalID("s", "WebIn") != rule) != tt.replaced {
					t.Errorf("%s was %s, %s was %s", now, web, *c.physicalID("s", "WebIn"), rule)
				}
				if *s.Outputs[0].OutputValue != now || len(c.holdings().Groups) != 2 {
					t.Error(*s.Outputs[0].OutputValue, c.holdings())
				}
				checkEmptied(c, "s")
			})
		})
	}
}

// Delete guards: what protects a stack or one of its groups.
func TestFacts_DeleteGuards(t *testing.T) {
	tests := []struct {
		name   string
		guard  func(*cloud)
		err    string
		status types.StackStatus
		reason string
	}{
		{"termination protection", func(c *cloud) {
			_, err := c.cfn.UpdateTerminationProtection(c.t.Context(), &cloudformation.UpdateTerminationProtectionInput{
				StackName: aws.String("s"), EnableTerminationProtection: aws.Bool(true),
			})
			if err != nil {
				c.t.Fatal(err)
			}
		}, "Stack [s] cannot be deleted while TerminationProtection is enabled", "CREATE_COMPLETE", ""},
		{"export in use", func(c *cloud) { c.deploy("other", request{template: importing}) }, "", "CREATE_COMPLETE",
			"Delete canceled. Cannot delete export s-web as it is in use by other."},
		{"network interface", func(c *cloud) {
			subnet := act(c, ec2.CreateSubnet, &ec2.CreateSubnetInput{VpcId: c.vpc, CidrBlock: "10.0.0.0/24"})
			act(c, ec2.CreateNetworkInterface, &ec2.CreateNetworkInterfaceInput{
				SubnetId: subnet.Subnet.SubnetId, Groups: []string{*c.physicalID("s", "Web")},
			})
		}, "", "DELETE_FAILED", "The following resource(s) failed to delete: [Web]. "},
		{"reference of a group", func(c *cloud) { c.holdGroup(*c.physicalID("s", "Web")) }, "", "DELETE_FAILED",
			"The following resource(s) failed to delete: [Web]. "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCloud(t, cfn.Options{Latency: second})
				c.deploy("s", request{template: twoTier})
				tt.guard(c)
				_, err := c.cfn.DeleteStack(t.Context(), &cloudformation.DeleteStackInput{StackName: aws.String("s")})
				if tt.err == "" && err != nil || tt.err != "" && message(err) != tt.err {
					t.Errorf("got %v, want %s", err, tt.err)
				}
				s := c.wait("s")
				if s.StackStatus != tt.status || aws.ToString(s.StackStatusReason) != tt.reason {
					t.Error(s.StackStatus, aws.ToString(s.StackStatusReason))
				}
				if _, there := c.holdings().Groups["web"]; !there {
					t.Error("the group is gone")
				}
			})
		})
	}
}

// Reads never change state, not even of what is deleted.
func TestFacts_ReadsNeverChangeState(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, cfn.Options{})
		id := c.deploy("s", request{template: twoTier}).StackId
		c.delete("s")
		c.deploy("s", request{template: twoTier})
		c.changeSet("s", request{template: replaced(t, twoTier, "Description: world", "Description: all")})
		before := c.snapshot()
		ctx, name, cs, body := t.Context(), aws.String("s"), aws.String("cs"), aws.String(twoTier)
		reads := []error{}
		for _, stack := range []*string{name, id} {
			_, describe := c.cfn.DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: stack})
			_, events := c.cfn.DescribeStackEvents(ctx, &cloudformation.DescribeStackEventsInput{StackName: stack})
			_, operations := c.cfn.DescribeEvents(ctx, &cloudformation.DescribeEventsInput{StackName: stack})
			_, resources := c.cfn.DescribeStackResources(ctx, &cloudformation.DescribeStackResourcesInput{StackName: stack})
			_, resource := c.cfn.DescribeStackResource(ctx, &cloudformation.DescribeStackResourceInput{StackName: stack, LogicalResourceId: aws.String("Web")})
			_, listed := c.cfn.ListStackResources(ctx, &cloudformation.ListStackResourcesInput{StackName: stack})
			_, template := c.cfn.GetTemplate(ctx, &cloudformation.GetTemplateInput{StackName: stack})
			_, policy := c.cfn.GetStackPolicy(ctx, &cloudformation.GetStackPolicyInput{StackName: stack})
			reads = append(reads, describe, events, operations, resources, resource, listed, template, policy)
		}
		_, stacks := c.cfn.ListStacks(ctx, &cloudformation.ListStacksInput{})
		_, changeSet := c.cfn.DescribeChangeSet(ctx, &cloudformation.DescribeChangeSetInput{StackName: name, ChangeSetName: cs})
		_, changeSets := c.cfn.ListChangeSets(ctx, &cloudformation.ListChangeSetsInput{StackName: name})
		_, exports := c.cfn.ListExports(ctx, &cloudformation.ListExportsInput{})
		_, summary := c.cfn.GetTemplateSummary(ctx, &cloudformation.GetTemplateSummaryInput{TemplateBody: body})
		_, valid := c.cfn.ValidateTemplate(ctx, &cloudformation.ValidateTemplateInput{TemplateBody: body})
		_, limits := c.cfn.DescribeAccountLimits(ctx, &cloudformation.DescribeAccountLimitsInput{})
		for i, err := range append(reads, stacks, changeSet, changeSets, exports, summary, valid, limits) {
			if err != nil {
				t.Errorf("read %d: %v", i, err)
			}
		}
		if !bytes.Equal(before, c.snapshot()) {
			t.Error("a read has written")
		}
	})
}

func (c *cloud) snapshot() []byte {
	c.t.Helper()
	var b bytes.Buffer
	if err := c.db.Snapshot(&b); err != nil {
		c.t.Fatal(err)
	}
	return b.Bytes()
}

// Validation: what is wrong with a request or a template is refused at once or,
// where only EC2 or SSM can tell, when the resource is made.
func TestFacts_Validation(t *testing.T) {
	tests := []struct {
		name   string
		change []string
		want   string // in the error, or in the failed resource's event
	}{
		{"port", []string{"FromPort: !Ref Port, ToPort: !Ref Port", "FromPort: 70000, ToPort: 70000"}, "TCP/UDP port (70000) out of range"},
		{"negative port", []string{"FromPort: !Ref Port", "FromPort: -2"}, "#/FromPort: -2 is not greater or equal to -1"},
		{"protocol", []string{"IpProtocol: tcp", "IpProtocol: tpc"}, "tpc"},
		{"CIDR", []string{"10.0.0.0/8", "10.0.0.0/33"}, "CIDR block 10.0.0.0/33 is malformed"},
		{"description of a group", []string{"GroupDescription: g", "GroupDescription: g<>"}, "failed validation constraint for keyword [pattern]"},
		{"long description of a group", []string{"GroupDescription: g", "GroupDescription: " + strings.Repeat("g", 256)}, "expected maxLength: 255, actual: 256"},
		{"description of a rule", []string{"Description: r}", "Description: r<>}"}, "Invalid rule description"},
		{"name of a group", []string{"GroupDescription: g", "GroupName: sg-x, GroupDescription: g"}, "Group names may not be in the format sg-*"},
		{"long name of a group", []string{"GroupDescription: g", "GroupName: " + strings.Repeat("n", 300) + ", GroupDescription: g"}, "Valid names are strings less than 256 characters"},
		{"AllowedPattern of SSM", []string{"Type: String, Value", "Type: String, AllowedPattern: x, Value"}, "x"},
		{"name of a parameter", []string{"Name: /p", "Name: /a b"}, "Parameter name"},
		{"no peer", []string{", CidrIp: 10.0.0.0/8", ""}, "exactly one of"},
		{"missing property", []string{"IpProtocol: tcp, ", ""}, "required key [IpProtocol] not found"},
		{"AllowedValues", []string{`Default: "443"}`, `AllowedValues: ["80"]}`}, "Parameters: [Port] must have values"},
		{"body", []string{"Resources:", "Description: " + strings.Repeat("d", 51200) + "\nResources:"}, "less than or equal to 51200"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCloud(t, cfn.Options{})
				in := c.changeSetInput("s", request{template: replaced(t, small, tt.change...)})
				_, err := c.cfn.CreateStack(t.Context(), &cloudformation.CreateStackInput{
					StackName: aws.String("s"), TemplateBody: in.TemplateBody, Parameters: in.Parameters,
				})
				got := message(err)
				if err == nil {
					c.wantStatus("s", "ROLLBACK_COMPLETE")
					events := c.events("s")
					got = events[slices.IndexFunc(events, func(e string) bool { return strings.Contains(e, "CREATE_FAILED") })]
				}
				if !strings.Contains(got, tt.want) {
					t.Errorf("got %s, want %s", got, tt.want)
				}
				if diff := cmp.Diff(nothing(), c.holdings()); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

// Unknown: nothing that the sandbox doesn't know is skipped in silence.
func TestFacts_Unknown(t *testing.T) {
	create := func(oldnew ...string) func(context.Context, *cloud) error {
		return func(ctx context.Context, c *cloud) error {
			in := c.changeSetInput("s", request{template: replaced(t, small, oldnew...)})
			_, err := c.cfn.CreateStack(ctx, &cloudformation.CreateStackInput{
				StackName: aws.String("s"), TemplateBody: in.TemplateBody, Parameters: in.Parameters,
			})
			return err
		}
	}
	tests := []struct {
		name string
		do   func(context.Context, *cloud) error
		want string
	}{
		{"type", create("AWS::SSM::Parameter", "AWS::S3::Bucket"), "ValidationError: Template format error: Unrecognized resource types: [AWS::S3::Bucket]"},
		{"property", create("Type: String, Value", "Type: String, Worth: x, Value"), "ValidationError: Encountered unsupported property Worth"},
		{"property of a rule inside a group", create("Tags: [{Key: Name, Value: g}]", "SecurityGroupIngress: [{IpProtocol: tcp, Port: 1}]"),
			"ValidationError: Encountered unsupported property Port"},
		{"attribute of a resource", create("  P:\n", "  P:\n    UpdatePolicy: {}\n"), "ValidationError: Invalid template resource property 'UpdatePolicy'"},
		{"attribute of GetAtt", create("G.GroupId", "G.GroupNumber"), "ValidationError: Template error: resource G does not support attribute type GroupNumber in Fn::GetAtt"},
		{"section", create("Resources:", "Rules: {}\nResources:"), "ValidationError: Template format error: the section Rules is not supported by this sandbox"},
		{"transform", create("Resources:", "Transform: AWS::LanguageExtensions\nResources:"), "ValidationError: Template format error: the section Transform is not supported by this sandbox"},
		{"no section of AWS", create("Resources:", "Resource: {}\nResources:"), "ValidationError: Invalid template property or properties [Resource]"},
		{"function", create("!Ref G", "!ToJsonString x"), "ValidationError: Template error: the function Fn::ToJsonString is not supported by this sandbox"},
		{"type of a parameter", create("Type: String, Default", "Type: AWS::EC2::Image::Id, Default"), "ValidationError: Template format error: Unrecognized parameter type: AWS::EC2::Image::Id"},
		{"action", func(ctx context.Context, c *cloud) error {
			_, err := c.cfn.SetStackPolicy(ctx, &cloudformation.SetStackPolicyInput{StackName: aws.String("s"), StackPolicyBody: aws.String("{}")})
			return err
		}, "InvalidAction: The action SetStackPolicy is not implemented by this sandbox."},
		{"parameter", func(ctx context.Context, c *cloud) error {
			_, err := c.cfn.CreateStack(ctx, &cloudformation.CreateStackInput{
				StackName: aws.String("s"), TemplateBody: aws.String(small), TimeoutInMinutes: aws.Int32(5),
			})
			return err
		}, "InvalidQueryParameter: The parameter TimeoutInMinutes is not recognized"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCloud(t, cfn.Options{})
				err := tt.do(t.Context(), c)
				if got := fmt.Sprintf("%s: %s", code(err), message(err)); got != tt.want {
					t.Errorf("got  %s\nwant %s", got, tt.want)
				}
				if c.stack("s") != nil {
					t.Error("there is a stack")
				}
			})
		})
	}
}
