package cfn_test

import (
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

	"mlops-infra-suite/internal/sandbox/cfn"
	"mlops-infra-suite/internal/sandbox/ec2"
	"mlops-infra-suite/internal/sandbox/store"
)

// What is refused, and how. The stack s is at rest, busy is being updated.
func TestRefused(t *testing.T) {
	type do func(context.Context, *cloudformation.Client) error
	create := func(change func(*cloudformation.CreateChangeSetInput)) do {
		return func(ctx context.Context, c *cloudformation.Client) error {
			in := &cloudformation.CreateChangeSetInput{
				StackName: aws.String("s"), ChangeSetName: aws.String("x"), TemplateBody: aws.String(small),
				Parameters: []types.Parameter{{ParameterKey: aws.String("VpcId"), UsePreviousValue: aws.Bool(true)}},
			}
			change(in)
			_, err := c.CreateChangeSet(ctx, in)
			return err
		}
	}
	body := func(oldnew ...string) do {
		return create(func(in *cloudformation.CreateChangeSetInput) {
			in.TemplateBody = aws.String(replaced(t, small, oldnew...))
		})
	}
	tests := []struct {
		name string
		do   do
		want string // code and message
	}{
		{"stack's name", create(func(in *cloudformation.CreateChangeSetInput) { in.StackName = aws.String("1_x") }),
			"ValidationError: 1 validation error detected: Value '1_x' at 'stackName' failed to satisfy constraint: " +
				"Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*|arn:[-a-zA-Z0-9:/._+]*"},
		{"change set's name", create(func(in *cloudformation.CreateChangeSetInput) { in.ChangeSetName = aws.String("a_b") }),
			"ValidationError: 1 validation error detected: Value 'a_b' at 'changeSetName' failed to satisfy constraint: " +
				"Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*"},
		{"no such stack", create(func(in *cloudformation.CreateChangeSetInput) { in.StackName = aws.String("none") }),
			"ValidationError: Stack [none] does not exist"},
		{"stack exists", create(func(in *cloudformation.CreateChangeSetInput) { in.ChangeSetType = types.ChangeSetTypeCreate }),
			"ValidationError: Stack [s] already exists and cannot be created again with the changeSet [x]."},
		{"busy stack", create(func(in *cloudformation.CreateChangeSetInput) { in.StackName = aws.String("busy") }),
			"ValidationError: Stack:BUSY is in UPDATE_IN_PROGRESS state and can not be updated."},
		{"no template", create(func(in *cloudformation.CreateChangeSetInput) { in.TemplateBody = nil }),
			"ValidationError: Either Template URL or Template Body must be specified."},
		{"import", create(func(in *cloudformation.CreateChangeSetInput) {
			in.ImportExistingResources, in.ChangeSetType = aws.Bool(true), types.ChangeSetTypeImport
		}), "ValidationError: ImportExistingResources is not allowed with the change set type IMPORT"},
		{"a parameter that the sandbox hasn't", create(func(in *cloudformation.CreateChangeSetInput) {
			in.RoleARN = aws.String("arn:aws:iam::123456789012:role/x")
		}), "InvalidQueryParameter: The parameter RoleARN is not recognized"},
		{"missing parameter", create(func(in *cloudformation.CreateChangeSetInput) { in.Parameters = nil }),
			"ValidationError: Parameters: [VpcId] must have values"},
		{"unknown parameter", create(func(in *cloudformation.CreateChangeSetInput) {
			in.Parameters = append(in.Parameters, types.Parameter{ParameterKey: aws.String("X"), ParameterValue: aws.String("x")})
		}), "ValidationError: Parameters: [X] do not exist in the template"},
		{"reserved tag", create(func(in *cloudformation.CreateChangeSetInput) {
			in.Tags = []types.Tag{{Key: aws.String("aws:x"), Value: aws.String("x")}}
		}), "ValidationError: Tags with the prefix aws: are reserved: aws:x"},
		{"property", body("Description: r}", "Descripton: r}"), "ValidationError: Encountered unsupported property Descripton"},
		{"property of a list's item", body("Tags: [{Key: Name", "Tags: [{Kay: Name"), "ValidationError: Encountered unsupported property Kay"},
		{"another type", body("AWS::SSM::Parameter\n    Properties: {Name: /p, Type: String, Value: !Ref G}",
			"AWS::EC2::SecurityGroup\n    Properties: {GroupDescription: p, VpcId: !Ref VpcId}"),
			"ValidationError: Update of resource type is not permitted. The new template modifies resource type of the following resources: [P]"},
		{"describe", func(ctx context.Context, c *cloudformation.Client) error {
			_, err := c.DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: aws.String("none")})
			return err
		}, "ValidationError: Stack with id none does not exist"},
		{"events", func(ctx context.Context, c *cloudformation.Client) error {
			_, err := c.DescribeStackEvents(ctx, &cloudformation.DescribeStackEventsInput{StackName: aws.String("none")})
			return err
		}, "ValidationError: Stack [none] does not exist"},
		{"resource", func(ctx context.Context, c *cloudformation.Client) error {
			_, err := c.DescribeStackResource(ctx, &cloudformation.DescribeStackResourceInput{
				StackName: aws.String("s"), LogicalResourceId: aws.String("X")})
			return err
		}, "ValidationError: Resource X does not exist for stack s"},
		{"change set without a stack", func(ctx context.Context, c *cloudformation.Client) error {
			_, err := c.DescribeChangeSet(ctx, &cloudformation.DescribeChangeSetInput{ChangeSetName: aws.String("x")})
			return err
		}, "ValidationError: StackName must be specified if ChangeSetName is not specified as an ARN."},
		{"no such change set", func(ctx context.Context, c *cloudformation.Client) error {
			_, err := c.DescribeChangeSet(ctx, &cloudformation.DescribeChangeSetInput{StackName: aws.String("s"), ChangeSetName: aws.String("x")})
			return err
		}, "ChangeSetNotFound: ChangeSet [x] does not exist"},
		{"create what exists", func(ctx context.Context, c *cloudformation.Client) error {
			_, err := c.CreateStack(ctx, &cloudformation.CreateStackInput{StackName: aws.String("s"), TemplateBody: aws.String(small)})
			return err
		}, "AlreadyExistsException: Stack [s] already exists"},
		{"delete a busy stack", func(ctx context.Context, c *cloudformation.Client) error {
			_, err := c.DeleteStack(ctx, &cloudformation.DeleteStackInput{StackName: aws.String("busy")})
			return err
		}, "ValidationError: Stack [BUSY] cannot be deleted while in status UPDATE_IN_PROGRESS"},
		{"action that the sandbox hasn't", func(ctx context.Context, c *cloudformation.Client) error {
			_, err := c.SetStackPolicy(ctx, &cloudformation.SetStackPolicyInput{StackName: aws.String("s")})
			return err
		}, "InvalidAction: The action SetStackPolicy is not implemented by this sandbox."},
	}
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, cfn.Options{Latency: second})
		c.deploy("s", request{template: small})
		busy := replaced(t, small, "/p", "/busy")
		id := *c.deploy("busy", request{template: busy}).StackId
		cs := c.changeSet("busy", request{template: replaced(t, busy, "Description: r}", "Description: r2}")})
		if _, err := c.cfn.ExecuteChangeSet(t.Context(), &cloudformation.ExecuteChangeSetInput{ChangeSetName: cs.ChangeSetId}); err != nil {
			t.Fatal(err)
		}
		for _, tt := range tests {
			err := tt.do(t.Context(), c.cfn)
			got := strings.ReplaceAll(code(err)+": "+message(err), id, "BUSY")
			if got != tt.want {
				t.Errorf("%s:\ngot  %s\nwant %s", tt.name, got, tt.want)
			}
		}
		c.wait("busy")
	})
}

