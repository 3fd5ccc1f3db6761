package cfn_test

import (
	"slices"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/google/go-cmp/cmp"

	"mlops-infra-suite/internal/sandbox/cfn"
	"mlops-infra-suite/internal/sandbox/ec2"
	"mlops-infra-suite/internal/sandbox/ssm"
	"mlops-infra-suite/internal/sandbox/wire"
)

// imported is a template for a group and a parameter that exist already.
const imported = `
Parameters:
  VpcId: {Type: AWS::EC2::VPC::Id}
Resources:
  G:
    Type: AWS::EC2::SecurityGroup
    DeletionPolicy: Retain
    Properties: {GroupDescription: existing, VpcId: !Ref VpcId}
  P:
    Type: AWS::SSM::Parameter
    DeletionPolicy: Delete
    Properties: {Name: /existing, Type: String, Value: v}
`

// existing makes them and tells their identifiers.
func (c *cloud) existing() []types.ResourceToImport {
	c.t.Helper()
	group := act(c, ec2.CreateSecurityGroup, &ec2.CreateSecurityGroupInput{GroupName: "existing", Description: "existing", VpcId: c.vpc})
	act(c, ssm.PutParameter, &ssm.PutParameterInput{Name: "/existing", Type: "String", Value: "v"})
	return []types.ResourceToImport{
		{ResourceType: aws.String("AWS::EC2::SecurityGroup"), LogicalResourceId: aws.String("G"), ResourceIdentifier: map[string]string{"Id": group.GroupId}},
		{ResourceType: aws.String("AWS::SSM::Parameter"), LogicalResourceId: aws.String("P"), ResourceIdentifier: map[string]string{"Name": "/existing"}},
	}
}

func (c *cloud) importInput(body string, resources []types.ResourceToImport) *cloudformation.CreateChangeSetInput {
	in := c.changeSetInput("s", request{template: body})
	in.ChangeSetType, in.ResourcesToImport, in.Tags = types.ChangeSetTypeImport, resources, nil
	return in
}

func (c *cloud) startImport(body string, resources []types.ResourceToImport) *cloudformation.DescribeChangeSetOutput {
	c.t.Helper()
	out, err := c.cfn.CreateChangeSet(c.t.Context(), c.importInput(body, resources))
	if err != nil {
		c.t.Fatal(err)
	}
	cs := c.describe(*out.Id)
	if _, err := c.cfn.ExecuteChangeSet(c.t.Context(), &cloudformation.ExecuteChangeSetInput{ChangeSetName: out.Id}); err != nil {
		c.t.Fatal(err)
	}
	return cs
}

func TestImport(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, cfn.Options{Latency: second})
		resources := c.existing()
		cs := c.startImport(imported, resources)
		if diff := cmp.Diff([]string{"Import G []", "Import P []"}, changes(cs)); diff != "" {
			t.Error(diff)
		}
		c.wantStatus("s", "IMPORT_COMPLETE")
		want := []string{
			"s IMPORT_IN_PROGRESS (User Initiated)",
			"G IMPORT_IN_PROGRESS (Resource import started.)", "P IMPORT_IN_PROGRESS (Resource import started.)",
			"G IMPORT_COMPLETE (Resource import completed.)",
			"G UPDATE_IN_PROGRESS (Apply stack-level tags to imported resource if applicable.)", "G UPDATE_COMPLETE",
			"P IMPORT_COMPLETE (Resource import completed.)",
			"P UPDATE_IN_PROGRESS (Apply stack-level tags to imported resource if applicable.)", "P UPDATE_COMPLETE",
			"s IMPORT_COMPLETE",
		}
		if diff := cmp.Diff(want, since(c.events("s"), "s IMPORT_IN_PROGRESS")); diff != "" {
			t.Error(diff)
		}
		group := resources[0].ResourceIdentifier["Id"]
		if got := *c.physicalID("s", "G"); got != group || len(c.groupTags(group)) != 3 {
			t.Error(got, c.groupTags(group))
		}
		// The stack is like any other now.
		c.update("s", replaced(t, imported, "Value: v}", "Value: w}"))
		c.wantStatus("s", "UPDATE_COMPLETE")
		s := c.delete("s")
		if h := c.holdings(); s.StackStatus != "DELETE_COMPLETE" || len(h.Groups) != 1 || len(h.Parameters) != 0 {
			t.Error(s.StackStatus, h)
		}
	})
}

