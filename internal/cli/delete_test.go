package cli_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/google/go-cmp/cmp"
)

type blocker struct{ Kind, ID, Detail string }

type deleted struct {
	Status, Outcome   string
	Blockers          []blocker
	Resources, Stacks []any
	Error             struct{ Code, Message, Hint string }
}

// looks are the actions that only read.
func looks(calls []string) []string {
	return slices.DeleteFunc(calls, func(call string) bool {
		return strings.HasPrefix(call, "Describe") || strings.HasPrefix(call, "List") || strings.HasPrefix(call, "Get")
	})
}

func TestDeleteListsEverythingInTheWay(t *testing.T) {
	w := newWorkbench(t, "prod")
	const stack, set = "my-prod-m001-us-west-2-sg-stack", "my-prod-m001-us-west-2-sg"
	w.run(t, 0, nil, "create-security-groups", "--force")
	groups := w.groups(t)
	web, app, db := groups[set+"-web"], groups[set+"-app"], groups[set+"-db"]
	eni := w.attach(t, app, "AWS Lambda VPC ENI-orders-6b0d1c1e-1f0a-4c0e-9d55-0a1b2c3d4e5f")
	outsider := w.outsider(t, db, web)
	w.importer(t, "consumer", set+"-db-SecurityGroupId")

	w.calls.Reset()
	var got deleted
	w.run(t, 6, &got, "delete-security-groups", "--force")
	if writes := looks(w.calls.Calls()); len(writes) > 0 {
		t.Errorf("it has touched something: %v", writes)
	}
	for i := range got.Blockers {
		got.Blockers[i].Detail = regexp.MustCompile(`sgr-[0-9a-f]{17}`).ReplaceAllString(got.Blockers[i].Detail, "sgr-N")
	}
	want := []blocker{
		{"termination-protection", stack, "switch it off with --disable-termination-protection"},
		{"network-interface", eni, "Lambda function orders uses AppSecurityGroup (" + app + "): take the function out of the VPC or give it " +
			"other groups; AWS removes the interface up to 40 minutes later"},
		{"reference", outsider, "the rule sgr-N of group outsider permits ingress tcp/22 from WebSecurityGroup (" + web + "): revoke it"},
		{"reference", outsider, "the rule sgr-N of group outsider permits egress tcp/5432 to DbSecurityGroup (" + db + "): revoke it"},
		{"import", "consumer", "imports " + set + "-db-SecurityGroupId: change or delete that stack first"},
	}
	if diff := cmp.Diff(want, got.Blockers); diff != "" {
		t.Errorf("blockers (-want +got):\n%s", diff)
	}
	if got.Status != "blocked" || got.Error.Code != "IN_USE" || got.Outcome != "" {
		t.Errorf("got %q, %q, %q", got.Status, got.Error.Code, got.Outcome)
	}

	// Protection alone can be switched off; the others stand in the way still, and the protection stays on.
	w.run(t, 6, &got, "delete-security-groups", "--force", "--disable-termination-protection")
	if len(got.Blockers) != 4 {
		t.Errorf("blockers %v", got.Blockers)
	}
	out, err := w.cfn.DescribeStacks(t.Context(), &cloudformation.DescribeStacksInput{StackName: new(stack)})
	if err != nil || !*out.Stacks[0].EnableTerminationProtection {
		t.Errorf("the protection is off: %v", err)
	}

	consumer := "consumer"
	if _, err := w.cfn.DeleteStack(t.Context(), &cloudformation.DeleteStackInput{StackName: &consumer}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.ec2.DeleteNetworkInterface(t.Context(), &ec2.DeleteNetworkInterfaceInput{NetworkInterfaceId: &eni}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.ec2.DeleteSecurityGroup(t.Context(), &ec2.DeleteSecurityGroupInput{GroupId: &outsider}); err != nil {
		t.Fatal(err)
	}
	got = deleted{}
	w.run(t, 0, &got, "delete-security-groups", "--force", "--disable-termination-protection")
	if got.Outcome != "deleted" || len(got.Blockers) != 0 || got.Blockers == nil || len(got.Resources) != 16 {
		t.Errorf("got %+v", got)
	}
	if left := w.groups(t); len(left) > 0 || w.status(t, stack) != "" {
		t.Errorf("left: %v", left)
	}
}

// Something begins to use a group after the pre-flight has looked.
func TestDeleteOvertakenByAnInterface(t *testing.T) {
	w := newWorkbench(t, "dev")
	const stack, set = "my-dev-m001-us-west-2-sg-stack", "my-dev-m001-us-west-2-sg"
	w.run(t, 0, nil, "create-security-groups", "--force")
	app := w.groups(t)[set+"-app"]
	eni := ""
	w.before["DeleteStack"] = func() { eni = w.attach(t, app, "RDSNetworkInterface") }

	var got deleted
	w.run(t, 1, &got, "delete-security-groups", "--force")
	want := []blocker{{"network-interface", eni, "an RDS database uses AppSecurityGroup (" + app + "): it is attached to nothing: delete it, or give it other groups"}}
	if diff := cmp.Diff(want, got.Blockers); diff != "" {
		t.Errorf("blockers (-want +got):\n%s", diff)
	}
	if got.Status != "failed" || got.Error.Code != "DELETE_FAILED" || !strings.Contains(got.Error.Hint, "--retain") || len(got.Resources) != 1 {
		t.Errorf("got %+v", got)
	}
	if status := w.status(t, stack); status != "DELETE_FAILED" {
		t.Fatalf("the stack is in %s", status)
	}

	// While it stands in the way, the pre-flight says so again and touches nothing.
	w.calls.Reset()
	r := w.run(t, 6, nil, "delete-security-groups", "--force")
	if writes := looks(w.calls.Calls()); len(writes) > 0 {
		t.Errorf("it has touched something: %v", writes)
	}
	if !strings.Contains(r.Stderr, "AppSecurityGroup ("+app+") could not be deleted the last time: ") || !strings.Contains(r.Stdout, eni) {
		t.Errorf("it says\n%s%s", r.Stdout, r.Stderr)
	}

	// Left behind, the group is nobody's.
	got = deleted{}
	w.run(t, 0, &got, "delete-security-groups", "--force", "--retain", "AppSecurityGroup")
	if got.Outcome != "deleted" || w.status(t, stack) != "" {
		t.Errorf("got %+v", got)
	}
	if diff := cmp.Diff(map[string]string{set + "-app": app}, w.groups(t)); diff != "" {
		t.Errorf("groups left (-want +got):\n%s", diff)
	}
}

func TestRetainWantsAFailedDeletion(t *testing.T) {
	w := newWorkbench(t, "dev")
	w.run(t, 0, nil, "create-security-groups", "--force")
	var got deleted
	w.run(t, 6, &got, "delete-security-groups", "--force", "--retain", "AppSecurityGroup")
	if got.Error.Code != "RETAIN" || !strings.Contains(got.Error.Message, "CREATE_COMPLETE") {
		t.Errorf("got %+v", got.Error)
	}
}

// A stack whose creation failed and was not rolled back has groups, and no outputs that would name them.
func TestDeleteFindsTheGroupsOfAFailedStack(t *testing.T) {
	w := newWorkbench(t, "dev")
	const stack = "my-dev-m001-us-west-2-sg-stack"
	template := `Resources:
  AppSecurityGroup: {Type: AWS::EC2::SecurityGroup, Properties: {GroupDescription: app, VpcId: ` + w.vpc + `}}
  Wrong: {Type: AWS::EC2::SecurityGroup, DependsOn: AppSecurityGroup, Properties: {GroupDescription: app, VpcId: vpc-0123456789abcdef0}}
Outputs: {AppSecurityGroupId: {Value: !Ref AppSecurityGroup}}`
	if _, err := w.cfn.CreateStack(t.Context(), &cloudformation.CreateStackInput{
		StackName: new(stack), TemplateBody: &template, OnFailure: "DO_NOTHING",
	}); err != nil {
		t.Fatal(err)
	}
	if status := w.status(t, stack); status != "CREATE_FAILED" {
		t.Fatalf("the stack is in %s", status)
	}
	var group string
	for _, id := range w.groups(t) {
		group = id
	}
	eni := w.attach(t, group, "ELB app/shop/50dc6c495c0c9188")
	var got deleted
	w.run(t, 6, &got, "delete-security-groups", "--force")
	if len(got.Blockers) != 1 || got.Blockers[0].ID != eni || !strings.Contains(got.Blockers[0].Detail, "load balancer app/shop") {
		t.Errorf("blockers %v", got.Blockers)
	}
	if _, err := w.ec2.DeleteNetworkInterface(t.Context(), &ec2.DeleteNetworkInterfaceInput{NetworkInterfaceId: &eni}); err != nil {
		t.Fatal(err)
	}
	w.run(t, 0, nil, "delete-security-groups", "--force")
	if left := w.groups(t); len(left) > 0 || w.status(t, stack) != "" {
		t.Errorf("left: %v", left)
	}
}

// Stacks that hold nothing go without more ado.
func TestDeleteEmptyStacks(t *testing.T) {
	w := newWorkbench(t, "dev")
	const stack = "my-dev-m001-us-west-2-sg-stack"
	template := `Resources: {P: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: x}}}`
	if _, err := w.cfn.CreateChangeSet(t.Context(), &cloudformation.CreateChangeSetInput{
		StackName: new(stack), ChangeSetName: new("somebodys"), ChangeSetType: "CREATE", TemplateBody: &template,
	}); err != nil {
		t.Fatal(err)
	}
	if status := w.status(t, stack); status != "REVIEW_IN_PROGRESS" {
		t.Fatalf("the stack is in %s", status)
	}
	var got deleted
	w.run(t, 0, &got, "delete-security-groups", "--force")
	if got.Outcome != "deleted" || got.Resources == nil || w.status(t, stack) != "" {
		t.Errorf("got %+v", got)
	}

	template = `Resources: {P: {Type: AWS::EC2::SecurityGroup, Properties: {GroupDescription: x, VpcId: vpc-0123456789abcdef0}}}`
	if _, err := w.cfn.CreateStack(t.Context(), &cloudformation.CreateStackInput{StackName: new(stack), TemplateBody: &template}); err != nil {
		t.Fatal(err)
	}
	if status := w.status(t, stack); status != "ROLLBACK_COMPLETE" {
		t.Fatalf("the stack is in %s", status)
	}
	w.run(t, 0, &got, "delete-security-groups", "--force")
	if got.Outcome != "deleted" || w.status(t, stack) != "" {
		t.Errorf("got %+v", got)
	}
}

// A stack begins to import an export after the pre-flight has looked.
func TestDeleteOvertakenByAnImport(t *testing.T) {
	w := newWorkbench(t, "dev")
	const stack, set = "my-dev-m001-us-west-2-sg-stack", "my-dev-m001-us-west-2-sg"
	w.run(t, 0, nil, "create-security-groups", "--force")
	groups := w.groups(t)
	w.before["DeleteStack"] = func() { w.importer(t, "consumer", set+"-db-SecurityGroupId") }
	var got deleted
	w.run(t, 1, &got, "delete-security-groups", "--force")
	want := []blocker{{"import", "consumer", "imports " + set + "-db-SecurityGroupId: change or delete that stack first"}}
	if diff := cmp.Diff(want, got.Blockers); diff != "" {
		t.Errorf("blockers (-want +got):\n%s\n%+v", diff, got.Error)
	}
	if got.Error.Code != "DELETE_FAILED" || !strings.Contains(got.Error.Message, "Cannot delete export") || got.Outcome != "" || len(got.Stacks) > 0 {
		t.Errorf("got %+v", got)
	}
	if diff := cmp.Diff(groups, w.groups(t)); diff != "" || w.status(t, stack) != "CREATE_COMPLETE" {
		t.Errorf("groups (-before +after), in %s:\n%s", w.status(t, stack), diff)
	}
}

// What somebody else is doing to the stack is waited for, whatever comes of it.
func TestDeleteWaitsForOthers(t *testing.T) {
	const stack = "my-dev-m001-us-west-2-sg-stack"
	for name, begin := range map[string]func(*testing.T, *workbench){
		"a creation": func(*testing.T, *workbench) {},
		"a deletion": func(t *testing.T, w *workbench) {
			if _, err := w.cfn.DeleteStack(t.Context(), &cloudformation.DeleteStackInput{StackName: new(stack)}); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newSlowWorkbench(t, "dev", 300*time.Millisecond)
			template := `Resources: {G: {Type: AWS::EC2::SecurityGroup, Properties: {GroupDescription: d, VpcId: ` + w.vpc + `}}}`
			if _, err := w.cfn.CreateStack(t.Context(), &cloudformation.CreateStackInput{StackName: new(stack), TemplateBody: &template}); err != nil {
				t.Fatal(err)
			}
			begin(t, w)
			if status := w.status(t, stack); !strings.HasSuffix(status, "_IN_PROGRESS") {
				t.Fatalf("the stack is in %s", status)
			}
			var got deleted
			w.run(t, 0, &got, "delete-security-groups", "--force")
			if got.Outcome != "deleted" || len(got.Stacks) != 1 || w.status(t, stack) != "" || len(w.groups(t)) > 0 {
				t.Errorf("got %+v", got)
			}
		})
	}
}
