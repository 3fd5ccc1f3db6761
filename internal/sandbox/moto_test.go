//go:build tools

package sandbox_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"mlops-infra-suite/internal/sandbox"
)

// startMoto starts a moto server on a free port, until the test ends.
func startMoto(t testing.TB) (process *exec.Cmd, url string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "moto_server", "-H", "127.0.0.1", "-p", "0")
	stderr, err := cmd.StderrPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatalf("start moto_server: %v", err)
	}
	t.Cleanup(func() { _ = cmd.Wait() }) // the context has killed it
	lines := bufio.NewScanner(stderr)
	for lines.Scan() {
		if _, address, ok := strings.Cut(lines.Text(), "Running on "); ok {
			go func() { // or the pipe fills up
				for lines.Scan() {
				}
			}()
			return cmd, address
		}
	}
	t.Fatalf("moto_server ended before it listened: %v", lines.Err())
	return nil, ""
}

// side is one of two clouds, to which the same things happen.
type side struct {
	clients
	ids  map[string]string // of what was made, by the name that the steps use
	seen map[string]string // IDs of this side as both sides call them
}

func newSide(cfg aws.Config) *side {
	return &side{
		clients: clients{ec2: ec2.NewFromConfig(cfg), ssm: ssm.NewFromConfig(cfg), sts: sts.NewFromConfig(cfg)},
		ids:     map[string]string{}, seen: map[string]string{},
	}
}

var (
	resourceID = regexp.MustCompile(`\b(vpc-cidr-assoc|vpc|subnet|sg|sgr|dopt)-[0-9a-f]{8,17}\b`)
	timestamp  = regexp.MustCompile(`"\d{4}-\d\d-\d\dT[^"]*"`)
	index      = regexp.MustCompile(`\[\d+\]`)
	roleUnique = regexp.MustCompile(`AROA[A-Z0-9]+`)
)

// flat takes an answer apart into its values by their paths, with IDs that both
// sides share. What is empty or null is absent.
func (s *side) flat(t *testing.T, answer any, err error) map[string]string {
	t.Helper()
	found := map[string]string{}
	if refused, ok := errors.AsType[smithy.APIError](err); ok {
		found["error"] = refused.ErrorCode()
		found["message"] = s.rename(refused.ErrorMessage())
		return found
	}
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(answer)
	if err != nil {
		t.Fatal(err)
	}
	var tree any
	if err := json.Unmarshal([]byte(s.rename(string(text))), &tree); err != nil {
		t.Fatal(err)
	}
	flatten(found, "", tree)
	return found
}

func (s *side) rename(text string) string {
	text = resourceID.ReplaceAllStringFunc(text, func(id string) string {
		if s.seen[id] == "" {
			prefix := id[:strings.LastIndex(id, "-")]
			count := 1
			for other := range s.seen {
				if other[:strings.LastIndex(other, "-")] == prefix {
					count++
				}
			}
			s.seen[id] = fmt.Sprintf("%s#%d", prefix, count)
		}
		return s.seen[id]
	})
	return roleUnique.ReplaceAllString(timestamp.ReplaceAllString(text, `"TIME"`), "AROA")
}

func flatten(found map[string]string, path string, node any) {
	switch node := node.(type) {
	case nil:
	case map[string]any:
		for name, value := range node {
			switch name {
			case "ResultMetadata":
			case "NextToken", "AccessKeyId", "SecretAccessKey", "SessionToken":
				if value != nil {
					found[path+"."+name] = "SOME"
				}
			default:
				flatten(found, path+"."+name, value)
			}
		}
	case []any:
		for i, value := range node {
			flatten(found, fmt.Sprintf("%s[%d]", path, i), value)
		}
	default:
		found[path] = fmt.Sprint(node)
	}
}

// step is a call to one side. Its name says what it is about.
type step struct {
	name string
	call func(*testing.T, *side) (any, error)
}

// keep remembers an ID of an answer.
func keep[T any](s *side, name string, id func(T) *string, answer T, err error) (any, error) {
	if err == nil {
		s.ids[name] = *id(answer)
	}
	return answer, err
}