func TestTerminationProtection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, cfn.Options{})
		c.deploy("s", request{template: small})
		protect := func(on bool) {
			_, err := c.cfn.UpdateTerminationProtection(t.Context(), &cloudformation.UpdateTerminationProtectionInput{
				StackName: aws.String("s"), EnableTerminationProtection: &on,
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		protect(true)
		_, err := c.cfn.DeleteStack(t.Context(), &cloudformation.DeleteStackInput{StackName: aws.String("s")})
		if want := "Stack [s] cannot be deleted while TerminationProtection is enabled"; message(err) != want {
			t.Errorf("got %v, want %s", err, want)
		}
		if s := c.stack("s"); s.StackStatus != "CREATE_COMPLETE" || !*s.EnableTerminationProtection {
			t.Error(s.StackStatus, *s.EnableTerminationProtection)
		}
		protect(false)
		checkEmptied(c, "s")
		c.mustDelete("s") // again: no error
	})
}

// A stack under review has nothing but a name; deleting it takes nothing else.
func TestReview(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, cfn.Options{})
		c.changeSet("s", request{template: small})
		s := c.stack("s")
		if s.StackStatus != types.StackStatusReviewInProgress || *s.StackStatusReason != "User Initiated" || len(s.Parameters) != 0 {
			t.Errorf("%+v", s)
		}
		if s := c.delete(*s.StackId); s.StackStatus != "DELETE_COMPLETE" || c.stack("s") != nil {
			t.Error(s.StackStatus)
		}
	})
}

