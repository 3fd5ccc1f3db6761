package sandbox_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	cfntypes "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"mlops-infra-suite/internal/sandbox"
	"mlops-infra-suite/internal/sandbox/iam"
	"mlops-infra-suite/internal/testkit"
)

// theUser is the one that every account has.
const theUser = "arn:aws:iam::" + testAccount + ":user/sandbox"

// statements makes a policy that allows actions on resources: "ec2:CreateVpc *".
func statements(pairs ...string) string {
	list := []string{`{"Effect": "Allow", "Action": "iam:None", "Resource": "*"}`}
	for _, pair := range pairs {
		action, resource, _ := strings.Cut(pair, " ")
		list = append(list, fmt.Sprintf(`{"Effect": "Allow", "Action": "%s", "Resource": "%s"}`, action, resource))
	}
	return `{"Version": "2012-10-17", "Statement": [` + strings.Join(list, ",") + `]}`
}

func allowOnly(t *testing.T, s *sandbox.Sandbox, principal, policy string) sandbox.AccessKey {
	t.Helper()
	return must[sandbox.AccessKey](t)(s.PutPolicy(principal, policy))
}

var refused = regexp.MustCompile(`is not authorized to perform: (\S+)(?: on resource: (\S+))? because`)

// needsOf finds what an action needs by allowing, one by one, what it is refused for.
func needsOf(t *testing.T, s *sandbox.Sandbox, service, action, text string) []string {
	t.Helper()
	var needs []string
	for range 10 {
		allowOnly(t, s, theUser, statements(needs...))
		_, got := request(t, s, service, action, text)
		found := refused.FindStringSubmatch(got.Message)
		if found == nil {
			if strings.Contains(got.Code, "Denied") || strings.Contains(got.Code, "Unauthorized") || got.Code == "InternalFailure" {
				t.Errorf("%s: %+v", action, got)
			}
			return needs
		}
		resource := found[2]
		if resource == "" {
			resource = "*"
		}
		needs = append(needs, found[1]+" "+resource)
	}
	t.Errorf("%s needs more and more: %v", action, needs)
	return needs
}

// stackTexts are what operations of CloudFormation must be given beside a stack.
var stackTexts = map[string]string{
	"CreateChangeSet": "ChangeSetName=other&UsePreviousTemplate=true", "DeleteChangeSet": "ChangeSetName=none", "ExecuteChangeSet": "ChangeSetName=none",
	"DetectStackResourceDrift": "LogicalResourceId=Web", "UpdateTerminationProtection": "EnableTerminationProtection=false",
	"DescribeStackDriftDetectionStatus": "StackDriftDetectionId=00000000-0000-0000-0000-000000000000",
}

