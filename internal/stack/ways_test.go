package stack_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"mlops-infra-suite/internal/stack"
)

// latency of a resource in the worlds in which stacks are led into a status.
const latency = 2 * time.Second

// way leads the stack demo into a status, as somebody else would get it there. What it returns mends the cause of a failure;
// nil: there is none to mend.
type way func(*testing.T, *world) (mend func())

// ways lead into each of CloudFormation's statuses.
var ways = map[stack.Status]way{
	stack.ReviewInProgress:   func(t *testing.T, w *world) func() { w.plan(t, w.spec(80)); return nil },
	stack.CreateInProgress:   starting(stack.CreateInProgress, (*world).intact),
	stack.CreateComplete:     starting(stack.CreateComplete, (*world).intact),
	stack.RollbackInProgress: starting(stack.RollbackInProgress, (*world).broken),
	stack.RollbackComplete:   starting(stack.RollbackComplete, (*world).broken),
	stack.CreateFailed: func(t *testing.T, w *world) func() {
		s := w.broken()
		_, err := w.cfn.CreateStack(t.Context(), &cloudformation.CreateStackInput{
			StackName: &s.Name, TemplateBody: &s.Template, Parameters: parameters(s), OnFailure: types.OnFailureDoNothing,
		})
		must(t, err)
		w.until(t, stack.CreateFailed)
		return nil
	},
	stack.RollbackFailed: func(t *testing.T, w *world) func() {
		w.start(t, w.broken())
		release := w.hold(t, w.group(t, "demo"))
		w.until(t, stack.RollbackFailed)
		return release
	},

	stack.UpdateInProgress:              updating(stack.UpdateInProgress, (*world).changed),
	stack.UpdateCompleteCleanup:         updating(stack.UpdateCompleteCleanup, (*world).changed),
	stack.UpdateComplete:                updating(stack.UpdateComplete, (*world).changed),
	stack.UpdateRollbackInProgress:      updating(stack.UpdateRollbackInProgress, (*world).broken),
	stack.UpdateRollbackCompleteCleanup: updating(stack.UpdateRollbackCompleteCleanup, (*world).broken),
	stack.UpdateRollbackComplete:        updating(stack.UpdateRollbackComplete, (*world).broken),
	stack.UpdateFailed: func(t *testing.T, w *world) func() {
		w.deployed(t)
		s := w.broken()
		_, err := w.cfn.UpdateStack(t.Context(), &cloudformation.UpdateStackInput{
			StackName: &s.Name, TemplateBody: &s.Template, Parameters: parameters(s), DisableRollback: aws.Bool(true),
		})
		must(t, err)
		w.until(t, stack.UpdateFailed)
		return nil
	},
	stack.UpdateRollbackFailed: func(t *testing.T, w *world) func() {
		w.deployed(t)
		w.start(t, w.broken())
		time.Sleep(5 * latency / 2) // the parameter has its new tags, and the rule is about to fail
		w.deleteParameter(t)
		w.until(t, stack.UpdateRollbackFailed)
		return func() { w.putParameter(t, w.group(t, "demo")) }
	},

	stack.DeleteInProgress: deleting(stack.DeleteInProgress),
	stack.DeleteComplete:   deleting(stack.DeleteComplete),
	stack.DeleteFailed: func(t *testing.T, w *world) func() {
		w.deployed(t)
		release := w.hold(t, w.group(t, "demo"))
		deleting(stack.DeleteFailed)(t, w)
		return release
	},

	stack.ImportInProgress: importing(stack.ImportInProgress, nil),
	stack.ImportComplete:   importing(stack.ImportComplete, nil),
	stack.ImportRollbackInProgress: importing(stack.ImportRollbackInProgress, func(t *testing.T, w *world) {
		w.deleteParameter(t)
	}),
	stack.ImportRollbackComplete: importing(stack.ImportRollbackComplete, func(t *testing.T, w *world) {
		w.deleteParameter(t)
	}),
	stack.ImportRollbackFailed: importing(stack.ImportRollbackFailed, func(t *testing.T, w *world) {
		w.deleteParameter(t)
		time.Sleep(3 * latency / 2)
		_, err := w.ec2.DeleteSecurityGroup(t.Context(), &ec2.DeleteSecurityGroupInput{GroupId: aws.String(w.group(t, "demo"))})
		must(t, err)
	}),
}

func starting(want stack.Status, spec func(*world) stack.Spec) way {
	return func(t *testing.T, w *world) func() {
		w.start(t, spec(w))
		w.until(t, want)
		return nil
	}
}

func updating(want stack.Status, spec func(*world) stack.Spec) way {
	return func(t *testing.T, w *world) func() {
		w.deployed(t)
		return starting(want, spec)(t, w)
	}
}

func deleting(want stack.Status) way {
	return func(t *testing.T, w *world) func() {
		if want != stack.DeleteFailed {
			w.deployed(t)
		}
		_, err := w.cfn.DeleteStack(t.Context(), &cloudformation.DeleteStackInput{StackName: aws.String("demo")})
		must(t, err)
		w.until(t, want)
		return nil
	}
}