func networkSteps() []step {
	return []step{
		{"create VPC", func(t *testing.T, s *side) (any, error) {
			out, err := s.ec2.CreateVpc(t.Context(), &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")})
			return keep(s, "vpc", func(o *ec2.CreateVpcOutput) *string { return o.Vpc.VpcId }, out, err)
		}},
		{"describe VPC", func(t *testing.T, s *side) (any, error) {
			return s.ec2.DescribeVpcs(t.Context(), &ec2.DescribeVpcsInput{VpcIds: []string{s.ids["vpc"]}})
		}},
		{"create VPC with a bad range", func(t *testing.T, s *side) (any, error) {
			return s.ec2.CreateVpc(t.Context(), &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/8")})
		}},
		{"describe unknown VPC", func(t *testing.T, s *side) (any, error) {
			return s.ec2.DescribeVpcs(t.Context(), &ec2.DescribeVpcsInput{VpcIds: []string{"vpc-0123456789abcdef0"}})
		}},
		{"create subnet", func(t *testing.T, s *side) (any, error) {
			out, err := s.ec2.CreateSubnet(t.Context(), &ec2.CreateSubnetInput{
				VpcId: aws.String(s.ids["vpc"]), CidrBlock: aws.String("10.0.1.0/24"), AvailabilityZone: aws.String("us-west-2a")})
			return keep(s, "subnet", func(o *ec2.CreateSubnetOutput) *string { return o.Subnet.SubnetId }, out, err)
		}},
		{"create subnet that overlaps", func(t *testing.T, s *side) (any, error) {
			return s.ec2.CreateSubnet(t.Context(), &ec2.CreateSubnetInput{VpcId: aws.String(s.ids["vpc"]), CidrBlock: aws.String("10.0.0.0/23")})
		}},
		{"create subnet outside", func(t *testing.T, s *side) (any, error) {
			return s.ec2.CreateSubnet(t.Context(), &ec2.CreateSubnetInput{VpcId: aws.String(s.ids["vpc"]), CidrBlock: aws.String("10.1.0.0/24")})
		}},
		{"describe subnet", func(t *testing.T, s *side) (any, error) {
			return s.ec2.DescribeSubnets(t.Context(), &ec2.DescribeSubnetsInput{SubnetIds: []string{s.ids["subnet"]}})
		}},
		{"describe unknown subnet", func(t *testing.T, s *side) (any, error) {
			return s.ec2.DescribeSubnets(t.Context(), &ec2.DescribeSubnetsInput{SubnetIds: []string{"subnet-0123456789abcdef0"}})
		}},
		{"delete subnet", func(t *testing.T, s *side) (any, error) {
			return s.ec2.DeleteSubnet(t.Context(), &ec2.DeleteSubnetInput{SubnetId: aws.String(s.ids["subnet"])})
		}},
	}
}

func groupSteps() []step {
	create := func(t *testing.T, s *side, name string) (any, error) {
		out, err := s.ec2.CreateSecurityGroup(t.Context(), &ec2.CreateSecurityGroupInput{
			GroupName: &name, Description: aws.String("for " + name), VpcId: aws.String(s.ids["vpc"]),
			TagSpecifications: []ec2types.TagSpecification{{ResourceType: ec2types.ResourceTypeSecurityGroup,
				Tags: []ec2types.Tag{{Key: aws.String("Tier"), Value: &name}}}},
		})
		return keep(s, name, func(o *ec2.CreateSecurityGroupOutput) *string { return o.GroupId }, out, err)
	}
	described := func(port int32, block string) ec2types.IpPermission {
		p := tcp(port, block)
		p.IpRanges[0].Description = aws.String("described")
		return p
	}
	authorize := func(p ec2types.IpPermission) func(*testing.T, *side) (any, error) {
		return func(t *testing.T, s *side) (any, error) {
			return s.ec2.AuthorizeSecurityGroupIngress(t.Context(), &ec2.AuthorizeSecurityGroupIngressInput{
				GroupId: aws.String(s.ids["web"]), IpPermissions: []ec2types.IpPermission{p}})
		}
	}
	describe := func(t *testing.T, s *side) (any, error) {
		out, err := s.ec2.DescribeSecurityGroups(t.Context(), &ec2.DescribeSecurityGroupsInput{GroupIds: []string{s.ids["web"]}})
		if err == nil { // by port here, by age there, and AWS promises no order
			slices.SortFunc(out.SecurityGroups[0].IpPermissions, func(a, b ec2types.IpPermission) int { return int(*a.FromPort - *b.FromPort) })
		}
		return out, err
	}
	rules := func(t *testing.T, s *side) (any, error) {
		out, err := s.ec2.DescribeSecurityGroupRules(t.Context(), &ec2.DescribeSecurityGroupRulesInput{Filters: filters("group-id", s.ids["web"])})
		if err == nil {
			slices.SortFunc(out.SecurityGroupRules, func(a, b ec2types.SecurityGroupRule) int { return int(*a.FromPort - *b.FromPort) })
		}
		return out, err
	}
	return []step{
		{"create group", func(t *testing.T, s *side) (any, error) { return create(t, s, "web") }},
		{"create group again", func(t *testing.T, s *side) (any, error) { return create(t, s, "web") }},
		{"describe new group", describe},
		{"describe rules of new group", rules},
		{"authorize", authorize(described(443, "10.0.0.0/8"))},
		{"authorize again", authorize(described(443, "10.0.0.0/8"))},
		{"authorize another", authorize(described(22, "10.1.0.0/16"))},
		{"describe group", describe},
		{"describe rules", rules},
		{"authorize egress", func(t *testing.T, s *side) (any, error) {
			return s.ec2.AuthorizeSecurityGroupEgress(t.Context(), &ec2.AuthorizeSecurityGroupEgressInput{
				GroupId: aws.String(s.ids["web"]), IpPermissions: []ec2types.IpPermission{described(5432, "10.2.0.0/16")}})
		}},
		{"authorize default egress again", func(t *testing.T, s *side) (any, error) {
			return s.ec2.AuthorizeSecurityGroupEgress(t.Context(), &ec2.AuthorizeSecurityGroupEgressInput{GroupId: aws.String(s.ids["web"]),
				IpPermissions: []ec2types.IpPermission{{IpProtocol: aws.String("-1"), IpRanges: []ec2types.IpRange{{CidrIp: aws.String("0.0.0.0/0")}}}}})
		}},
		{"revoke", func(t *testing.T, s *side) (any, error) {
			return s.ec2.RevokeSecurityGroupIngress(t.Context(), &ec2.RevokeSecurityGroupIngressInput{
				GroupId: aws.String(s.ids["web"]), IpPermissions: []ec2types.IpPermission{tcp(443, "10.0.0.0/8")}})
		}},
		{"revoke again", func(t *testing.T, s *side) (any, error) {
			return s.ec2.RevokeSecurityGroupIngress(t.Context(), &ec2.RevokeSecurityGroupIngressInput{
				GroupId: aws.String(s.ids["web"]), IpPermissions: []ec2types.IpPermission{tcp(443, "10.0.0.0/8")}})
		}},
		{"describe group without it", describe},
		{"describe unknown group", func(t *testing.T, s *side) (any, error) {
			return s.ec2.DescribeSecurityGroups(t.Context(), &ec2.DescribeSecurityGroupsInput{GroupIds: []string{"sg-0123456789abcdef0"}})
		}},
		{"delete group", func(t *testing.T, s *side) (any, error) {
			return s.ec2.DeleteSecurityGroup(t.Context(), &ec2.DeleteSecurityGroupInput{GroupId: aws.String(s.ids["web"])})
		}},
		{"delete group again", func(t *testing.T, s *side) (any, error) {
			return s.ec2.DeleteSecurityGroup(t.Context(), &ec2.DeleteSecurityGroupInput{GroupId: aws.String(s.ids["web"])})
		}},
	}
}

func parameterSteps() []step {
	write := func(name, value string, overwrite bool) step {
		return step{fmt.Sprintf("put %s=%s", name, value), func(t *testing.T, s *side) (any, error) {
			return s.ssm.PutParameter(t.Context(), &ssm.PutParameterInput{
				Name: &name, Value: &value, Type: ssmtypes.ParameterTypeString, Overwrite: &overwrite})
		}}
	}
	read := func(name string) step {
		return step{"get " + name, func(t *testing.T, s *side) (any, error) {
			return s.ssm.GetParameter(t.Context(), &ssm.GetParameterInput{Name: &name})
		}}
	}
	steps := []step{write("/a/x", "1", false), write("/a/x", "2", false), write("/a/x", "2", true), read("/a/x"), read("/a/x:1"), read("/a/x:3"), read("/none")}
	for i := range 12 {
		steps = append(steps, write(fmt.Sprintf("/p/%02d", i), "v", false))
	}
	return append(steps,
		step{"history", func(t *testing.T, s *side) (any, error) {
			return s.ssm.GetParameterHistory(t.Context(), &ssm.GetParameterHistoryInput{Name: aws.String("/a/x")})
		}},
		step{"history in pages", func(t *testing.T, s *side) (any, error) {
			first, err := s.ssm.GetParameterHistory(t.Context(), &ssm.GetParameterHistoryInput{Name: aws.String("/a/x"), MaxResults: aws.Int32(1)})
			if err != nil {
				return nil, err
			}
			return s.ssm.GetParameterHistory(t.Context(), &ssm.GetParameterHistoryInput{Name: aws.String("/a/x"), MaxResults: aws.Int32(1), NextToken: first.NextToken})
		}},
		step{"by path", func(t *testing.T, s *side) (any, error) {
			return s.ssm.GetParametersByPath(t.Context(), &ssm.GetParametersByPathInput{Path: aws.String("/p")})
		}},
		step{"by path, second page", func(t *testing.T, s *side) (any, error) {
			first, err := s.ssm.GetParametersByPath(t.Context(), &ssm.GetParametersByPathInput{Path: aws.String("/p")})
			if err != nil {
				return nil, err
			}
			return s.ssm.GetParametersByPath(t.Context(), &ssm.GetParametersByPathInput{Path: aws.String("/p"), NextToken: first.NextToken})
		}},
		step{"by path, recursive", func(t *testing.T, s *side) (any, error) {
			return s.ssm.GetParametersByPath(t.Context(), &ssm.GetParametersByPathInput{Path: aws.String("/"), Recursive: aws.Bool(true), MaxResults: aws.Int32(2)})
		}},
		step{"several", func(t *testing.T, s *side) (any, error) {
			out, err := s.ssm.GetParameters(t.Context(), &ssm.GetParametersInput{Names: []string{"/a/x", "/none", "/p/00"}})
			if err == nil {
				slices.SortFunc(out.Parameters, func(a, b ssmtypes.Parameter) int { return strings.Compare(*a.Name, *b.Name) })
			}
			return out, err
		}},
		step{"describe", func(t *testing.T, s *side) (any, error) {
			return s.ssm.DescribeParameters(t.Context(), &ssm.DescribeParametersInput{ParameterFilters: []ssmtypes.ParameterStringFilter{
				{Key: aws.String("Name"), Option: aws.String("BeginsWith"), Values: []string{"/a"}}}})
		}},
		step{"delete", func(t *testing.T, s *side) (any, error) {
			return s.ssm.DeleteParameter(t.Context(), &ssm.DeleteParameterInput{Name: aws.String("/a/x")})
		}},
		step{"delete again", func(t *testing.T, s *side) (any, error) {
			return s.ssm.DeleteParameter(t.Context(), &ssm.DeleteParameterInput{Name: aws.String("/a/x")})
		}},
		step{"delete several", func(t *testing.T, s *side) (any, error) {
			return s.ssm.DeleteParameters(t.Context(), &ssm.DeleteParametersInput{Names: []string{"/p/00", "/none"}})
		}},
	)
}

func identitySteps() []step {
	return []step{
		{"caller", func(t *testing.T, s *side) (any, error) {
			return s.sts.GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
		}},
		{"assume role", func(t *testing.T, s *side) (any, error) {
			return s.sts.AssumeRole(t.Context(), &sts.AssumeRoleInput{RoleArn: aws.String(deployer), RoleSessionName: aws.String("me")})
		}},
		{"assumed identity", func(t *testing.T, s *side) (any, error) {
			made, err := s.sts.AssumeRole(t.Context(), &sts.AssumeRoleInput{RoleArn: aws.String(deployer), RoleSessionName: aws.String("me")})
			if err != nil {
				return nil, err
			}
			return s.sts.GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{}, func(o *sts.Options) {
				o.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
					return aws.Credentials{AccessKeyID: *made.Credentials.AccessKeyId, SecretAccessKey: *made.Credentials.SecretAccessKey,
						SessionToken: *made.Credentials.SessionToken}, nil
				})
			})
		}},
	}
}

