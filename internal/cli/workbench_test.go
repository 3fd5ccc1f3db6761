package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"mlops-infra-suite/internal/awsenv"
	"mlops-infra-suite/internal/cli"
	"mlops-infra-suite/internal/sandbox"
	"mlops-infra-suite/internal/testkit/sandboxtest"
)

// Where the sets of a workbench are deployed to.
const (
	benchAccount = "123456789012"
	benchRegion  = "us-west-2"
)

// workbench is a working directory, and an AWS beside it that the test shares with the program: it goes there as it would go
// to the real one.
type workbench struct {
	dir   string
	calls *sandboxtest.Recorder
	ec2   *ec2.Client
	cfn   *cloudformation.Client
	vpc   string

	before  map[string]func() // what happens when the program calls an action for the next time
	instead map[string]string // by action: the answer of EC2 that the sandbox, which connects no VPCs, never gives
}

// newWorkbench makes a workbench with the config my.yaml for an environment, whose AWS takes no time.
func newWorkbench(t *testing.T, environment string) *workbench {
	t.Helper()
	return newSlowWorkbench(t, environment, 0)
}

// newSlowWorkbench makes a workbench where each operation on a resource takes some time.
func newSlowWorkbench(t *testing.T, environment string, latency time.Duration) *workbench {
	t.Helper()
	w := &workbench{dir: workdir(t, environment), before: map[string]func(){}, instead: map[string]string{}}
	box := sandboxtest.Open(t, sandbox.Options{Latency: latency})
	vpc, _, err := box.EnsureVPC(benchAccount, benchRegion, "/vpc/my-"+environment+"-m001-us-west-2-vpc/VPCId")
	if err != nil {
		t.Fatal(err)
	}
	cfg := awsenv.Sandbox(awsenv.SandboxOptions{Handler: box, Account: benchAccount, Region: benchRegion})
	w.vpc, w.ec2, w.cfn = vpc, ec2.NewFromConfig(cfg), cloudformation.NewFromConfig(cfg)
	w.calls = sandboxtest.Record(box)
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		answer := httptest.NewRecorder()
		for action, do := range w.before {
			if strings.Contains(body(t, r), "Action="+action+"&") {
				delete(w.before, action)
				do()
			}
		}
		for action, xml := range w.instead {
			if strings.Contains(body(t, r), "Action="+action+"&") {
				rw.Header().Set("Content-Type", "text/xml")
				if _, err := rw.Write([]byte(xml)); err != nil {
					t.Error(err)
				}
				return
			}
		}
		w.calls.ServeHTTP(answer, r)
		maps.Copy(rw.Header(), answer.Header())
		rw.WriteHeader(answer.Code)
		if _, err := answer.Body.WriteTo(rw); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(server.Close)
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": server.URL, "AWS_ACCESS_KEY_ID": benchAccount, "AWS_SECRET_ACCESS_KEY": "any", "AWS_EC2_METADATA_DISABLED": "true",
		"AWS_PROFILE": "", "AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull,
	} {
		t.Setenv(name, value)
	}
	return w
}

// body reads a request's body, and leaves it to be read again.
func body(t *testing.T, r *http.Request) string {
	var b bytes.Buffer
	if _, err := b.ReadFrom(r.Body); err != nil {
		t.Error(err)
	}
	text := b.String()
	r.Body = struct {
		*bytes.Buffer
		closer
	}{&b, closer{}}
	return text
}

type closer struct{}

func (closer) Close() error { return nil }

