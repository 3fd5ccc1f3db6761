package stack_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"mlops-infra-suite/internal/awsenv"
	"mlops-infra-suite/internal/sandbox"
	"mlops-infra-suite/internal/stack"
	"mlops-infra-suite/internal/testkit/sandboxtest"
)

const (
	account = "123456789012"
	region  = "us-west-2"
)

// world is a sandbox, an engine at work in it, and what both tell.
type world struct {
	*stack.Engine
	box    *sandbox.Sandbox
	cfn    *cloudformation.Client // these are what somebody else works with
	ec2    *ec2.Client
	ssm    *ssm.Client
	calls  *sandboxtest.Recorder // of the engine alone
	vpc    string
	events []stack.Event
	asked  map[string][]string // what was asked of stacks, by their last operation: see effects
}

// in runs a test in a world of virtual time.
func in(t *testing.T, opt sandbox.Options, engine stack.Options, test func(*testing.T, *world)) {
	synctest.Test(t, func(t *testing.T) {
		box := sandboxtest.Open(t, opt)
		vpc, _, err := box.EnsureVPC(account, region, "/vpc/demo/VPCId")
		must(t, err)
		test(t, newWorld(box, vpc, engine))
	})
}

// newWorld is the world of a sandbox that holds a VPC.
func newWorld(box *sandbox.Sandbox, vpc string, engine stack.Options) *world {
	cfg := config(box)
	w := &world{
		box: box, cfn: cloudformation.NewFromConfig(cfg), ec2: ec2.NewFromConfig(cfg), ssm: ssm.NewFromConfig(cfg),
		calls: sandboxtest.Record(box), vpc: vpc, asked: map[string][]string{},
	}
	engine.Emit = func(ev stack.Event) { w.events = append(w.events, ev) }
	engine.Tool = "test"
	w.Engine = stack.New(client(w.calls), engine)
	return w
}

func config(h http.Handler) aws.Config {
	return awsenv.Sandbox(awsenv.SandboxOptions{Handler: h, Account: account, Region: region})
}

func client(h http.Handler) *cloudformation.Client { return cloudformation.NewFromConfig(config(h)) }

// spec is a stack of a group, a parameter that holds its ID, and one ingress rule per port.
func (w *world) spec(ports ...int) stack.Spec {
	var rules strings.Builder
	for _, port := range ports {
		fmt.Fprintf(&rules, `,
    "Port%d": {"Type": "AWS::EC2::SecurityGroupIngress", "Properties": {
      "GroupId": {"Fn::GetAtt": ["Group", "GroupId"]}, "IpProtocol": "tcp", "FromPort": %[1]d, "ToPort": %[1]d, "CidrIp": "10.0.0.0/8"}}`, port)
	}
	return stack.Spec{
		Name: "demo",
		Template: `{
  "Parameters": {"VpcId": {"Type": "AWS::EC2::VPC::Id"}},
  "Resources": {
    "Group": {"Type": "AWS::EC2::SecurityGroup", "Properties": {"GroupDescription": "demo", "VpcId": {"Ref": "VpcId"}}},
    "Parameter": {"Type": "AWS::SSM::Parameter", "Properties": {
      "Name": "/sg/demo", "Type": "String", "Value": {"Fn::GetAtt": ["Group", "GroupId"]}}}` + rules.String() + `
  },
  "Outputs": {"GroupId": {"Value": {"Fn::GetAtt": ["Group", "GroupId"]}}}
}`,
		Parameters: map[string]string{"VpcId": w.vpc},
		Tags:       map[string]string{"ManagedBy": "test"},
	}
}

// deploy plans and applies.
func (w *world) deploy(t *testing.T, spec stack.Spec) (stack.Outcome, error) {
	t.Helper()
	plan, err := w.Plan(t.Context(), spec)
	if err != nil {
		return stack.Outcome{}, err
	}
	return w.Apply(t.Context(), plan)
}

func (w *world) mustDeploy(t *testing.T, spec stack.Spec) stack.Outcome {
	t.Helper()
	out, err := w.deploy(t, spec)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// wantStatus checks in what status a stack is, Absent included.
func (w *world) wantStatus(t *testing.T, want stack.Status) {
	t.Helper()
	st, err := w.Status(t.Context(), "demo")
	if err != nil && !errors.Is(err, stack.ErrNotFound) {
		t.Fatal(err)
	}
	if st.Status != want {
		t.Errorf("the stack is in %q, want %q", st.Status, want)
	}
}

// wantChangeSets checks how many change sets a stack has.
func (w *world) wantChangeSets(t *testing.T, want int) {
	t.Helper()
	out, err := w.cfn.ListChangeSets(t.Context(), &cloudformation.ListChangeSetsInput{StackName: aws.String("demo")})
	if err != nil {
		t.Fatal(err)
	}
	if len(out.Summaries) != want {
		t.Errorf("%d change sets, want %d", len(out.Summaries), want)
	}
}

// told lists what the engine told: operations with their ends, and notices.
func (w *world) told() []string {
	var lines []string
	for _, ev := range w.events {
		switch ev := ev.(type) {
		case stack.Started:
			lines = append(lines, string(ev.Operation))
		case stack.Ended:
			lines = append(lines, fmt.Sprintf("%s: %s", ev.Operation, ev.Status))
		case stack.Notice:
			lines = append(lines, ev.Text)
		}
	}
	return lines
}

// refer makes a group outside of the stack that has a rule about another one.
func (w *world) refer(t *testing.T, group string) {
	t.Helper()
	spec := stack.Spec{Name: "other", Parameters: map[string]string{"VpcId": w.vpc, "Group": group}, Template: `{
  "Parameters": {"VpcId": {"Type": "AWS::EC2::VPC::Id"}, "Group": {"Type": "String"}},
  "Resources": {"Other": {"Type": "AWS::EC2::SecurityGroup", "Properties": {"GroupDescription": "other", "VpcId": {"Ref": "VpcId"},
    "SecurityGroupIngress": [{"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "SourceSecurityGroupId": {"Ref": "Group"}}]}}}
}`}
	w.mustDeploy(t, spec)
}

// start begins a creation as somebody else, who doesn't wait for its end.
func (w *world) start(t *testing.T, spec stack.Spec) {
	t.Helper()
	plan, err := stack.New(w.cfn, stack.Options{}).Plan(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.cfn.ExecuteChangeSet(t.Context(), &cloudformation.ExecuteChangeSetInput{ChangeSetName: aws.String(plan.ChangeSetID)})
	if err != nil {
		t.Fatal(err)
	}
}

func resources(events []stack.Event) int {
	n := 0
	for _, ev := range events {
		if _, ok := ev.(stack.ResourceEvent); ok {
			n++
		}
	}
	return n
}

// times tells when the operation in the events began, when it ended, and when the engine told so.
func times(events []stack.Event) (began, ended, told time.Time) {
	for _, ev := range events {
		switch ev := ev.(type) {
		case stack.Started:
			began = ev.Time
		case stack.ResourceEvent:
			ended = ev.Time
		case stack.Ended:
			told = ev.Time
		}
	}
	return began, ended, told
}