// accepted are differences with a reason. Step is what a step's name begins with,
// path the value's, with indexes left out.
var accepted = []struct{ step, path, reason string }{
	{"create VPC", ".Vpc.State", "a new VPC is pending in AWS's example"},
	{"create VPC", ".Vpc.DhcpOptionsId", "an ID on AWS, never the word default"},
	{"describe VPC", ".Vpcs[].DhcpOptionsId", "as above"},
	{"describe unknown VPC", "message", "AWS is reported to say: The vpc ID '...' does not exist"},
	{"create subnet", ".Subnet.AvailabilityZoneId", "moto knows numbers of AWS, the sandbox counts letters"},
	{"create subnet", ".Subnet.EnableDns64", "documented member, which moto leaves out"},
	{"create subnet", ".Subnet.MapCustomerOwnedIpOnLaunch", "documented member, which moto leaves out"},
	{"describe subnet", ".Subnets[].AvailabilityZoneId", "as above"},
	{"describe subnet", ".Subnets[].EnableDns64", "as above"},
	{"describe subnet", ".Subnets[].MapCustomerOwnedIpOnLaunch", "as above"},
	{"create group", ".Tags[].Key", "documented member, which moto leaves out"},
	{"create group", ".Tags[].Value", "documented member, which moto leaves out"},
	{"create group again", "message", "AWS is reported to name the VPC too"},
	{"describe rules", ".SecurityGroupRules[].GroupOwnerId", "documented member, which moto leaves out"},
	{"describe rules", ".SecurityGroupRules[].SecurityGroupRuleArn", "documented member, which moto leaves out"},
	{"authorize", ".SecurityGroupRules[].GroupOwnerId", "as above"},
	{"authorize", ".SecurityGroupRules[].SecurityGroupRuleArn", "as above"},
	{"authorize", "message", "AWS is reported to name the rule"},
	{"revoke", ".RevokedSecurityGroupRules[].CidrIpv4", "documented member, which moto leaves out"},
	{"revoke", ".RevokedSecurityGroupRules[].Description", "documented member, which moto leaves out"},
	{"revoke", ".RevokedSecurityGroupRules[].FromPort", "documented member, which moto leaves out"},
	{"revoke", ".RevokedSecurityGroupRules[].GroupId", "documented member, which moto leaves out"},
	{"revoke", ".RevokedSecurityGroupRules[].IpProtocol", "documented member, which moto leaves out"},
	{"revoke", ".RevokedSecurityGroupRules[].IsEgress", "documented member, which moto leaves out"},
	{"revoke", ".RevokedSecurityGroupRules[].SecurityGroupRuleId", "documented member, which moto leaves out"},
	{"revoke", ".RevokedSecurityGroupRules[].ToPort", "documented member, which moto leaves out"},
	{"revoke again", "message", "AWS is reported to end it with a full stop"},
	{"describe unknown group", "message", "moto shows a set of Python"},
	{"delete group", ".GroupId", "documented member, which moto leaves out"},
	{"delete group", ".Return", "documented member, which moto leaves out"},
	{"get /a/x:1", ".Parameter.Selector", "documented member, which moto leaves out"},
	{"history", ".Parameters[].LastModifiedUser", "who has written is a documented member, and not N/A"},
	{"describe", ".Parameters[].ARN", "documented member, which moto leaves out"},
	{"describe", ".Parameters[].LastModifiedUser", "as in the history"},
	{"caller", ".Arn", "users are of IAM, not of STS; the name is the sandbox's own"},
	{"caller", ".UserId", "the user's ID begins with AIDA on AWS, an access key's with AKIA"},
	{"assume role", ".PackedPolicySize", "documented for requests with policies or tags"},
}