// workdir is a working directory with the config my.yaml: the scenario 3-tier-web in an environment.
func workdir(t *testing.T, environment string) string {
	t.Helper()
	dir := t.TempDir()
	config := `client: {company_name: My, company_prefix: my, account_id: "123456789012", tenant_id: m001}
environment: {env: ` + environment + `, region: us-west-2}
security_groups: {scenario: 3-tier-web}
`
	if err := os.Mkdir(filepath.Join(dir, "configs"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "configs", "my.yaml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// run runs the program on my.yaml and wants an exit code; result, if it is not nil, receives the JSON document.
func (w *workbench) run(t *testing.T, want int, result any, args ...string) ran {
	t.Helper()
	return runIn(t.Context(), t, w.dir, nil, want, result, args...)
}

// runIn runs the program on my.yaml of a working directory.
func runIn(ctx context.Context, t *testing.T, dir string, environ []string, want int, result any, args ...string) ran {
	t.Helper()
	return runWith(ctx, t, cli.Env{Environ: environ}, dir, want, result, args...)
}

// runWith runs the program as runIn does, in an environment that it completes.
func runWith(ctx context.Context, t *testing.T, env cli.Env, dir string, want int, result any, args ...string) ran {
	t.Helper()
	var stdout, stderr bytes.Buffer
	env.Stdin, env.Stdout, env.Stderr, env.Now, env.Version = strings.NewReader(""), &stdout, &stderr, time.Now, "test"
	args = append(args, "--workdir", dir, "-c", "my.yaml")
	if result != nil {
		args = append(args, "-o", "json")
	}
	exit := cli.Main(ctx, args, env)
	if exit != want {
		t.Fatalf("%s: exit code %d, want %d\n%s%s", strings.Join(args, " "), exit, want, stdout.String(), stderr.String())
	}
	if result != nil {
		if err := json.Unmarshal(stdout.Bytes(), result); err != nil {
			t.Fatalf("%s: %v\n%s", strings.Join(args, " "), err, stdout.String())
		}
	}
	return ran{stdout.String(), stderr.String(), exit}
}

// groups are the IDs of the VPC's groups by their tag Name, but for the default one; of a group without tags, by its name.
func (w *workbench) groups(t *testing.T) map[string]string {
	t.Helper()
	out, err := w.ec2.DescribeSecurityGroups(t.Context(), &ec2.DescribeSecurityGroupsInput{})
	if err != nil {
		t.Fatal(err)
	}
	groups := map[string]string{}
	for _, g := range out.SecurityGroups {
		name := aws.ToString(g.GroupName)
		for _, tag := range g.Tags {
			if aws.ToString(tag.Key) == "Name" {
				name = aws.ToString(tag.Value)
			}
		}
		if name != "default" {
			groups[name] = aws.ToString(g.GroupId)
		}
	}
	return groups
}

// attach makes a network interface that uses a group.
func (w *workbench) attach(t *testing.T, group, description string) string {
	t.Helper()
	subnet, err := w.ec2.CreateSubnet(t.Context(), &ec2.CreateSubnetInput{VpcId: &w.vpc, CidrBlock: aws.String("10.0.9.0/24")})
	if err != nil {
		t.Fatal(err)
	}
	out, err := w.ec2.CreateNetworkInterface(t.Context(), &ec2.CreateNetworkInterfaceInput{
		SubnetId: subnet.Subnet.SubnetId, Groups: []string{group}, Description: &description,
	})
	if err != nil {
		t.Fatal(err)
	}
	return *out.NetworkInterface.NetworkInterfaceId
}

// outsider makes a group outside of the stack whose rules let it reach another one, and be reached.
func (w *workbench) outsider(t *testing.T, reaches, reachedBy string) string {
	t.Helper()
	out, err := w.ec2.CreateSecurityGroup(t.Context(), &ec2.CreateSecurityGroupInput{
		GroupName: aws.String("outsider"), Description: aws.String("not of the stack"), VpcId: &w.vpc,
	})
	if err != nil {
		t.Fatal(err)
	}
	permission := func(port int32, group string) []types.IpPermission {
		return []types.IpPermission{{
			IpProtocol: aws.String("tcp"), FromPort: &port, ToPort: &port, UserIdGroupPairs: []types.UserIdGroupPair{{GroupId: &group}},
		}}
	}
	if _, err := w.ec2.AuthorizeSecurityGroupEgress(t.Context(), &ec2.AuthorizeSecurityGroupEgressInput{
		GroupId: out.GroupId, IpPermissions: permission(5432, reaches),
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.ec2.AuthorizeSecurityGroupIngress(t.Context(), &ec2.AuthorizeSecurityGroupIngressInput{
		GroupId: out.GroupId, IpPermissions: permission(22, reachedBy),
	}); err != nil {
		t.Fatal(err)
	}
	return *out.GroupId
}

// importer makes a stack that imports an export.
func (w *workbench) importer(t *testing.T, name, export string) {
	t.Helper()
	template := `Resources: {P: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: {"Fn::ImportValue": ` + export + `}}}}`
	if _, err := w.cfn.CreateStack(t.Context(), &cloudformation.CreateStackInput{StackName: &name, TemplateBody: &template}); err != nil {
		t.Fatal(err)
	}
}

// status is a stack's status; empty: there is no such stack.
func (w *workbench) status(t *testing.T, stack string) string {
	t.Helper()
	out, err := w.cfn.DescribeStacks(t.Context(), &cloudformation.DescribeStacksInput{StackName: &stack})
	if err != nil {
		return ""
	}
	return string(out.Stacks[0].StackStatus)
}