// TestNeeds holds what each operation needs to testdata/needs.txt, which is to be
// read beside AWS's service authorization reference.
func TestNeeds(t *testing.T) {
	s := open(t, "", sandbox.Options{Seed: 7, Decided: func(d sandbox.Decision) {
		for key := range d.Need.Keys {
			if !iam.Known(key) {
				t.Errorf("%s has the condition key %s, with which a policy is refused", d.Need.Action, key)
			}
		}
	}})
	texts := readParameters(t, s)
	maps.Copy(texts, writeParameters(t, s))
	maps.Copy(texts, map[string]string{
		"PutParameter":     `{"Name":"/new","Value":"v","Type":"String","Tags":[{"Key":"k","Value":"v"}]}`,
		"DeleteParameter":  `{"Name":"/none"}`,
		"DeleteParameters": `{"Names":["/none","/other"]}`, "AddTagsToResource": `{"ResourceType":"Parameter","ResourceId":"/none","Tags":[]}`,
		"RemoveTagsFromResource": `{"ResourceType":"Parameter","ResourceId":"/none","TagKeys":["k"]}`,
		"AssumeRole":             "RoleArn=" + deployer + "&RoleSessionName=me",
	})
	var table bytes.Buffer
	for _, service := range slices.Sorted(maps.Keys(services)) {
		for _, name := range sdkOperations(t, service) {
			text, given := texts[name]
			if !given {
				text = map[string]string{"cloudformation": "StackName=demo&" + stackTexts[name]}[service]
			}
			switch {
			case service == "ec2":
				text += "&DryRun=true"
				if strings.HasPrefix(name, "Create") && !strings.Contains(name, "Tags") && !strings.Contains(name, "PrefixList") {
					kind := map[string]string{"CreateVpc": "vpc", "CreateSubnet": "subnet", "CreateSecurityGroup": "security-group", "CreateNetworkInterface": "network-interface"}[name]
					text += "&TagSpecification.1.ResourceType=" + kind + "&TagSpecification.1.Tag.1.Key=k&TagSpecification.1.Tag.1.Value=v"
				}
			case service == "cloudtrail" && name != "LookupEvents", strings.Contains(name, "Hook"), name == "AssumeRoleWithWebIdentity":
				continue // not there, or not signed
			}
			if _, got := request(t, s, service, name, text); got.Code == "InvalidAction" || got.Code == "UnknownOperationException" {
				continue
			}
			writeNeeds(t, &table, s, service, name, text)
		}
	}
	writeNeeds(t, &table, s, "aws-marketplace", "RegisterUsage", `{"ProductCode":"p","PublicKeyVersion":1}`)
	writeNeeds(t, &table, s, "license-manager", "CheckoutLicense", `{"ProductSKU":"p","CheckoutType":"PROVISIONAL","ClientToken":"t",
		"KeyFingerprint":"aws:294406891311:AWS/Marketplace:issuer-fingerprint","Entitlements":[{"Name":"Feature","Unit":"None"}]}`)
	testkit.Golden(t, "needs.txt", table.String())
}

// TestNeedsByTarget: what an operation of CloudFormation needs depends on what it is asked about.
func TestNeedsByTarget(t *testing.T) {
	s := open(t, "", sandbox.Options{})
	c := cloudformation.NewFromConfig(configFor(s, testAccount, testRegion))
	made := must[*cloudformation.CreateChangeSetOutput](t)(c.CreateChangeSet(t.Context(), &cloudformation.CreateChangeSetInput{
		StackName: aws.String("demo"), ChangeSetName: aws.String("first"), ChangeSetType: "CREATE",
		TemplateBody: aws.String(`{"Resources": {"P": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": "v"}}}}`)}))
	set, stack := *made.Id, *made.StackId
	for action, texts := range map[string]map[string][]string{
		"ListHookResults": {
			"":                                       {"cloudformation:ListAllHookResults *"},
			"TargetType=CHANGE_SET&TargetId=" + set:  {"cloudformation:ListHookResults " + stack},
			"TargetType=STACK&TargetId=" + stack:     {"cloudformation:ListHookResults " + stack},
			"TargetType=RESOURCE&TargetId=something": {"cloudformation:ListHookResults *"},
		},
		"DescribeEvents": {
			"StackName=demo": {"cloudformation:DescribeEvents arn:aws:cloudformation:us-west-2:111122223333:stack/demo/*"},
			"StackName=" + stack + "&ChangeSetName=" + set: {"cloudformation:DescribeEvents " + stack, "cloudformation:DescribeEvents " + set},
		},
		"DescribeStackResources": {
			"PhysicalResourceId=sgr-1": {"cloudformation:DescribeStackResources arn:aws:cloudformation:us-west-2:111122223333:stack/*/*"},
		},
		"ExecuteChangeSet": {
			"ChangeSetName=" + set: {"cloudformation:ExecuteChangeSet " + stack, "cloudformation:TagResource " + stack},
		},
		"CreateChangeSet": {
			"StackName=demo&ChangeSetName=other&Tags.member.1.Key=k&Tags.member.1.Value=v&TemplateBody={}": {
				"cloudformation:CreateChangeSet arn:aws:cloudformation:us-west-2:111122223333:stack/demo/*",
				"cloudformation:TagResource arn:aws:cloudformation:us-west-2:111122223333:changeSet/other/*",
				"cloudformation:TagResource arn:aws:cloudformation:us-west-2:111122223333:stack/demo/*",
			},
		},
	} {
		for text, want := range texts {
			if diff := cmp.Diff(want, needsOf(t, s, "cloudformation", action, text)); diff != "" {
				t.Errorf("%s of %q (-want +got): %s", action, text, diff)
			}
		}
	}
}