// importing takes a group and a parameter that exist into a new stack. The parameter comes second, so that meddling can make
// it fail.
func importing(want stack.Status, meddle func(*testing.T, *world)) way {
	const template = `{
  "Parameters": {"VpcId": {"Type": "AWS::EC2::VPC::Id"}},
  "Resources": {
    "Group": {"Type": "AWS::EC2::SecurityGroup", "DeletionPolicy": "Delete",
      "Properties": {"GroupDescription": "demo", "VpcId": {"Ref": "VpcId"}}},
    "Parameter": {"Type": "AWS::SSM::Parameter", "DeletionPolicy": "Delete", "DependsOn": "Group",
      "Properties": {"Name": "/sg/demo", "Type": "String", "Value": "unknown"}}
  }
}`
	return func(t *testing.T, w *world) func() {
		group, err := w.ec2.CreateSecurityGroup(t.Context(), &ec2.CreateSecurityGroupInput{
			GroupName: aws.String("existing"), Description: aws.String("demo"), VpcId: &w.vpc,
		})
		must(t, err)
		w.putParameter(t, "unknown")
		identify := func(id, typ, key, value string) types.ResourceToImport {
			return types.ResourceToImport{LogicalResourceId: &id, ResourceType: &typ, ResourceIdentifier: map[string]string{key: value}}
		}
		set, err := w.cfn.CreateChangeSet(t.Context(), &cloudformation.CreateChangeSetInput{
			StackName: aws.String("demo"), ChangeSetName: aws.String("import"), ChangeSetType: types.ChangeSetTypeImport,
			TemplateBody: aws.String(template), Parameters: parameters(w.intact()),
			ResourcesToImport: []types.ResourceToImport{
				identify("Group", "AWS::EC2::SecurityGroup", "Id", *group.GroupId),
				identify("Parameter", "AWS::SSM::Parameter", "Name", "/sg/demo"),
			},
		})
		must(t, err)
		time.Sleep(2 * latency)
		_, err = w.cfn.ExecuteChangeSet(t.Context(), &cloudformation.ExecuteChangeSetInput{ChangeSetName: set.Id})
		must(t, err)
		if meddle != nil {
			meddle(t, w)
		}
		w.until(t, want)
		return nil
	}
}

// deleteImported deletes the group that couldn't be imported: nobody's business but its owner's.
func (w *world) deleteImported(t *testing.T) {
	t.Helper()
	out, err := w.ec2.DescribeSecurityGroups(t.Context(), &ec2.DescribeSecurityGroupsInput{
		Filters: []ec2types.Filter{{Name: aws.String("group-name"), Values: []string{"existing"}}},
	})
	must(t, err)
	_, err = w.ec2.DeleteSecurityGroup(t.Context(), &ec2.DeleteSecurityGroupInput{GroupId: out.SecurityGroups[0].GroupId})
	must(t, err)
}

func (w *world) intact() stack.Spec { return w.spec(80) }

// changed leaves something to be cleaned up.
func (w *world) changed() stack.Spec { return w.spec(443) }

// broken has other tags and a rule that fails, after everything else is done.
func (w *world) broken() stack.Spec {
	s := w.spec(443)
	s.Tags = map[string]string{"ManagedBy": "test", "State": "broken"}
	s.Template = strings.Replace(s.Template, `"Resources": {`, `"Resources": {
    "Broken": {"Type": "AWS::EC2::SecurityGroupIngress", "DependsOn": ["Parameter"], "Properties": {
      "GroupId": {"Fn::GetAtt": ["Group", "GroupId"]}, "IpProtocol": "tcp", "FromPort": 1, "ToPort": 1,
      "SourceSecurityGroupId": "sg-0123456789abcdef0"}},`, 1)
	return s
}

// plan makes a change set as somebody else, and leaves it.
func (w *world) plan(t *testing.T, spec stack.Spec) *stack.Plan {
	t.Helper()
	plan, err := stack.New(w.cfn, stack.Options{Owner: "somebody else"}).Plan(t.Context(), spec)
	must(t, err)
	return plan
}

// deployed brings the stack about as somebody else.
func (w *world) deployed(t *testing.T) {
	t.Helper()
	w.start(t, w.intact())
	w.until(t, stack.CreateComplete)
}

func (w *world) putParameter(t *testing.T, value string) {
	t.Helper()
	_, err := w.ssm.PutParameter(t.Context(), &ssm.PutParameterInput{
		Name: aws.String("/sg/demo"), Type: ssmtypes.ParameterTypeString, Value: &value,
	})
	must(t, err)
}

func (w *world) deleteParameter(t *testing.T) {
	t.Helper()
	_, err := w.ssm.DeleteParameter(t.Context(), &ssm.DeleteParameterInput{Name: aws.String("/sg/demo")})
	must(t, err)
}

func parameters(s stack.Spec) []types.Parameter {
	return []types.Parameter{{ParameterKey: aws.String("VpcId"), ParameterValue: aws.String(s.Parameters["VpcId"])}}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