// A rule is taken in as it is, although its description isn't the template's.
func TestImportRule(t *testing.T) {
	const body = `
Parameters: {VpcId: {Type: AWS::EC2::SecurityGroup::Id}}
Resources:
  R:
    Type: AWS::EC2::SecurityGroupIngress
    DeletionPolicy: Delete
    Properties: {GroupId: !Ref VpcId, IpProtocol: "-1", CidrIp: 10.0.0.0/8, Description: other}
`
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, cfn.Options{})
		group := c.existing()[0].ResourceIdentifier["Id"]
		rule := act(c, ec2.AuthorizeSecurityGroupIngress, &ec2.AuthorizeSecurityGroupIngressInput{
			GroupId: group, IpPermissions: []ec2.IpPermission{{IpProtocol: "-1", IpRanges: []ec2.IpRange{{CidrIp: "10.0.0.0/8", Description: "own"}}}},
		}).SecurityGroupRules[0].SecurityGroupRuleId
		in := c.importInput(body, []types.ResourceToImport{{
			ResourceType: aws.String("AWS::EC2::SecurityGroupIngress"), LogicalResourceId: aws.String("R"), ResourceIdentifier: map[string]string{"Id": rule},
		}})
		in.Parameters[0].ParameterValue = &group
		out, err := c.cfn.CreateChangeSet(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.cfn.ExecuteChangeSet(t.Context(), &cloudformation.ExecuteChangeSetInput{ChangeSetName: out.Id}); err != nil {
			t.Fatal(err)
		}
		c.wantStatus("s", "IMPORT_COMPLETE")
		want := []string{"in -1 -1--1 10.0.0.0/8 own", "out -1 -1--1 0.0.0.0/0"}
		if diff := cmp.Diff(want, c.holdings().Groups["existing"]); diff != "" || *c.physicalID("s", "R") != rule {
			t.Error(diff)
		}
		c.delete("s")
		if diff := cmp.Diff(want[1:], c.holdings().Groups["existing"]); diff != "" {
			t.Error(diff)
		}
	})
}

func (c *cloud) groupTags(id string) []ec2.Tag {
	c.t.Helper()
	return act(c, ec2.DescribeSecurityGroups, &ec2.DescribeSecurityGroupsInput{GroupIds: []string{id}}).SecurityGroups[0].Tags
}