func writeNeeds(t *testing.T, table *bytes.Buffer, s *sandbox.Sandbox, service, action, text string) {
	t.Helper()
	needs := needsOf(t, s, service, action, text)
	must[sandbox.AccessKey](t)(s.PutPolicy(theUser, ""))
	fmt.Fprintf(table, "%s:%s\n", service, action)
	for _, need := range needs {
		fmt.Fprintf(table, "    %s\n", need)
	}
}

// operator is clients that act as the role "operator" of the test account.
func operator(t *testing.T, s *sandbox.Sandbox) (clients, *sts.AssumeRoleOutput) {
	t.Helper()
	made := assume(t, clientsFor(s, testAccount, testRegion), operatorRole, "ann")
	return clientsOf(signedConfig(s, *made.Credentials.AccessKeyId, *made.Credentials.SecretAccessKey, *made.Credentials.SessionToken)), made
}

const operatorRole = "arn:aws:iam::" + testAccount + ":role/ops/operator"

// signedConfig is configFor with a secret and a token.
func signedConfig(s *sandbox.Sandbox, key, secret, token string) aws.Config {
	cfg := configFor(s, key, testRegion)
	cfg.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: key, SecretAccessKey: secret, SessionToken: token}, nil
	})
	return cfg
}

func clientsOf(cfg aws.Config) clients {
	return clients{ec2: ec2.NewFromConfig(cfg), ssm: ssm.NewFromConfig(cfg), sts: sts.NewFromConfig(cfg)}
}

const unauthorized = "You are not authorized to perform this operation. "