// What a deployed stack shows of itself, also after its deletion by its ID.
func TestDescribe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, cfn.Options{Latency: second})
		body := "Description: a <small> & \"simple\" stack\n" + small + "Outputs: {G: {Value: !Ref G, Description: group}}\n"
		begin := time.Now()
		s := c.deploy("s", request{template: body, tags: map[string]string{"b": "2", "a": "1"}, token: "the-token"})
		want := types.Stack{
			StackId: s.StackId, StackName: aws.String("s"), StackStatus: "CREATE_COMPLETE", ChangeSetId: s.ChangeSetId,
			Description: aws.String("a <small> & \"simple\" stack"), DisableRollback: aws.Bool(false),
			EnableTerminationProtection: aws.Bool(false), CreationTime: s.CreationTime, LastUpdatedTime: s.LastUpdatedTime,
			Parameters: []types.Parameter{
				{ParameterKey: aws.String("Port"), ParameterValue: aws.String("443")},
				{ParameterKey: aws.String("VpcId"), ParameterValue: &c.vpc},
			},
			Outputs:          []types.Output{{OutputKey: aws.String("G"), OutputValue: c.physicalID("s", "G"), Description: aws.String("group")}},
			Tags:             []types.Tag{{Key: aws.String("a"), Value: aws.String("1")}, {Key: aws.String("b"), Value: aws.String("2")}},
			NotificationARNs: []string{}, RollbackConfiguration: &types.RollbackConfiguration{},
			DriftInformation: &types.StackDriftInformation{StackDriftStatus: "NOT_CHECKED"},
			LastOperations:   []types.OperationEntry{{OperationType: "CREATE_STACK", OperationId: s.LastOperations[0].OperationId}},
		}
		ignore := cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".noSmithyDocumentSerde" }, cmp.Ignore())
		if diff := cmp.Diff(want, *s, ignore); diff != "" {
			t.Error(diff)
		}
		if s.CreationTime.Before(begin.Truncate(time.Millisecond)) || s.LastUpdatedTime.Before(*s.CreationTime) {
			t.Error(s.CreationTime, s.LastUpdatedTime)
		}
		events := c.stackEvents("s")
		for i, e := range events {
			if i > 0 && !e.Timestamp.Before(*events[i-1].Timestamp) {
				t.Errorf("event %d is not older than the one before", i)
			}
			if under := aws.ToString(e.ClientRequestToken); under != "the-token" && e.ResourceStatus != "REVIEW_IN_PROGRESS" {
				t.Errorf("%s %s has the token %q", *e.LogicalResourceId, e.ResourceStatus, under)
			}
		}
		template, err := c.cfn.GetTemplate(t.Context(), &cloudformation.GetTemplateInput{StackName: aws.String("s")})
		if err != nil || *template.TemplateBody != body {
			t.Errorf("%v: %q", err, *template.TemplateBody)
		}
		tags := act(c, ec2.DescribeSecurityGroups, &ec2.DescribeSecurityGroupsInput{
			GroupIds: []string{*want.Outputs[0].OutputValue},
		}).SecurityGroups[0].Tags
		var got []string
		for _, tag := range tags {
			got = append(got, tag.Key+"="+strings.ReplaceAll(tag.Value, *s.StackId, "ID"))
		}
		slices.Sort(got)
		if diff := cmp.Diff([]string{"Name=g", "a=1", "aws:cloudformation:logical-id=G", "aws:cloudformation:stack-id=ID",
			"aws:cloudformation:stack-name=s", "b=2"}, got); diff != "" {
			t.Error(diff)
		}
		gone := c.delete("s")
		if gone.StackStatus != "DELETE_COMPLETE" || gone.DeletionTime == nil || c.stack("s") != nil {
			t.Errorf("%+v", gone)
		}
		if _, err := c.cfn.DescribeStackEvents(t.Context(), &cloudformation.DescribeStackEventsInput{StackName: s.StackId}); err != nil {
			t.Error(err)
		}
	})
}

