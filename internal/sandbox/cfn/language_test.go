package cfn_test

import (
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/google/go-cmp/cmp"

	"mlops-infra-suite/internal/sandbox/cfn"
	"mlops-infra-suite/internal/sandbox/ssm"
)

// withConditions is a group that is open to more in production, and says so.
const withConditions = `
Parameters:
  VpcId: {Type: AWS::EC2::VPC::Id}
  Env: {Type: String, Default: dev, AllowedValues: [dev, prod]}
  Ports: {Type: List<Number>, Default: "80, 8080"}
  Secret: {Type: String, Default: hush, NoEcho: true}
Mappings:
  Networks: {dev: {cidr: 10.0.0.0/8}, prod: {cidr: 0.0.0.0/0}}
Conditions:
  IsProd: !Equals [!Ref Env, prod]
Resources:
  G:
    Type: AWS::EC2::SecurityGroup
    Properties:
      GroupDescription: g
      VpcId: !Ref VpcId
      SecurityGroupIngress:
        - {IpProtocol: tcp, FromPort: !Select [0, !Ref Ports], ToPort: !Select [0, !Ref Ports], CidrIp: !FindInMap [Networks, !Ref Env, cidr]}
        - !If
          - IsProd
          - {IpProtocol: tcp, FromPort: !Select [1, !Ref Ports], ToPort: !Select [1, !Ref Ports], CidrIp: 192.0.2.0/24, Description: !Ref Secret}
          - !Ref AWS::NoValue
  P:
    Type: AWS::SSM::Parameter
    Condition: IsProd
    DependsOn: G
    Properties: {Name: /p, Type: String, Value: !Join ["", !Split ["-", !Ref AWS::Region]]}
Outputs:
  P: {Condition: IsProd, Value: !Ref P}
  G: {Value: !Ref G}
`

func setParameter(key, value string) func(*cloudformation.UpdateStackInput) {
	return func(in *cloudformation.UpdateStackInput) {
		in.Parameters = append(in.Parameters, types.Parameter{ParameterKey: &key, ParameterValue: &value})
	}
}

// A condition that turns makes and removes what hangs on it.
func TestConditions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, cfn.Options{})
		dev := holdings{
			Groups:     map[string][]string{"g": {"in tcp 80-80 10.0.0.0/8", "out -1 -1--1 0.0.0.0/0"}},
			Parameters: map[string]string{},
		}
		prod := holdings{
			Groups:     map[string][]string{"g": {"in tcp 80-80 0.0.0.0/0", "in tcp 8080-8080 192.0.2.0/24 hush", "out -1 -1--1 0.0.0.0/0"}},
			Parameters: map[string]string{"/p": "uswest2"},
		}
		check := func(want holdings, outputs int) {
			t.Helper()
			if diff := cmp.Diff(want, c.holdings()); diff != "" {
				t.Error(diff)
			}
			if got := len(c.stack("s").Outputs); got != outputs {
				t.Errorf("%d outputs, want %d", got, outputs)
			}
		}
		c.deploy("s", request{template: withConditions})
		check(dev, 1)
		in := c.changeSetInput("s", request{template: withConditions})
		in.Parameters = append(in.Parameters, types.Parameter{ParameterKey: aws.String("Env"), ParameterValue: aws.String("prod")})
		out, err := c.cfn.CreateChangeSet(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		lines := changes(c.describe(*out.Id))
		if want := []string{"Modify G False [Properties]", "Add P True []"}; lines[0] != want[0] || lines[len(lines)-1] != want[1] {
			t.Errorf("%q, want %q", lines, want)
		}
		c.update("s", withConditions, setParameter("Env", "prod"))
		c.wantStatus("s", "UPDATE_COMPLETE")
		check(prod, 2)
		for _, p := range c.stack("s").Parameters {
			if *p.ParameterKey == "Secret" && *p.ParameterValue != "****" {
				t.Error(*p.ParameterValue)
			}
		}
		c.update("s", withConditions, setParameter("Env", "dev"))
		c.wantStatus("s", "UPDATE_COMPLETE")
		check(dev, 1)
		checkEmptied(c, "s")
	})
}