// TestRefusals: what a policy doesn't allow is refused in the words of the service.
func TestRefusals(t *testing.T) {
	s := open(t, "", sandbox.Options{})
	open := clientsFor(s, testAccount, testRegion)
	vpc := newVPC(t, open)
	group := newGroup(t, open, vpc, "web")
	const ann = "User: arn:aws:sts::111122223333:assumed-role/operator/ann is not authorized to perform: "
	allowOnly(t, s, operatorRole, `{"Version": "2012-10-17", "Statement": [
		{"Effect": "Allow", "Action": "ec2:*", "Resource": "*"},
		{"Effect": "Deny", "Action": ["ec2:DeleteSecurityGroup", "ec2:DescribeVpcs"], "Resource": "*"}]}`)
	c, made := operator(t, s)
	cfg := signedConfig(s, *made.Credentials.AccessKeyId, *made.Credentials.SecretAccessKey, *made.Credentials.SessionToken)

	_, err := c.ssm.GetParameter(t.Context(), &ssm.GetParameterInput{Name: aws.String("/sg/x")})
	wantError(t, err, "AccessDeniedException", ann+"ssm:GetParameter on resource: arn:aws:ssm:us-west-2:111122223333:parameter/sg/x "+
		"because no identity-based policy allows the ssm:GetParameter action")
	_, err = cloudformation.NewFromConfig(cfg).DeleteStack(t.Context(), &cloudformation.DeleteStackInput{StackName: aws.String("demo")})
	wantError(t, err, "AccessDenied", ann+"cloudformation:DeleteStack on resource: arn:aws:cloudformation:us-west-2:111122223333:stack/demo/* "+
		"because no identity-based policy allows the cloudformation:DeleteStack action")
	_, err = cloudtrail.NewFromConfig(cfg).LookupEvents(t.Context(), &cloudtrail.LookupEventsInput{})
	wantError(t, err, "AccessDeniedException", ann+"cloudtrail:LookupEvents because no identity-based policy allows the cloudtrail:LookupEvents action")
	_, err = c.sts.AssumeRole(t.Context(), &sts.AssumeRoleInput{RoleArn: aws.String(deployer), RoleSessionName: aws.String("me")})
	wantError(t, err, "AccessDenied", ann+"sts:AssumeRole on resource: "+deployer+" because no identity-based policy allows the sts:AssumeRole action")
	_, err = c.ec2.DescribeVpcs(t.Context(), &ec2.DescribeVpcsInput{})
	wantError(t, err, "UnauthorizedOperation", unauthorized+ann+"ec2:DescribeVpcs with an explicit deny in an identity-based policy")
	_, err = c.ec2.DeleteSecurityGroup(t.Context(), &ec2.DeleteSecurityGroupInput{GroupId: &group, DryRun: aws.Bool(true)})
	denied := unauthorized + ann + "ec2:DeleteSecurityGroup on resource: arn:aws:ec2:us-west-2:111122223333:security-group/" + group +
		" with an explicit deny in an identity-based policy. Encoded authorization failure message: "
	if err == nil || !isCode(err, "UnauthorizedOperation") || !strings.Contains(err.Error(), denied) {
		t.Errorf("got %v", err)
	}
	decoded := must[*sts.DecodeAuthorizationMessageOutput](t)(open.sts.DecodeAuthorizationMessage(t.Context(),
		&sts.DecodeAuthorizationMessageInput{EncodedMessage: aws.String(err.Error()[strings.LastIndexByte(err.Error(), ' ')+1:])}))
	if !strings.Contains(*decoded.DecodedMessage, `"ec2:securitygroupid":["`+group+`"]`) || !strings.Contains(*decoded.DecodedMessage, `"explicitDeny":true`) {
		t.Errorf("decoded: %s", *decoded.DecodedMessage)
	}
	_, err = open.sts.DecodeAuthorizationMessage(t.Context(), &sts.DecodeAuthorizationMessageInput{EncodedMessage: aws.String("none of ours")})
	wantError(t, err, "InvalidAuthorizationMessageException", "Message is not valid.")
	_, err = c.ec2.DeleteVpc(t.Context(), &ec2.DeleteVpcInput{VpcId: aws.String(newVPC(t, open)), DryRun: aws.Bool(true)})
	wantError(t, err, "DryRunOperation", "Request would have succeeded, but DryRun flag is set.")
	if who := must[*sts.GetCallerIdentityOutput](t)(c.sts.GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})); *who.Arn != *made.AssumedRoleUser.Arn {
		t.Errorf("caller %s", *who.Arn)
	}

	allowOnly(t, s, operatorRole, "")
	if _, err := c.ssm.GetParameter(t.Context(), &ssm.GetParameterInput{Name: aws.String("/sg/x")}); !isCode(err, "ParameterNotFound") {
		t.Errorf("without a policy: %v", err)
	}
}

