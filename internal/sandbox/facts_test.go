package sandbox_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"mlops-infra-suite/internal/sandbox"
)

// The tests named TestFacts_ each hold a behaviour that a stand-in for AWS is
// often wrong about, as a user meets it; TestFacts_Reads has a file of its own.
// Each part's own tests go further.

// cloud is a new sandbox with a VPC, and clients that share the test account.
type cloud struct {
	*testing.T
	clients
	box *sandbox.Sandbox
	cfn *cloudformation.Client
	vpc string
}

func newCloud(t *testing.T, dir string, opts sandbox.Options) cloud {
	t.Helper()
	box := open(t, dir, opts)
	c := cloud{T: t, clients: clientsFor(box, testAccount, testRegion), box: box,
		cfn: cloudformation.NewFromConfig(configFor(box, testAccount, testRegion))}
	vpc, _, err := box.EnsureVPC(testAccount, testRegion, "/vpc/main/VPCId")
	if err != nil {
		t.Fatal(err)
	}
	c.vpc = vpc
	return c
}

// stack creates a stack of resources, written in YAML's flow form with $VPC in
// them; without latency it is complete when this returns.
func (c cloud) stack(name, resources string) error {
	c.Helper()
	body := "Resources: {" + strings.ReplaceAll(resources, "$VPC", c.vpc) + "}"
	_, err := c.cfn.CreateStack(c.Context(), &cloudformation.CreateStackInput{StackName: &name, TemplateBody: &body})
	return err
}

func (c cloud) status(stack string) types.StackStatus {
	c.Helper()
	out := must[*cloudformation.DescribeStacksOutput](c.T)(c.cfn.DescribeStacks(c.Context(),
		&cloudformation.DescribeStacksInput{StackName: &stack}))
	return out.Stacks[0].StackStatus
}

func (c cloud) physicalID(stack, logicalID string) string {
	c.Helper()
	out := must[*cloudformation.DescribeStackResourceOutput](c.T)(c.cfn.DescribeStackResource(c.Context(),
		&cloudformation.DescribeStackResourceInput{StackName: &stack, LogicalResourceId: &logicalID}))
	return *out.StackResourceDetail.PhysicalResourceId
}

// egress are the outbound rules of a stack's group, in EC2's own words.
func (c cloud) egress(stack, logicalID string) (found []string) {
	c.Helper()
	for _, r := range rulesOf(c.T, c.clients, c.physicalID(stack, logicalID)) {
		if *r.IsEgress {
			found = append(found, fmt.Sprintf("%s %d-%d %s", *r.IpProtocol, *r.FromPort, *r.ToPort, aws.ToString(r.CidrIpv4)))
		}
	}
	return found
}

const (
	groupOpen   = `G: {Type: "AWS::EC2::SecurityGroup", Properties: {GroupDescription: g, VpcId: $VPC}}`
	groupInline = `G: {Type: "AWS::EC2::SecurityGroup", Properties: {GroupDescription: g, VpcId: $VPC, ` +
		`SecurityGroupEgress: [{IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 10.0.0.0/8}]}}`
	groupAllInline = `G: {Type: "AWS::EC2::SecurityGroup", Properties: {GroupDescription: g, VpcId: $VPC, ` +
		`SecurityGroupEgress: [{IpProtocol: "-1", CidrIp: 0.0.0.0/0}]}}`
	standalone = `, E: {Type: "AWS::EC2::SecurityGroupEgress", Properties: ` +
		`{GroupId: !Ref G, IpProtocol: tcp, FromPort: 5432, ToPort: 5432, CidrIp: 10.0.0.0/16}}`
)