func TestBesideMoto(t *testing.T) {
	_, address := startMoto(t)
	ours := configFor(open(t, "", sandbox.Options{}), "123456789012", testRegion)
	theirs := ours.Copy()
	theirs.HTTPClient, theirs.BaseEndpoint = nil, &address
	us, them := newSide(ours), newSide(theirs)
	used := make([]bool, len(accepted))
	for _, step := range slices.Concat(networkSteps(), groupSteps(), parameterSteps(), identitySteps()) {
		answer, err := step.call(t, us)
		mine := us.flat(t, answer, err)
		answer, err = step.call(t, them)
		other := them.flat(t, answer, err)
		for _, path := range differing(mine, other) {
			i := slices.IndexFunc(accepted, func(a struct{ step, path, reason string }) bool {
				return strings.HasPrefix(step.name, a.step) && index.ReplaceAllString(path, "[]") == a.path
			})
			if i < 0 {
				t.Errorf("%s: %s is %q here, %q there", step.name, path, mine[path], other[path])
				continue
			}
			used[i] = true
		}
	}
	for i, a := range accepted {
		if !used[i] {
			t.Errorf("no longer different: %+v", a)
		}
	}
}

func differing(a, b map[string]string) (paths []string) {
	for path, value := range a {
		if other, ok := b[path]; !ok || other != value {
			paths = append(paths, path)
		}
	}
	for path := range b {
		if _, ok := a[path]; !ok {
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	return paths
}