// TestConditionsOfCalls: the condition keys of a call come from its parameters and
// from what it is about.
func TestConditionsOfCalls(t *testing.T) {
	s := open(t, "", sandbox.Options{})
	all := clientsFor(s, testAccount, testRegion)
	vpc := newVPC(t, all)
	web, app := newGroup(t, all, vpc, "web"), newGroup(t, all, vpc, "app")
	tag := func(key, value string) []types.Tag { return []types.Tag{{Key: &key, Value: &value}} }
	must[*ec2.CreateTagsOutput](t)(all.ec2.CreateTags(t.Context(), &ec2.CreateTagsInput{Resources: []string{web}, Tags: tag("Tier", "web")}))
	allowOnly(t, s, operatorRole, `{"Version": "2012-10-17", "Statement": [
		{"Effect": "Allow", "Action": "ec2:DeleteSecurityGroup", "Resource": "*", "Condition": {"StringEquals": {"aws:ResourceTag/Tier": "web"}}},
		{"Effect": "Allow", "Action": "ec2:Authorize*", "Resource": "*", "Condition": {"ArnEquals": {"ec2:Vpc": "arn:aws:ec2:us-west-2:111122223333:vpc/`+vpc+`"}}},
		{"Effect": "Allow", "Action": "ec2:CreateSecurityGroup", "Resource": "*"},
		{"Effect": "Allow", "Action": "ec2:CreateTags", "Resource": "*", "Condition": {
			"StringEquals": {"ec2:CreateAction": "CreateSecurityGroup", "aws:RequestTag/Tier": "new"}, "ForAllValues:StringEquals": {"aws:TagKeys": "Tier"}}},
		{"Effect": "Allow", "Action": "ssm:PutParameter", "Resource": "arn:aws:ssm:*:*:parameter/sg/*", "Condition": {"StringEquals": {"ssm:Overwrite": "false"}}},
		{"Effect": "Allow", "Action": "ec2:DescribeVpcs", "Resource": "*", "Condition": {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}}]}`)
	c, _ := operator(t, s)
	remove := func(group string) error {
		_, err := c.ec2.DeleteSecurityGroup(t.Context(), &ec2.DeleteSecurityGroupInput{GroupId: &group})
		return err
	}
	create := func(name, key, value string) error {
		_, err := c.ec2.CreateSecurityGroup(t.Context(), &ec2.CreateSecurityGroupInput{
			GroupName: &name, Description: &name, VpcId: &vpc,
			TagSpecifications: []types.TagSpecification{{ResourceType: types.ResourceTypeSecurityGroup, Tags: tag(key, value)}},
		})
		return err
	}
	putAs := func(name string, overwrite bool) error {
		_, err := c.ssm.PutParameter(t.Context(), &ssm.PutParameterInput{Name: &name, Value: &name, Type: "String", Overwrite: &overwrite})
		return err
	}
	_, vpcs := c.ec2.DescribeVpcs(t.Context(), &ec2.DescribeVpcsInput{})
	_, tags := c.ec2.CreateTags(t.Context(), &ec2.CreateTagsInput{Resources: []string{app}, Tags: tag("Tier", "new")})
	for name, test := range map[string]struct {
		err  error
		code string // "" for success
	}{
		"delete what is tagged otherwise":     {remove(app), "UnauthorizedOperation"},
		"a rule in the VPC":                   {allow(t, c, app, tcp(443, "10.0.0.0/8")), ""},
		"create with the tag":                 {create("a", "Tier", "new"), ""},
		"create with another value":           {create("b", "Tier", "old"), "UnauthorizedOperation"},
		"create with another tag":             {create("c", "Owner", "new"), "UnauthorizedOperation"},
		"tag what is there":                   {tags, "UnauthorizedOperation"},
		"put a parameter":                     {putAs("/sg/a", false), ""},
		"put a parameter elsewhere":           {putAs("/vpc/a", false), "AccessDeniedException"},
		"overwrite a parameter":               {putAs("/sg/a", true), "AccessDeniedException"},
		"describe in another region":          {vpcs, "UnauthorizedOperation"},
		"delete what is tagged as it must be": {remove(web), ""},
	} {
		if test.code == "" && test.err != nil || test.code != "" && !isCode(test.err, test.code) {
			t.Errorf("%s: %v", name, test.err)
		}
	}
}