// While a resource is being made that can be seen, and others see none of it.
func TestInProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, cfn.Options{Latency: second})
		cs := c.changeSet("s", request{template: twoTier})
		if _, err := c.cfn.ExecuteChangeSet(t.Context(), &cloudformation.ExecuteChangeSetInput{ChangeSetName: cs.ChangeSetId}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(1500 * time.Millisecond)
		out, err := c.cfn.DescribeStackResources(t.Context(), &cloudformation.DescribeStackResourcesInput{StackName: aws.String("s")})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range out.StackResources {
			got = append(got, fmt.Sprintf("%s %s", *r.LogicalResourceId, r.ResourceStatus))
		}
		want := []string{"Db CREATE_COMPLETE", "DbIn CREATE_IN_PROGRESS", "Web CREATE_COMPLETE", "WebId CREATE_IN_PROGRESS",
			"WebIn CREATE_IN_PROGRESS", "WebOut CREATE_IN_PROGRESS"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if c.stack("s").StackStatus != "CREATE_IN_PROGRESS" {
			t.Error(c.stack("s").StackStatus)
		}
		c.wait("s")
	})
}

func TestPages(t *testing.T) {
	body := strings.Builder{}
	body.WriteString("Parameters: {VpcId: {Type: AWS::EC2::VPC::Id}}\nResources:\n")
	for i := range 120 {
		fmt.Fprintf(&body, "  P%d: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: v}}\n", i)
	}
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, cfn.Options{})
		out, err := c.cfn.CreateChangeSet(t.Context(), c.changeSetInput("s", request{template: body.String()}))
		if err != nil {
			t.Fatal(err)
		}
		c.describe(*out.Id)
		changes := 0
		pages := cloudformation.NewDescribeChangeSetPaginator(c.cfn, &cloudformation.DescribeChangeSetInput{ChangeSetName: out.Id})
		for pages.HasMorePages() {
			page, err := pages.NextPage(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			changes += len(page.Changes)
		}
		if _, err := c.cfn.ExecuteChangeSet(t.Context(), &cloudformation.ExecuteChangeSetInput{ChangeSetName: out.Id}); err != nil {
			t.Fatal(err)
		}
		c.wait("s")
		resources := 0
		list := cloudformation.NewListStackResourcesPaginator(c.cfn, &cloudformation.ListStackResourcesInput{StackName: aws.String("s")})
		for list.HasMorePages() {
			page, err := list.NextPage(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			resources += len(page.StackResourceSummaries)
		}
		if events := len(c.stackEvents("s")); changes != 120 || resources != 120 || events != 3+3*120 {
			t.Errorf("%d changes, %d resources, %d events", changes, resources, events)
		}
		_, err = c.cfn.DescribeStackEvents(t.Context(), &cloudformation.DescribeStackEventsInput{StackName: aws.String("s"), NextToken: aws.String("x")})
		if code(err) != "ValidationError" {
			t.Errorf("a token that isn't one: %v", err)
		}
	})
}

