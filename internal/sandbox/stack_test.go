package sandbox_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"mlops-infra-suite/internal/sandbox"
)

// How CloudFormation behaves is tested where it is; here is how it is plugged in.

const template = `
Parameters: {VpcId: {Type: "AWS::EC2::VPC::Id"}}
Resources:
  Web:
    Type: AWS::EC2::SecurityGroup
    Properties: {GroupDescription: web, VpcId: !Ref VpcId}
  WebHTTPS:
    Type: AWS::EC2::SecurityGroupIngress
    Properties: {GroupId: !Ref Web, IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 0.0.0.0/0}
`

// world is a sandbox in virtual time, with a client.
type world struct {
	*testing.T
	box *sandbox.Sandbox
	cfn *cloudformation.Client
}

func newWorld(t *testing.T, dir string, opts sandbox.Options) world {
	t.Helper()
	box := open(t, dir, opts)
	return world{t, box, cloudformation.NewFromConfig(configFor(box, testAccount, testRegion))}
}

// inBubble runs a test with a sandbox of its own in virtual time.
func inBubble(t *testing.T, opts sandbox.Options, test func(world)) {
	t.Helper()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) { test(newWorld(t, dir, opts)) })
}

func (w world) createStack() {
	w.Helper()
	vpc, _, err := w.box.EnsureVPC(testAccount, testRegion, "/vpc/main/VPCId")
	if err != nil {
		w.Fatal(err)
	}
	must[*cloudformation.CreateStackOutput](w.T)(w.cfn.CreateStack(w.Context(), &cloudformation.CreateStackInput{
		StackName: aws.String("demo"), TemplateBody: aws.String(template),
		Parameters: []types.Parameter{{ParameterKey: aws.String("VpcId"), ParameterValue: &vpc}},
	}))
}

// wantStatus fails the test unless the stack is in the status.
func (w world) wantStatus(want types.StackStatus) {
	w.Helper()
	out := must[*cloudformation.DescribeStacksOutput](w.T)(w.cfn.DescribeStacks(w.Context(),
		&cloudformation.DescribeStacksInput{StackName: aws.String("demo")}))
	if got := out.Stacks[0].StackStatus; got != want {
		w.Errorf("stack is in %s, want %s", got, want)
	}
}

// firstFailure is the first failed resource with its reason.
func (w world) firstFailure() string {
	w.Helper()
	out := must[*cloudformation.DescribeStackEventsOutput](w.T)(w.cfn.DescribeStackEvents(w.Context(),
		&cloudformation.DescribeStackEventsInput{StackName: aws.String("demo")}))
	found := ""
	for _, e := range out.StackEvents { // the newest comes first
		if strings.HasSuffix(string(e.ResourceStatus), "_FAILED") {
			found = fmt.Sprintf("%s: %s", *e.LogicalResourceId, aws.ToString(e.ResourceStatusReason))
		}
	}
	return found
}

func TestStackLatency(t *testing.T) {
	inBubble(t, sandbox.Options{Latency: time.Minute}, func(w world) {
		w.createStack()
		time.Sleep(90 * time.Second) // one resource is done, the other on its way
		w.wantStatus(types.StackStatusCreateInProgress)
		time.Sleep(time.Hour)
		w.wantStatus(types.StackStatusCreateComplete)
	})
}

func TestStackFaults(t *testing.T) {
	for fault, want := range map[string]string{
		"WebHTTPS=fail": "WebHTTPS: Failure injected by the sandbox for resource WebHTTPS",
		"AuthorizeSecurityGroupIngress=denied": "WebHTTPS: Resource handler returned message: " +
			`"You are not authorized to perform this operation. User: sandbox is not authorized to perform: ec2:AuthorizeSecurityGroupIngress`,
	} {
		inBubble(t, sandbox.Options{Faults: parse(t, fault)}, func(w world) {
			w.createStack()
			time.Sleep(time.Hour)
			w.wantStatus(types.StackStatusRollbackComplete)
			if got := w.firstFailure(); !strings.HasPrefix(got, want) {
				w.Errorf("%s: got %s\nwant %s", fault, got, want)
			}
		})
	}
}

// TestStackRetriesThrottling: CloudFormation does, so a fault on everything only
// meets the caller.
func TestStackRetriesThrottling(t *testing.T) {
	inBubble(t, sandbox.Options{Faults: parse(t, "AuthorizeSecurityGroupIngress=throttle,CreateSecurityGroup=error")}, func(w world) {
		w.createStack()
		time.Sleep(time.Hour)
		w.wantStatus(types.StackStatusCreateComplete)
	})
}

// TestStackGoesOn closes a sandbox in the middle of an operation.
func TestStackGoesOn(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		opts := sandbox.Options{Latency: time.Minute}
		w := newWorld(t, dir, opts)
		w.createStack()
		time.Sleep(90 * time.Second)
		if err := w.box.Close(); err != nil {
			t.Fatal(err)
		}
		w = newWorld(t, dir, opts)
		time.Sleep(time.Hour)
		w.wantStatus(types.StackStatusCreateComplete)
	})
}

// TestResetEndsStackOperations: nothing of them appears in the empty sandbox.
func TestResetEndsStackOperations(t *testing.T) {
	inBubble(t, sandbox.Options{Latency: time.Minute}, func(w world) {
		w.createStack()
		time.Sleep(time.Second)
		if err := w.box.Reset(); err != nil {
			w.Fatal(err)
		}
		time.Sleep(time.Hour)
		if left := groups(w.T, clientsFor(w.box, testAccount, testRegion)); len(left) != 0 {
			w.Errorf("left: %v", left)
		}
		w.createStack()
		time.Sleep(time.Hour)
		w.wantStatus(types.StackStatusCreateComplete)
	})
}