const guarded = `{"Parameters":{"Vpc":{"Type":"AWS::EC2::VPC::Id"}},"Resources":{
	"Web":{"Type":"AWS::EC2::SecurityGroup","Properties":{"GroupDescription":"d","VpcId":{"Ref":"Vpc"}}},
	"HTTPS":{"Type":"AWS::EC2::SecurityGroupIngress","Properties":{"GroupId":{"Ref":"Web"},"IpProtocol":"tcp","FromPort":443,"ToPort":443,"CidrIp":"10.0.0.0/8"}},
	"ID":{"Type":"AWS::SSM::Parameter","Properties":{"Name":"/sg/web","Type":"String","Value":{"Ref":"Web"}}}}}`

// TestPolicyOfStacks: what CloudFormation does, it does as its caller, also when
// that is minutes later; a policy may tell it from what the caller does directly.
func TestPolicyOfStacks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, "", sandbox.Options{Latency: time.Second})
		all := clientsFor(s, testAccount, testRegion)
		vpc := newVPC(t, all)
		needed := []string{
			"cloudformation:* *", "ec2:DescribeVpcs *", "ec2:CreateSecurityGroup *", "ec2:CreateTags *", "ec2:DescribeSecurityGroups *",
			"ec2:AuthorizeSecurityGroupIngress *", "ec2:DescribeSecurityGroupRules *", "ssm:PutParameter *", "ssm:AddTagsToResource *", "ssm:GetParameters *",
		}
		const via = `"Condition": {"StringEquals": {"aws:CalledVia": "cloudformation.amazonaws.com"}, "Bool": {"aws:ViaAWSService": "true"}}, "Resource": "*"`
		policy := strings.ReplaceAll(statements(needed...), `"Resource": "*"`, via)
		policy = strings.Replace(policy, `"cloudformation:*", `+via, `"cloudformation:*", "Resource": "*"`, 1)
		deploy := func(name, policy string) (status string, reasons []string) {
			allowOnly(t, s, operatorRole, policy)
			c, made := operator(t, s)
			if err := allow(t, c, newGroup(t, all, vpc, name), tcp(443, "10.0.0.0/8")); !isCode(err, "UnauthorizedOperation") && name == "all" {
				t.Errorf("a rule without CloudFormation: %v", err)
			}
			stack := cloudformation.NewFromConfig(signedConfig(s, *made.Credentials.AccessKeyId, *made.Credentials.SecretAccessKey, *made.Credentials.SessionToken))
			_, err := stack.CreateStack(t.Context(), &cloudformation.CreateStackInput{
				StackName: &name, TemplateBody: aws.String(guarded), Parameters: []cfntypes.Parameter{{ParameterKey: aws.String("Vpc"), ParameterValue: &vpc}},
			})
			if err != nil {
				return "", []string{err.Error()}
			}
			time.Sleep(time.Minute)
			free := cloudformation.NewFromConfig(configFor(s, testAccount, testRegion))
			out := must[*cloudformation.DescribeStacksOutput](t)(free.DescribeStacks(t.Context(), &cloudformation.DescribeStacksInput{StackName: &name}))
			events := must[*cloudformation.DescribeStackEventsOutput](t)(free.DescribeStackEvents(t.Context(), &cloudformation.DescribeStackEventsInput{StackName: &name}))
			for _, e := range events.StackEvents {
				reasons = append(reasons, aws.ToString(e.ResourceStatusReason))
			}
			return string(out.Stacks[0].StackStatus), reasons
		}
		if status, reasons := deploy("all", policy); status != "CREATE_COMPLETE" {
			t.Errorf("with all that is needed: %s %v", status, reasons)
		}
		must[*ssm.DeleteParameterOutput](t)(all.ssm.DeleteParameter(t.Context(), &ssm.DeleteParameterInput{Name: aws.String("/sg/web")}))
		for i, need := range needed[1:] {
			action, _, _ := strings.Cut(need, " ")
			short := strings.Replace(policy, `"`+action+`"`, `"iam:None"`, 1)
			name := fmt.Sprintf("without-%d", i)
			status, reasons := deploy(name, short)
			if status == "CREATE_COMPLETE" || !strings.Contains(strings.Join(reasons, "\n"), "perform: "+action) {
				t.Errorf("without %s: %s %v", action, status, reasons)
			}
		}
	})
}