func TestValidateTemplate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, cfn.Options{})
		out, err := c.cfn.ValidateTemplate(t.Context(), &cloudformation.ValidateTemplateInput{TemplateBody: aws.String(small)})
		if err != nil {
			t.Fatal(err)
		}
		if len(out.Parameters) != 2 || *out.Parameters[0].DefaultValue != "443" || out.Parameters[1].DefaultValue != nil {
			t.Errorf("%+v", out.Parameters)
		}
		summary, err := c.cfn.GetTemplateSummary(t.Context(), &cloudformation.GetTemplateSummaryInput{TemplateBody: aws.String(small)})
		if err != nil {
			t.Fatal(err)
		}
		want := []string{"AWS::EC2::SecurityGroup", "AWS::EC2::SecurityGroupIngress", "AWS::SSM::Parameter"}
		if !slices.Equal(summary.ResourceTypes, want) || *summary.Parameters[1].ParameterType != "AWS::EC2::VPC::Id" {
			t.Errorf("%+v", summary)
		}
		var identifiers []string
		for _, r := range summary.ResourceIdentifierSummaries {
			identifiers = append(identifiers, fmt.Sprintf("%s%v%v", *r.ResourceType, r.LogicalResourceIds, r.ResourceIdentifiers))
		}
		want = []string{"AWS::EC2::SecurityGroup[G][Id]", "AWS::EC2::SecurityGroupIngress[R][Id]", "AWS::SSM::Parameter[P][Name]"}
		if diff := cmp.Diff(want, identifiers); diff != "" {
			t.Error(diff)
		}
		c.deploy("s", request{template: small})
		_, err = c.cfn.GetTemplateSummary(t.Context(), &cloudformation.GetTemplateSummaryInput{StackName: aws.String("s"), TemplateBody: aws.String(small)})
		if code(err) != "ValidationError" {
			t.Error(err)
		}
		again, err := c.cfn.GetTemplateSummary(t.Context(), &cloudformation.GetTemplateSummaryInput{StackName: aws.String("s")})
		if err != nil || len(again.Parameters) != 2 {
			t.Errorf("%+v, %v", again, err)
		}
	})
}