const withStored = `
Parameters:
  Vpc: {Type: AWS::SSM::Parameter::Value<AWS::EC2::VPC::Id>, Default: /vpc/id}
  Texts: {Type: "AWS::SSM::Parameter::Value<List<String>>", Default: /texts}
Resources:
  G: {Type: AWS::EC2::SecurityGroup, Properties: {GroupDescription: !Join ["+", !Ref Texts], VpcId: !Ref Vpc}}
`

// A parameter may name one in SSM, whose value counts, and counts anew with each
// request.
func TestStoredParameters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, cfn.Options{})
		_, err := c.cfn.CreateChangeSet(t.Context(), c.changeSetInput("s", request{template: withStored, vpc: "-"}))
		if want := "Unable to fetch parameters [/texts,/vpc/id] from parameter store for this account."; message(err) != want {
			t.Errorf("got %v, want %s", err, want)
		}
		put := func(name, kind, value string) {
			act(c, ssm.PutParameter, &ssm.PutParameterInput{Name: name, Type: kind, Value: value, Overwrite: true})
		}
		put("/vpc/id", "String", "vpc-0123456789abcdef0")
		put("/texts", "StringList", "a,b")
		cs := c.changeSet("s", request{template: withStored, vpc: "-"})
		if want := "Parameter validation failed: parameter value vpc-0123456789abcdef0 for parameter name Vpc does not exist"; *cs.StatusReason != want {
			t.Errorf("got %s, want %s", *cs.StatusReason, want)
		}
		if _, err := c.cfn.DeleteChangeSet(t.Context(), &cloudformation.DeleteChangeSetInput{ChangeSetName: cs.ChangeSetId}); err != nil {
			t.Fatal(err)
		}
		put("/vpc/id", "String", c.vpc)
		s := c.deploy("s", request{template: withStored, vpc: "-"})
		if p := s.Parameters[1]; *p.ParameterValue != "/vpc/id" || *p.ResolvedValue != c.vpc {
			t.Errorf("%s: %s", *p.ParameterValue, *p.ResolvedValue)
		}
		if _, made := c.holdings().Groups["a+b"]; !made {
			t.Error(c.holdings())
		}
		put("/texts", "StringList", "a,b,c")
		c.update("s", withStored, func(in *cloudformation.UpdateStackInput) {
			in.Parameters = []types.Parameter{{ParameterKey: aws.String("Texts"), UsePreviousValue: aws.Bool(true)}}
		})
		c.wantStatus("s", "UPDATE_COMPLETE")
		if _, made := c.holdings().Groups["a+b+c"]; !made {
			t.Error(c.holdings())
		}
		checkGone(c, "s")
	})
}

// checkGone deletes a stack and checks that no group is left.
func checkGone(c *cloud, stack string) {
	c.t.Helper()
	if s := c.delete(stack); s.StackStatus != "DELETE_COMPLETE" || len(c.holdings().Groups) > 0 {
		c.t.Error(s.StackStatus, c.holdings())
	}
}

// Values of parameters that name something in EC2 or SSM must exist.
func TestParameterValues(t *testing.T) {
	tests := []struct{ kind, value, missing string }{
		{"AWS::EC2::Subnet::Id", "subnet-0123456789abcdef0", "subnet-0123456789abcdef0"},
		{"AWS::EC2::SecurityGroup::Id", "sg-0123456789abcdef0", "sg-0123456789abcdef0"},
		{"List<AWS::EC2::VPC::Id>", "VPC, vpc-0123456789abcdef0", "vpc-0123456789abcdef0"},
		{"AWS::EC2::AvailabilityZone::Name", "us-west-2z", "us-west-2z"},
		{"AWS::SSM::Parameter::Name", "/none", "/none"},
	}
	for _, tt := range tests {
		t.Run(tt.kind, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCloud(t, cfn.Options{})
				value := tt.value
				if value == "VPC, vpc-0123456789abcdef0" {
					value = c.vpc + ", vpc-0123456789abcdef0"
				}
				body := "Parameters: {VpcId: {Type: '" + tt.kind + "'}}\nResources: {P: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: x}}}\n"
				cs := c.changeSet("s", request{template: body, vpc: value})
				want := "Parameter validation failed: parameter value " + tt.missing + " for parameter name VpcId does not exist"
				if cs.Status != types.ChangeSetStatusFailed || *cs.StatusReason != want {
					t.Errorf("%s %s, want %s", cs.Status, *cs.StatusReason, want)
				}
			})
		})
	}
}
