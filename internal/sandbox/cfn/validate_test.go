package cfn_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/google/go-cmp/cmp"

	"mlops-infra-suite/internal/sandbox/cfn"
	"mlops-infra-suite/internal/sandbox/ec2"
	"mlops-infra-suite/internal/sandbox/ssm"
)

const (
	failedValidation = "The following hook(s)/validation failed: [%s]. " +
		"To troubleshoot Early Validation errors, use the DescribeEvents API for detailed failure information."
	propertyCheck  = "AWS::EarlyValidation::PropertyValidation"
	existenceCheck = "AWS::EarlyValidation::ResourceExistenceCheck"
)

// failures are the failed events of a change set, or of the last operation of a
// stack: "NAME Resource path: reason" for validations, "TYPE: reason" for hooks,
// "Resource STATUS DETAIL: reason" for resources.
func (c *cloud) failures(in *cloudformation.DescribeEventsInput) []string {
	c.t.Helper()
	in.Filters = &types.EventFilter{FailedEvents: aws.Bool(true)}
	var lines []string
	pages := cloudformation.NewDescribeEventsPaginator(c.cfn, in)
	for pages.HasMorePages() {
		page, err := pages.NextPage(c.t.Context())
		if err != nil {
			c.t.Fatal(err)
		}
		for _, e := range page.OperationEvents {
			switch e.EventType {
			case types.EventTypeValidationError:
				if e.ValidationStatus != "FAILED" || e.ValidationFailureMode != "FAIL" || *e.ResourceType == "" {
					c.t.Errorf("%+v", e)
				}
				lines = append(lines, fmt.Sprintf("%s %s %s: %s", *e.ValidationName, *e.LogicalResourceId, *e.ValidationPath, *e.ValidationStatusReason))
			case types.EventTypeHookInvocationError:
				if e.HookStatus != "HOOK_COMPLETE_FAILED" || e.HookFailureMode != "FAIL" || e.HookInvocationPoint != "PRE_PROVISION" {
					c.t.Errorf("%+v", e)
				}
				lines = append(lines, fmt.Sprintf("%s: %s", *e.HookType, *e.HookStatusReason))
			default:
				lines = append(lines, fmt.Sprintf("%s %s %s: %s", *e.LogicalResourceId, e.ResourceStatus, e.DetailedStatus, aws.ToString(e.ResourceStatusReason)))
			}
		}
	}
	slices.Reverse(lines) // the oldest first
	return lines
}

func (c *cloud) put(name string) {
	c.t.Helper()
	act(c, ssm.PutParameter, &ssm.PutParameterInput{Name: name, Type: "String", Value: "mine"})
}

const taken = "Resource of type 'AWS::SSM::Parameter' with identifier '/%s' already exists."