// An import that fails leaves everything as it was, unless that fails too.
func TestFailedImport(t *testing.T) {
	tests := []struct {
		name     string
		fault    string // an action of EC2 that is refused
		status   types.StackStatus
		resource string
		tags     int
	}{
		{"rolled back", "", "IMPORT_ROLLBACK_COMPLETE", "G IMPORT_ROLLBACK_COMPLETE", 0},
		{"not rolled back", "DeleteTags", "IMPORT_ROLLBACK_FAILED", "G IMPORT_ROLLBACK_FAILED (Resource handler returned message: " +
			"\"no (Service: Ec2, Status Code: 400, Request ID: ID)\" (RequestToken: ID, HandlerErrorCode: AccessDenied))", 3},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCloud(t, cfn.Options{Latency: second, Fault: func(action string) error {
					if action == tt.fault {
						return wire.Errorf("UnauthorizedOperation", "no")
					}
					return nil
				}})
				c.deploy("s", request{template: small})
				before := c.holdings()
				resources := c.existing()
				body := small + replaced(t, imported[len("\nParameters:\n  VpcId: {Type: AWS::EC2::VPC::Id}\nResources:\n"):],
					"  G:", "  Group:", "  P:", "  Late:\n    Type: AWS::SSM::Parameter\n    DeletionPolicy: Delete\n    DependsOn: Group\n"+
						"    Properties: {Type: String, Value: x}\n  Parameter:")
				resources[0].LogicalResourceId, resources[1].LogicalResourceId = aws.String("Group"), aws.String("Parameter")
				resources = append(resources, types.ResourceToImport{
					ResourceType: aws.String("AWS::SSM::Parameter"), LogicalResourceId: aws.String("Late"),
					ResourceIdentifier: map[string]string{"Name": "/missing"},
				})
				c.startImport(body, resources)
				c.wantStatus("s", tt.status)
				events := withoutIDs(c.events("s"))
				if want := replaced(t, tt.resource, "G IMPORT", "Group IMPORT"); !slices.Contains(events, want) {
					t.Errorf("no %s in %q", want, events)
				}
				group := resources[0].ResourceIdentifier["Id"]
				if got := len(c.groupTags(group)); got != tt.tags {
					t.Errorf("%d tags, want %d", got, tt.tags)
				}
				after := c.holdings()
				delete(after.Groups, "existing")
				delete(after.Parameters, "/existing")
				if diff := cmp.Diff(before, after); diff != "" {
					t.Error(diff)
				}
				if tt.status == "IMPORT_ROLLBACK_COMPLETE" {
					c.update("s", replaced(t, small, "Description: r}", "Description: r2}"))
					c.wantStatus("s", "UPDATE_COMPLETE")
				}
				if s := c.delete("s"); s.StackStatus != "DELETE_COMPLETE" {
					t.Error(s.StackStatus)
				}
			})
		})
	}
}

// A change set of any type may import what has the fixed name of a new resource.
// A failure gives it back.
func TestImportExistingResources(t *testing.T) {
	body := replaced(t, imported, "GroupDescription: existing", "GroupName: existing, GroupDescription: existing") +
		"  New: {Type: AWS::SSM::Parameter, DependsOn: [G, P], Properties: {Name: /new, Type: String, Value: !GetAtt G.GroupId}}\n"
	tests := []struct {
		name, body string
		status     types.StackStatus
		parameters map[string]string
		tags       int
	}{
		{"success", body, "CREATE_COMPLETE", map[string]string{"/existing": "v", "/new": "existing"}, 3},
		{"failure of an import", replaced(t, body, "DependsOn: [G, P]", "DependsOn: G"), "ROLLBACK_COMPLETE",
			map[string]string{"/existing": "v"}, 0},
		{"failure", replaced(t, body, "Name: /new,", "Name: /new, AllowedPattern: x,"), "ROLLBACK_COMPLETE", map[string]string{"/existing": "v"}, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &faults{}
				if tt.name == "failure of an import" {
					f.action = "AddTagsToResource"
				}
				c := newCloud(t, cfn.Options{Latency: second, Fault: f.fault})
				group := c.existing()[0].ResourceIdentifier["Id"]
				in := c.changeSetInput("s", request{template: tt.body})
				in.ImportExistingResources = aws.Bool(true)
				out, err := c.cfn.CreateChangeSet(t.Context(), in)
				if err != nil {
					t.Fatal(err)
				}
				cs := c.describe(*out.Id)
				if diff := cmp.Diff([]string{"Import G []", "Add New True []", "Import P []"}, changes(cs)); diff != "" || !*cs.ImportExistingResources {
					t.Error(diff)
				}
				if _, err := c.cfn.ExecuteChangeSet(t.Context(), &cloudformation.ExecuteChangeSetInput{ChangeSetName: out.Id}); err != nil {
					t.Fatal(err)
				}
				c.wantStatus("s", tt.status)
				if diff := cmp.Diff(tt.parameters, c.holdings().Parameters); diff != "" {
					t.Error(diff)
				}
				if got := len(c.groupTags(group)); got != tt.tags {
					t.Errorf("%d tags, want %d: %q", got, tt.tags, c.events("s"))
				}
			})
		})
	}
}