func TestFacts_DefaultEgress(t *testing.T) {
	c := newCloud(t, "", sandbox.Options{})
	for name, test := range map[string]struct {
		resources string
		want      []string
	}{
		"none":   {groupOpen, []string{"-1 -1--1 0.0.0.0/0"}},
		"inline": {groupInline, []string{"tcp 443-443 10.0.0.0/8"}},
	} {
		if err := c.stack(name, test.resources); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(test.want, c.egress(name, "G")); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestFacts_StandaloneEgress(t *testing.T) {
	c := newCloud(t, "", sandbox.Options{})
	for name, test := range map[string]struct {
		resources string
		want      []string
	}{
		"default":    {groupOpen + standalone, []string{"tcp 5432-5432 10.0.0.0/16"}},
		"all-inline": {groupAllInline + standalone, []string{"tcp 5432-5432 10.0.0.0/16"}},
		"other":      {groupInline + standalone, []string{"tcp 443-443 10.0.0.0/8", "tcp 5432-5432 10.0.0.0/16"}},
	} {
		if err := c.stack(name, test.resources); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(test.want, c.egress(name, "G"), cmpopts.SortSlices(strings.Compare)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestFacts_Unknown(t *testing.T) {
	c := newCloud(t, "", sandbox.Options{})
	for name, resources := range map[string]string{
		"type":     `X: {Type: "AWS::EC2::NoSuchThing"}`,
		"property": `X: {Type: "AWS::EC2::SecurityGroup", Properties: {GroupDescription: g, VpcId: $VPC, Colour: red}}`,
	} {
		if err := c.stack(name, resources); err == nil || !strings.Contains(err.Error(), "ValidationError: ") {
			t.Errorf("unknown %s: %v", name, err)
		}
	}
	for service, want := range map[string]string{
		"cloudformation": "InvalidAction", "ec2": "InvalidAction", "ssm": "UnknownOperationException", "sts": "InvalidAction",
	} {
		if status, got := request(t, c.box, service, "NoSuchAction", ""); status != http.StatusBadRequest || got.Code != want {
			t.Errorf("unknown action of %s: %d %+v", service, status, got)
		}
	}
	for service, test := range map[string]struct{ action, text, want string }{
		"cloudformation": {"ListStacks", "Colour=red", "InvalidQueryParameter"},
		"ec2":            {"DescribeVpcs", "Colour=red", "UnknownParameter"},
		"ssm":            {"GetParameter", `{"Name":"/a","Colour":"red"}`, "SerializationException"},
		"sts":            {"GetCallerIdentity", "Colour=red", "InvalidQueryParameter"},
	} {
		if status, got := request(t, c.box, service, test.action, test.text); status != http.StatusBadRequest || got.Code != test.want {
			t.Errorf("unknown parameter of %s: %d %+v", service, status, got)
		}
	}
}

// TestFacts_Rules makes a rule with each kind of peer through CloudFormation,
// inline and standalone, and reads it back from EC2 with its description.
func TestFacts_Rules(t *testing.T) {
	c := newCloud(t, "", sandbox.Options{})
	list := newPrefixList(t, c.clients, "offices", 1)
	var inline, alone []string
	want := map[string]string{}
	for kind, peer := range map[string][2]string{
		"CidrIp": {"10.0.0.0/8", ""}, "CidrIpv6": {"2001:db8::/32", ""}, "SourcePrefixListId": {list, ""}, "SourceSecurityGroupId": {"!Ref P", "peer"},
	} {
		rule := func(port int) string {
			return fmt.Sprintf("{IpProtocol: tcp, FromPort: %d, ToPort: %d, %s: %q, Description: %s of %d}", port, port, kind, peer[0], kind, port)
		}
		unquote := strings.NewReplacer(`"!Ref P"`, "!Ref P")
		inline = append(inline, unquote.Replace(rule(1)))
		alone = append(alone, fmt.Sprintf(`%s: {Type: "AWS::EC2::SecurityGroupIngress", Properties: {GroupId: !Ref G, %s}`,
			kind, unquote.Replace(rule(2)[1:])))
		for _, port := range []string{"1", "2"} {
			want[kind+" of "+port] = peer[0]
		}
	}
	err := c.stack("rules", `P: {Type: "AWS::EC2::SecurityGroup", Properties: {GroupDescription: p, VpcId: $VPC}}, `+
		`G: {Type: "AWS::EC2::SecurityGroup", Properties: {GroupDescription: g, VpcId: $VPC, SecurityGroupIngress: [`+
		strings.Join(inline, ", ")+"]}}, "+strings.Join(alone, ", "))
	if err != nil {
		t.Fatal(err)
	}
	if status := c.status("rules"); status != types.StackStatusCreateComplete {
		t.Fatal(status)
	}
	got := map[string]string{}
	for _, r := range rulesOf(t, c.clients, c.physicalID("rules", "G")) {
		if *r.IsEgress {
			continue
		}
		peer := aws.ToString(r.CidrIpv4) + aws.ToString(r.CidrIpv6) + aws.ToString(r.PrefixListId)
		if r.ReferencedGroupInfo != nil && *r.ReferencedGroupInfo.GroupId == c.physicalID("rules", "P") {
			peer = "!Ref P"
		}
		got[aws.ToString(r.Description)] = peer
		if want := "arn:aws:ec2:us-west-2:111122223333:security-group-rule/" + *r.SecurityGroupRuleId; *r.SecurityGroupRuleArn != want || *r.GroupOwnerId != testAccount {
			t.Errorf("ARN %s of %s, want %s", *r.SecurityGroupRuleArn, *r.GroupOwnerId, want)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestFacts_DeleteGuards: what uses a group keeps it, and its stack, from going.
func TestFacts_DeleteGuards(t *testing.T) {
	c := newCloud(t, "", sandbox.Options{})
	if err := c.stack("set", groupInline); err != nil {
		t.Fatal(err)
	}
	group := c.physicalID("set", "G")
	user := newGroup(t, c.clients, c.vpc, "user")
	err := allow(t, c.clients, user, ec2types.IpPermission{IpProtocol: aws.String("-1"), UserIdGroupPairs: []ec2types.UserIdGroupPair{{GroupId: &group}}})
	if err != nil {
		t.Fatal(err)
	}
	eni := newInterface(t, c.clients, newSubnet(t, c.clients, c.vpc, "10.0.1.0/24"), group).NetworkInterfaceId
	remove := func() types.StackStatus {
		must[*cloudformation.DeleteStackOutput](t)(c.cfn.DeleteStack(t.Context(), &cloudformation.DeleteStackInput{StackName: aws.String("set")}))
		out := must[*cloudformation.ListStacksOutput](t)(c.cfn.ListStacks(t.Context(), &cloudformation.ListStacksInput{}))
		return out.StackSummaries[0].StackStatus
	}
	if status := remove(); status != types.StackStatusDeleteFailed {
		t.Errorf("with an interface and a reference: %s", status)
	}
	must[*ec2.DeleteNetworkInterfaceOutput](t)(c.ec2.DeleteNetworkInterface(t.Context(), &ec2.DeleteNetworkInterfaceInput{NetworkInterfaceId: eni}))
	if status := remove(); status != types.StackStatusDeleteFailed {
		t.Errorf("with a reference: %s", status)
	}
	deleteGroup(t, c.clients, user)
	if status := remove(); status != types.StackStatusDeleteComplete {
		t.Errorf("free: %s", status)
	}
}

func TestFacts_Validation(t *testing.T) {
	c := newCloud(t, "", sandbox.Options{})
	group := newGroup(t, c.clients, c.vpc, "web")
	ofPort := func(port int32, protocol, block string) error {
		p := cidr(block, "")
		p.IpProtocol, p.FromPort, p.ToPort = &protocol, &port, &port
		return allow(t, c.clients, group, p)
	}
	parameter := func(name, value, pattern string) error {
		in := &ssm.PutParameterInput{Name: &name, Value: &value, Type: ssmtypes.ParameterTypeString}
		if pattern != "" {
			in.AllowedPattern = &pattern
		}
		_, err := c.ssm.PutParameter(t.Context(), in)
		return err
	}
	create := func(name, body string) error {
		_, err := c.cfn.CreateStack(t.Context(), &cloudformation.CreateStackInput{StackName: &name, TemplateBody: &body})
		return err
	}
	group300 := &ec2.CreateSecurityGroupInput{GroupName: aws.String(strings.Repeat("x", 300)), Description: aws.String("d"), VpcId: &c.vpc}
	_, longName := c.ec2.CreateSecurityGroup(t.Context(), group300)
	_, noVPC := c.ec2.CreateSecurityGroup(t.Context(), &ec2.CreateSecurityGroupInput{
		GroupName: aws.String("x"), Description: aws.String("d"), VpcId: aws.String("vpc-0123456789abcdef0")})
	for name, test := range map[string]struct {
		err  error
		code string
	}{
		"port":           {ofPort(70000, "tcp", "10.0.0.0/8"), "InvalidParameterValue"},
		"protocol":       {ofPort(1, "quic", "10.0.0.0/8"), "InvalidParameterValue"},
		"CIDR":           {ofPort(1, "tcp", "10.0.0.0/33"), "InvalidParameterValue"},
		"group name":     {longName, "InvalidParameterValue"},
		"VPC":            {noVPC, "InvalidVpcID.NotFound"},
		"parameter name": {parameter("/a b", "v", ""), "ValidationException"},
		"AllowedPattern": {parameter("/a", "v", "^sg-"), "ParameterPatternMismatchException"},
		"stack name":     {create("a_b", "Resources: {}"), "ValidationError"},
		"template size":  {create("a", "#"+strings.Repeat("x", 51200)), "ValidationError"},
	} {
		if test.err == nil || !strings.Contains(test.err.Error(), test.code+": ") {
			t.Errorf("%s: %v, want %s", name, test.err, test.code)
		}
	}
	const unknownVPC = "Parameters: {V: {Type: AWS::EC2::VPC::Id, Default: vpc-0123456789abcdef0}}\n" +
		"Resources: {P: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: !Ref V}}}"
	if err := create("vpc", unknownVPC); err == nil && c.status("vpc") != types.StackStatusRollbackComplete {
		t.Errorf("a parameter with an unknown VPC: %s", c.status("vpc"))
	}
}

func TestFacts_Persistence(t *testing.T) {
	dir := t.TempDir()
	c := newCloud(t, dir, sandbox.Options{Seed: 7})
	if err := c.stack("set", groupInline+standalone); err != nil {
		t.Fatal(err)
	}
	type state struct {
		Groups  []ec2types.SecurityGroup
		Rules   []ec2types.SecurityGroupRule
		StackID string
		Value   string
	}
	read := func(box *sandbox.Sandbox) state {
		c := cloud{T: t, clients: clientsFor(box, testAccount, testRegion),
			cfn: cloudformation.NewFromConfig(configFor(box, testAccount, testRegion))}
		out := must[*cloudformation.DescribeStacksOutput](t)(c.cfn.DescribeStacks(t.Context(), &cloudformation.DescribeStacksInput{}))
		parameter := must[*ssm.GetParameterOutput](t)(c.ssm.GetParameter(t.Context(), &ssm.GetParameterInput{Name: aws.String("/vpc/main/VPCId")}))
		return state{groups(t, c.clients), rulesOf(t, c.clients, c.physicalID("set", "G")), *out.Stacks[0].StackId, *parameter.Parameter.Value}
	}
	before, snapshot := read(c.box), post(t, c.box, "/_sandbox/snapshot", nil).Body.Bytes()
	if err := c.box.Close(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, read(open(t, dir, sandbox.Options{})), plain); diff != "" {
		t.Error("after a restart: " + diff)
	}
	other := open(t, "", sandbox.Options{})
	if restored := post(t, other, "/_sandbox/restore", snapshot); restored.Code != http.StatusOK {
		t.Fatal(restored.Body)
	}
	if diff := cmp.Diff(before, read(other), plain); diff != "" {
		t.Error("restored elsewhere: " + diff)
	}
	again := newCloud(t, "", sandbox.Options{Seed: 7})
	if err := again.stack("set", groupInline+standalone); err != nil {
		t.Fatal(err)
	}
	if got := again.physicalID("set", "G"); got != *before.Groups[1].GroupId && got != *before.Groups[0].GroupId {
		t.Errorf("the same seed gives %s", got)
	}
}

func TestFacts_Faults(t *testing.T) {
	for fault, want := range map[string]string{
		"GetCallerIdentity=throttle": "Throttling", "GetCallerIdentity=error": "InternalFailure", "GetCallerIdentity=denied": "AccessDenied",
		"GetCallerIdentity=drop": droppedConnection, "GetCallerIdentity=lost": droppedConnection, "*=throttle": "Throttling",
	} {
		c := clientsFor(open(t, "", sandbox.Options{Faults: parse(t, fault)}), testAccount, testRegion)
		_, err := c.sts.GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", fault, err, want)
		}
	}
	lost := clientsFor(open(t, "", sandbox.Options{Faults: parse(t, "PutParameter=lost")}), testAccount, testRegion)
	_, err := lost.ssm.PutParameter(t.Context(), &ssm.PutParameterInput{Name: aws.String("/a"), Value: aws.String("v"), Type: ssmtypes.ParameterTypeString})
	if err == nil {
		t.Error("the response isn't lost")
	}
	must[*ssm.GetParameterOutput](t)(lost.ssm.GetParameter(t.Context(), &ssm.GetParameterInput{Name: aws.String("/a")}))

	c := newCloud(t, "", sandbox.Options{Faults: parse(t, "G=fail")})
	if err := c.stack("set", groupInline); err != nil || c.status("set") != types.StackStatusRollbackComplete {
		t.Errorf("a failing resource: %v, %s", err, c.status("set"))
	}
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, dir, sandbox.Options{Latency: time.Minute, Faults: parse(t, "DescribeStacks=slow:1s")})
		if err := c.stack("set", groupInline); err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		if status := c.status("set"); status != types.StackStatusCreateInProgress || time.Since(begin) != time.Second {
			t.Errorf("%s after %s", status, time.Since(begin))
		}
		time.Sleep(time.Hour)
		if status := c.status("set"); status != types.StackStatusCreateComplete {
			t.Errorf("%s after an hour", status)
		}
	})
}

// droppedConnection is how a dropped connection shows.
const droppedConnection = "unexpected EOF"