// What a change set finds before anything is deployed, and what it doesn't.
func TestFacts_EarlyValidation(t *testing.T) {
	tests := []struct {
		name   string
		before string // what is deployed first; "" for nothing
		change []string
		alter  func(*cloudformation.CreateChangeSetInput)
		reason string // the validations that fail, "" for none
		want   []string
	}{
		{name: "nothing wrong"},
		{name: "a parameter that exists", change: []string{"Name: /p", "Name: /taken"}, reason: existenceCheck,
			want: []string{"NAME_CONFLICT_VALIDATION P /Resources/P/Properties/Name: " + fmt.Sprintf(taken, "taken")}},
		{name: "without validation", change: []string{"Name: /p", "Name: /taken"},
			alter: func(in *cloudformation.CreateChangeSetInput) { in.DisableValidation = aws.Bool(true) }},
		{name: "a new name that is taken", before: small, change: []string{"Name: /p", "Name: /taken"}, reason: existenceCheck,
			want: []string{"NAME_CONFLICT_VALIDATION P /Resources/P/Properties/Name: " + fmt.Sprintf(taken, "taken")}},
		{name: "the name that the stack has", before: small, change: []string{"Value: !Ref G", "Value: x"}},
		{name: "the name under another logical ID", before: small, change: []string{"  P:\n", "  Q:\n"}, reason: existenceCheck,
			want: []string{"NAME_CONFLICT_VALIDATION Q /Resources/Q/Properties/Name: " + fmt.Sprintf(taken, "p")}},
		{name: "what is taken in", change: []string{"Name: /p", "Name: /taken", "  P:\n", "  P:\n    DeletionPolicy: Retain\n"},
			alter: func(in *cloudformation.CreateChangeSetInput) { in.ImportExistingResources = aws.Bool(true) }},
		{name: "the name of a group that exists", change: []string{"GroupDescription: g,", "GroupDescription: g, GroupName: taken,"}},
		{name: "properties", change: []string{"Type: String, Value: !Ref G", "Type: Text"}, reason: propertyCheck, want: []string{
			"PROPERTY_VALIDATION P /Resources/P/Properties/Type: #/Type: Text is not a valid enum value",
			"PROPERTY_VALIDATION P /Resources/P/Properties: #: required key [Value] not found"}},
		{name: "properties of a type that isn't validated", change: []string{"FromPort: !Ref Port", "FromPort: https"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCloud(t, cfn.Options{Latency: second})
				c.put("/taken")
				act(c, ec2.CreateSecurityGroup, &ec2.CreateSecurityGroupInput{GroupName: "taken", Description: "taken", VpcId: c.vpc})
				if tt.before != "" {
					c.deploy("s", request{template: tt.before})
				}
				in := c.changeSetInput("s", request{template: replaced(t, small, tt.change...)})
				if tt.alter != nil {
					tt.alter(in)
				}
				out, err := c.cfn.CreateChangeSet(t.Context(), in)
				if err != nil {
					t.Fatal(err)
				}
				cs := c.describe(*out.Id)
				want := ""
				if tt.reason != "" {
					want = fmt.Sprintf(failedValidation, tt.reason)
				}
				failed := cs.Status == types.ChangeSetStatusFailed && cs.ExecutionStatus == types.ExecutionStatusUnavailable
				if got := aws.ToString(cs.StatusReason); got != want || failed != (want != "") {
					t.Errorf("%s: %s\nwant %s", cs.Status, got, want)
				}
				got := c.failures(&cloudformation.DescribeEventsInput{ChangeSetName: out.Id})
				slices.Sort(got)
				slices.Sort(tt.want)
				if diff := cmp.Diff(tt.want, got); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

// Without a change set the operation itself fails, before anything is touched.
func TestFacts_ValidationOfOperations(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, cfn.Options{Latency: second})
		c.put("/taken")
		body := replaced(t, small, "Name: /p", "Name: /taken")
		parameters := []types.Parameter{{ParameterKey: aws.String("VpcId"), ParameterValue: &c.vpc}}
		out, err := c.cfn.CreateStack(t.Context(), &cloudformation.CreateStackInput{StackName: aws.String("s"), TemplateBody: &body, Parameters: parameters})
		if err != nil {
			t.Fatal(err)
		}
		reason := fmt.Sprintf(failedValidation, existenceCheck)
		c.wait("s")
		if s := c.stack("s"); s.StackStatus != "ROLLBACK_COMPLETE" || *s.StackStatusReason != reason+" Rollback requested by user." {
			t.Errorf("%s: %s", s.StackStatus, *s.StackStatusReason)
		}
		want := []string{"s CREATE_IN_PROGRESS", "s ROLLBACK_IN_PROGRESS", "s ROLLBACK_COMPLETE"}
		if diff := cmp.Diff(want, statuses(c.events("s"))); diff != "" {
			t.Error(diff)
		}
		conflict := []string{"NAME_CONFLICT_VALIDATION P /Resources/P/Properties/Name: " + fmt.Sprintf(taken, "taken")}
		if diff := cmp.Diff(conflict, c.failures(&cloudformation.DescribeEventsInput{OperationId: out.OperationId})); diff != "" {
			t.Error(diff)
		}

		c.delete("s")
		if _, err := c.cfn.CreateStack(t.Context(), &cloudformation.CreateStackInput{
			StackName: aws.String("s"), TemplateBody: &body, Parameters: parameters, DisableValidation: aws.Bool(true),
		}); err != nil {
			t.Fatal(err)
		}
		c.wait("s")
		failed := c.failures(&cloudformation.DescribeEventsInput{StackName: aws.String("s")})
		found := slices.ContainsFunc(failed, func(line string) bool {
			return strings.HasPrefix(line, `P CREATE_FAILED : Resource handler returned message: "`+fmt.Sprintf(taken, "taken")+`" (RequestToken: `)
		})
		if !found {
			t.Errorf("without validation: %q", failed)
		}

		c.delete("s")
		c.deploy("s", request{template: small})
		before := c.holdings()
		updated, err := c.cfn.UpdateStack(t.Context(), &cloudformation.UpdateStackInput{StackName: aws.String("s"), TemplateBody: &body, Parameters: parameters})
		if err != nil {
			t.Fatal(err)
		}
		if s := c.wait("s"); s.StackStatus != "UPDATE_ROLLBACK_COMPLETE" || *s.StackStatusReason != strings.TrimSuffix(reason, ".") {
			t.Errorf("%s: %s", s.StackStatus, *s.StackStatusReason)
		}
		if diff := cmp.Diff(conflict, c.failures(&cloudformation.DescribeEventsInput{OperationId: updated.OperationId})); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(before, c.holdings()); diff != "" {
			t.Error(diff)
		}
	})
}

func statuses(events []string) []string {
	var short []string
	for _, e := range events {
		status, _, _ := strings.Cut(e, " (")
		short = append(short, status)
	}
	return short
}

// Properties that nothing has validated before fail the operation at its
// beginning, all of them.
func TestFacts_InvalidProperties(t *testing.T) {
	const invalid = "Properties validation failed for resource %s with message:\n%s"
	tests := []struct {
		change []string
		id     string
		want   string
	}{
		{[]string{"Tags: [{Key: Name, Value: g}]", "Tags: [{Key: Name}]"}, "G", "#/Tags/0: required key [Value] not found"},
		{[]string{"FromPort: !Ref Port", "FromPort: https"}, "R", "#/FromPort: expected type: Integer, found: String"},
		{[]string{"CidrIp: 10.0.0.0/8", "CidrIp: [10.0.0.0/8]"}, "R", "#/CidrIp: expected type: String, found: JSONArray"},
		{[]string{"CidrIp: 10.0.0.0/8", "CidrIp: 10.0.0.0/8, CidrIpv6: '::/0'"}, "R", "#: exactly one of [CidrIp, CidrIpv6, " +
			"SourcePrefixListId, SourceSecurityGroupId, SourceSecurityGroupName] must be specified, found: 2"},
		{[]string{"GroupDescription: g", "GroupDescription: g<>"}, "G", "#/GroupDescription: failed validation constraint for keyword [pattern]"},
	}
	for _, tt := range tests {
		t.Run(tt.want, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCloud(t, cfn.Options{Latency: second})
				body := replaced(t, small, tt.change...)
				want := []string{fmt.Sprintf("%s CREATE_FAILED VALIDATION_FAILED: "+invalid, tt.id, tt.id, tt.want)}
				c.deploy("s", request{template: body})
				c.wantStatus("s", "ROLLBACK_COMPLETE")
				if diff := cmp.Diff(want, c.failures(&cloudformation.DescribeEventsInput{StackName: aws.String("s")})); diff != "" {
					t.Error(diff)
				}
				if diff := cmp.Diff(nothing(), c.holdings()); diff != "" {
					t.Error(diff)
				}
				c.delete("s")
				c.deploy("s", request{template: small})
				before := c.holdings()
				want[0] = strings.Replace(want[0], "CREATE", "UPDATE", 1)
				id := c.stack("s").LastOperations[0].OperationId
				c.deploy("s", request{template: body})
				c.wantStatus("s", "UPDATE_ROLLBACK_COMPLETE")
				if last := c.stack("s").LastOperations[0].OperationId; *last == *id {
					t.Error("no operation")
				} else if diff := cmp.Diff(want, c.failures(&cloudformation.DescribeEventsInput{OperationId: last})); diff != "" {
					t.Error(diff)
				}
				if diff := cmp.Diff(before, c.holdings()); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

// A hook that fails has the change set fail, or the operation without one.
func TestHooks(t *testing.T) {
	const guard, audit = "MyCompany::Network::Guard", "MyCompany::Network::Audit"
	synctest.Test(t, func(t *testing.T) {
		fails := true
		c := newCloud(t, cfn.Options{Hooks: func() []cfn.Hook {
			return []cfn.Hook{{Type: audit}, {Type: guard, Fails: fails}}
		}})
		cs := c.changeSet("s", request{template: small})
		if want := "The following hook(s) failed: [" + guard + "]"; cs.Status != "FAILED" || *cs.StatusReason != want {
			t.Errorf("%s: %s", cs.Status, aws.ToString(cs.StatusReason))
		}
		results := func(in *cloudformation.ListHookResultsInput) []types.HookResultSummary {
			out, err := c.cfn.ListHookResults(t.Context(), in)
			if err != nil {
				t.Fatal(err)
			}
			return out.HookResults
		}
		got := results(&cloudformation.ListHookResultsInput{TargetType: types.ListHookResultsTargetTypeChangeSet, TargetId: cs.ChangeSetId})
		if len(got) != 2 || *got[0].TypeName != guard || got[0].Status != types.HookStatusHookCompleteFailed ||
			got[1].Status != types.HookStatusHookCompleteSucceeded || *got[0].TargetId != *cs.ChangeSetId || got[0].InvokedAt != nil {
			t.Fatalf("%+v", got)
		}
		const reason = "Hook failed with message: Failure injected by the sandbox for hook " + guard
		detail, err := c.cfn.GetHookResult(t.Context(), &cloudformation.GetHookResultInput{HookResultId: got[0].HookResultId})
		if err != nil || *detail.HookStatusReason != reason || len(detail.Annotations) != 1 || detail.Annotations[0].Status != "FAILED" {
			t.Errorf("%+v, %v", detail, err)
		}
		if diff := cmp.Diff([]string{guard + ": " + reason}, c.failures(&cloudformation.DescribeEventsInput{ChangeSetName: cs.ChangeSetId})); diff != "" {
			t.Error(diff)
		}
		byType := &cloudformation.ListHookResultsInput{TypeArn: got[0].TypeArn, Status: types.HookStatusHookCompleteFailed}
		if got := results(byType); len(got) != 1 || got[0].InvokedAt == nil || *got[0].HookExecutionTarget != *cs.StackId {
			t.Errorf("%+v", got)
		}
		if got := results(&cloudformation.ListHookResultsInput{}); len(got) != 2 {
			t.Errorf("%+v", got)
		}

		parameters := []types.Parameter{{ParameterKey: aws.String("VpcId"), ParameterValue: &c.vpc}}
		if _, err := c.cfn.CreateStack(t.Context(), &cloudformation.CreateStackInput{StackName: aws.String("s"), TemplateBody: aws.String(small), Parameters: parameters}); err != nil {
			t.Fatal(err)
		}
		if s := c.stack("s"); s.StackStatus != "ROLLBACK_COMPLETE" || !strings.HasPrefix(*s.StackStatusReason, "The following hook(s) failed: ["+guard+"]. ") {
			t.Errorf("%s: %s", s.StackStatus, *s.StackStatusReason)
		}
		fails = false
		c.delete("s")
		c.deploy("s", request{template: small})
		c.wantStatus("s", "CREATE_COMPLETE")

		for _, in := range []*cloudformation.ListHookResultsInput{
			{TargetType: types.ListHookResultsTargetTypeStack}, {TargetId: cs.ChangeSetId}, {Status: types.HookStatusHookFailed},
		} {
			if _, err := c.cfn.ListHookResults(t.Context(), in); code(err) != "ValidationError" {
				t.Errorf("%+v: %v", in, err)
			}
		}
		if _, err := c.cfn.GetHookResult(t.Context(), &cloudformation.GetHookResultInput{HookResultId: aws.String("x")}); code(err) != "HookResultNotFound" {
			t.Error(err)
		}
	})
}