// The limits that CloudFormation documents: what is one too many, or one too long.
func TestLimits(t *testing.T) {
	long := func(n int) string { return strings.Repeat("x", n) }
	section := func(name, member string, n int) string {
		var b strings.Builder
		fmt.Fprintf(&b, "%s:\n", name)
		for i := range n {
			fmt.Fprintf(&b, "  M%d: %s\n", i, member)
		}
		return b.String()
	}
	const one = "Resources: {P: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: x}}}\n"
	tags := func(n int, key, value string) func(*cloudformation.CreateStackInput) {
		return func(in *cloudformation.CreateStackInput) {
			for i := range n {
				in.Tags = append(in.Tags, types.Tag{Key: aws.String(key + fmt.Sprint(i)), Value: &value})
			}
		}
	}
	name := func(n int) func(*cloudformation.CreateStackInput) {
		return func(in *cloudformation.CreateStackInput) { in.StackName = aws.String(long(n)) }
	}
	value := func(n int) func(*cloudformation.CreateStackInput) {
		return func(in *cloudformation.CreateStackInput) {
			in.Parameters = []types.Parameter{{ParameterKey: aws.String("A"), ParameterValue: aws.String(long(n))}}
		}
	}
	tests := []struct {
		name, body string
		change     func(*cloudformation.CreateStackInput)
		want       string // "" when it is allowed
	}{
		{"resources", section("Resources", "{Type: AWS::SSM::Parameter}", 501), nil, "Number of resources, 501, is greater than maximum allowed, 500"},
		{"200 outputs", one + section("Outputs", "{Value: x}", 200), nil, ""},
		{"outputs", one + section("Outputs", "{Value: x}", 201), nil, "Number of outputs, 201, is greater than maximum allowed, 200"},
		{"200 parameters", one + section("Parameters", "{Type: String, Default: x}", 200), nil, ""},
		{"parameters", one + section("Parameters", "{Type: String, Default: x}", 201), nil, "Number of parameters, 201, is greater than maximum allowed, 200"},
		{"mappings", one + section("Mappings", "{a: {b: c}}", 201), nil, "Number of mappings, 201, is greater than maximum allowed, 200"},
		{"name of an output", one + "Outputs: {? " + long(256) + " : {Value: x}}\n", nil, "is longer than 255 characters"},
		{"description of an output", one + "Outputs: {O: {Value: x, Description: " + long(1025) + "}}\n", nil, "'Description' length is greater than 1024."},
		{"description", one + "Description: " + long(1025), nil, "'Description' length is greater than 1024."},
		{"description of a parameter", one + "Parameters: {A: {Type: String, Default: x, Description: " + long(4001) + "}}", nil,
			"'Description' length of parameter A is greater than 4000."},
		{"value of 4096 bytes", one + "Parameters: {A: {Type: String}}", value(4096), ""},
		{"value of a parameter", one + "Parameters: {A: {Type: String}}", value(4097), "must have a value of at most 4096 bytes"},
		{"body", one + "Metadata: " + long(51200), nil, "Member must have length less than or equal to 51200"},
		{"name of 128 characters", one, name(128), ""},
		{"name", one, name(129), "Member must have length less than or equal to 128"},
		{"50 tags", one, tags(50, "k", "v"), ""},
		{"tags", one, tags(51, "k", "v"), "'tags' failed to satisfy constraint: Member must have length less than or equal to 50"},
		{"key of a tag", one, tags(1, long(128), "v"), "Member must have length less than or equal to 128"},
		{"value of a tag", one, tags(1, "k", long(257)), "Member must have length less than or equal to 256"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCloud(t, cfn.Options{})
				in := &cloudformation.CreateStackInput{StackName: aws.String("s"), TemplateBody: &tt.body}
				if tt.change != nil {
					tt.change(in)
				}
				_, err := c.cfn.CreateStack(t.Context(), in)
				if tt.want == "" && err != nil || tt.want != "" && (code(err) != "ValidationError" || !strings.Contains(message(err), tt.want)) {
					t.Errorf("got %.300v, want %s", err, tt.want)
				}
			})
		})
	}
}

// An account has at most 2,000 stacks.
func TestStackLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, cfn.Options{})
		err := c.db.Update(func(tx *store.Tx) error {
			for i := range 2000 {
				store.Put(tx, "cfn.stack-name", store.Key(account, region, fmt.Sprint("n", i)), "taken")
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.cfn.CreateChangeSet(t.Context(), c.changeSetInput("s", request{template: small}))
		if code(err) != "LimitExceededException" || message(err) != "Limit for stack has been exceeded" {
			t.Error(err)
		}
		limits, err := c.cfn.DescribeAccountLimits(t.Context(), &cloudformation.DescribeAccountLimitsInput{})
		if err != nil || *limits.AccountLimits[0].Name != "StackLimit" || *limits.AccountLimits[0].Value != 2000 {
			t.Errorf("%+v, %v", limits, err)
		}
	})
}