func TestImportRefused(t *testing.T) {
	tests := []struct {
		name   string
		body   []string // replacements in the template
		change func(*cloudformation.CreateChangeSetInput)
		want   string
	}{
		{"no resources", nil, func(in *cloudformation.CreateChangeSetInput) { in.ResourcesToImport = nil },
			"ResourcesToImport must not be empty for the change set type IMPORT"},
		{"one more resource", nil, func(in *cloudformation.CreateChangeSetInput) { in.ResourcesToImport = in.ResourcesToImport[:1] },
			"Resources [P] are missing from ResourceToImport list"},
		{"no policy", []string{"    DeletionPolicy: Retain\n", ""}, nil,
			"Resources to import must have DeletionPolicy attribute specified in the template. Resources to import: [G]"},
		{"unknown resource", nil, func(in *cloudformation.CreateChangeSetInput) {
			in.ResourcesToImport[0].LogicalResourceId = aws.String("X")
		},
			"Resource [X] of type AWS::EC2::SecurityGroup to import is not in the template"},
		{"another type", nil, func(in *cloudformation.CreateChangeSetInput) {
			in.ResourcesToImport[0].ResourceType = aws.String("AWS::EC2::VPC")
		},
			"Resource [G] of type AWS::EC2::VPC to import is not in the template"},
		{"identifier", nil, func(in *cloudformation.CreateChangeSetInput) {
			in.ResourcesToImport[0].ResourceIdentifier = map[string]string{"GroupName": "existing"}
		}, "The identifier of resource [G] must be [Id]"},
		{"outputs", []string{"Parameters:", "Outputs: {G: {Value: !Ref G}}\nParameters:"}, nil,
			"As part of the import operation, you cannot modify or add [Outputs]"},
		{"tags", nil, func(in *cloudformation.CreateChangeSetInput) {
			in.Tags = []types.Tag{{Key: aws.String("a"), Value: aws.String("b")}}
		},
			"As part of the import operation, you cannot modify or add [Tags]"},
		{"another type of change set", nil, func(in *cloudformation.CreateChangeSetInput) { in.ChangeSetType = types.ChangeSetTypeCreate },
			"ResourcesToImport is only allowed with the change set type IMPORT"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCloud(t, cfn.Options{})
				in := c.importInput(replaced(t, imported, tt.body...), c.existing())
				if tt.change != nil {
					tt.change(in)
				}
				_, err := c.cfn.CreateChangeSet(t.Context(), in)
				if code(err) != "ValidationError" || message(err) != tt.want {
					t.Errorf("got  %v\nwant %s", err, tt.want)
				}
			})
		})
	}
}

// What a stack has another can't import, nor can an import change the stack's
// other resources.
func TestImportInUse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, cfn.Options{})
		resources := c.existing()
		c.startImport(imported, resources)
		id := *c.stack("s").StackId
		in := c.importInput(imported, resources)
		in.StackName = aws.String("other")
		_, err := c.cfn.CreateChangeSet(t.Context(), in)
		if want := resources[0].ResourceIdentifier["Id"] + " already exists in stack " + id; message(err) != want {
			t.Errorf("got %v, want %s", err, want)
		}
		act(c, ssm.PutParameter, &ssm.PutParameterInput{Name: "/more", Type: "String", Value: "v"})
		body := replaced(t, imported, "Value: v}", "Value: w}") +
			"  More:\n    Type: AWS::SSM::Parameter\n    DeletionPolicy: Delete\n    Properties: {Name: /more, Type: String, Value: v}\n"
		in = c.importInput(body, []types.ResourceToImport{{
			ResourceType: aws.String("AWS::SSM::Parameter"), LogicalResourceId: aws.String("More"), ResourceIdentifier: map[string]string{"Name": "/more"},
		}})
		_, err = c.cfn.CreateChangeSet(t.Context(), in)
		if want := "As part of the import operation, you cannot modify or delete resources [P]"; message(err) != want {
			t.Errorf("got %v, want %s", err, want)
		}
	})
}