// TestSignatures: a caller that has a policy must have signed with its secret, a
// short while ago, with a session that isn't over.
func TestSignatures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, "", sandbox.Options{})
		policy := statements("ec2:* *", "ssm:* *", "cloudformation:* *")
		ann := allowOnly(t, s, "arn:aws:iam::"+testAccount+":user/people/ann", policy)
		allowOnly(t, s, operatorRole, policy)
		made := assume(t, clientsFor(s, testAccount, testRegion), operatorRole, "ann").Credentials
		calls := func(cfg aws.Config) (codes []string) {
			c := clientsOf(cfg)
			_, errEC2 := c.ec2.DescribeVpcs(t.Context(), &ec2.DescribeVpcsInput{})
			_, errSSM := c.ssm.DescribeParameters(t.Context(), &ssm.DescribeParametersInput{})
			_, errSTS := c.sts.GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
			_, errCFN := cloudformation.NewFromConfig(cfg).ListStacks(t.Context(), &cloudformation.ListStacksInput{})
			for _, err := range []error{errEC2, errSSM, errSTS, errCFN} {
				code := ""
				if api, ok := errors.AsType[smithy.APIError](err); ok {
					code = api.ErrorCode()
				}
				codes = append(codes, code)
			}
			return codes
		}
		key, secret, token := *made.AccessKeyId, *made.SecretAccessKey, *made.SessionToken
		mismatch := []string{"AuthFailure", "InvalidSignatureException", "SignatureDoesNotMatch", "SignatureDoesNotMatch"}
		unknown := []string{"AuthFailure", "UnrecognizedClientException", "InvalidClientTokenId", "InvalidClientTokenId"}
		none := []string{"", "", "", ""}
		for name, test := range map[string]struct {
			cfg  aws.Config
			want []string
		}{
			"a user":                {signedConfig(s, ann.ID, ann.Secret, ""), none},
			"a user's wrong secret": {signedConfig(s, ann.ID, "wrong", ""), mismatch},
			"a session":             {signedConfig(s, key, secret, token), none},
			"a wrong secret":        {signedConfig(s, key, ann.Secret, token), mismatch},
			"no token":              {signedConfig(s, key, secret, ""), unknown},
			"a wrong token":         {signedConfig(s, key, secret, "sandbox/other"), unknown},
		} {
			if diff := cmp.Diff(test.want, calls(test.cfg)); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
		}
		who := must[*sts.GetCallerIdentityOutput](t)(clientsOf(signedConfig(s, ann.ID, ann.Secret, "")).sts.GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{}))
		if *who.Arn != "arn:aws:iam::"+testAccount+":user/people/ann" || *who.Account != testAccount {
			t.Errorf("the user is %s", *who.Arn)
		}
		late := signedConfig(s, key, secret, token)
		late.HTTPClient = &http.Client{Transport: slowly{inProcess{s}, 6 * time.Minute}}
		if diff := cmp.Diff([]string{"RequestExpired", "InvalidSignatureException", "SignatureDoesNotMatch", "SignatureDoesNotMatch"}, calls(late)); diff != "" {
			t.Errorf("six minutes late: %s", diff)
		}
		time.Sleep(time.Hour)
		if diff := cmp.Diff([]string{"RequestExpired", "ExpiredTokenException", "ExpiredToken", "ExpiredToken"}, calls(signedConfig(s, key, secret, token))); diff != "" {
			t.Errorf("an expired session: %s", diff)
		}
	})
}

// slowly is a transport on which requests take their time.
type slowly struct {
	http.RoundTripper
	delay time.Duration
}

func (s slowly) RoundTrip(req *http.Request) (*http.Response, error) {
	time.Sleep(s.delay)
	return s.RoundTripper.RoundTrip(req)
}
