package sandbox_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	trailtypes "github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"mlops-infra-suite/internal/sandbox"
)

func trailOf(s *sandbox.Sandbox, accessKey, region string) *cloudtrail.Client {
	return cloudtrail.NewFromConfig(configFor(s, accessKey, region))
}

// by is the one attribute of a lookup.
func by(key trailtypes.LookupAttributeKey, value string) *cloudtrail.LookupEventsInput {
	return &cloudtrail.LookupEventsInput{LookupAttributes: []trailtypes.LookupAttribute{{AttributeKey: key, AttributeValue: &value}}}
}

// lookup returns the events of all pages. Virtual time passes between them, so
// that no lookup is throttled.
func lookup(t *testing.T, trail *cloudtrail.Client, in *cloudtrail.LookupEventsInput) []trailtypes.Event {
	t.Helper()
	var events []trailtypes.Event
	for pages := cloudtrail.NewLookupEventsPaginator(trail, in); pages.HasMorePages(); {
		time.Sleep(time.Second)
		page := must[*cloudtrail.LookupEventsOutput](t)(pages.NextPage(t.Context()))
		events = append(events, page.Events...)
	}
	return events
}

// detail is a part of an event, by the path to it: "userIdentity.arn".
func detail(t *testing.T, e trailtypes.Event, path string) any {
	t.Helper()
	var value any
	if err := json.Unmarshal([]byte(*e.CloudTrailEvent), &value); err != nil {
		t.Fatal(err)
	}
	for name := range strings.SplitSeq(path, ".") {
		members, _ := value.(map[string]any)
		value = members[name]
	}
	return value
}

// details compares parts of an event, as JSON, with those wanted.
func details(t *testing.T, e trailtypes.Event, want map[string]string) {
	t.Helper()
	got := map[string]string{}
	for path := range want {
		raw, err := json.Marshal(detail(t, e, path))
		if err != nil {
			t.Fatal(err)
		}
		got[path] = string(raw)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s: %s", *e.EventName, diff)
	}
}

// isCode reports whether err is an API error with the code.
func isCode(err error, code string) bool {
	found, ok := errors.AsType[smithy.APIError](err)
	return ok && found.ErrorCode() == code
}

func names(events []trailtypes.Event) (list []string) {
	for _, e := range events {
		list = append(list, *e.EventName)
	}
	return list
}

// TestTrail: who changed a rule, how, and from where, in the forms that logs of
// AWS have.
func TestTrail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, "", sandbox.Options{})
		c := clientsFor(s, testAccount, testRegion)
		group := newGroup(t, c, newVPC(t, c), "web")
		role := assume(t, c, "arn:aws:iam::"+testAccount+":role/ops/fixer", "alice")
		alice := clientsFor(s, *role.Credentials.AccessKeyId, testRegion)
		added := must[*ec2.AuthorizeSecurityGroupIngressOutput](t)(alice.ec2.AuthorizeSecurityGroupIngress(t.Context(), &ec2.AuthorizeSecurityGroupIngressInput{
			GroupId: &group, IpPermissions: []types.IpPermission{tcp(22, "10.1.2.3/8")},
		}))
		rule := *added.SecurityGroupRules[0].SecurityGroupRuleId
		must[*ec2.ModifySecurityGroupRulesOutput](t)(c.ec2.ModifySecurityGroupRules(t.Context(), &ec2.ModifySecurityGroupRulesInput{
			GroupId: &group, SecurityGroupRules: []types.SecurityGroupRuleUpdate{{
				SecurityGroupRuleId: &rule, SecurityGroupRule: &types.SecurityGroupRuleRequest{IpProtocol: aws.String("-1"), CidrIpv6: aws.String("::/0")},
			}},
		}))
		must[*ec2.RevokeSecurityGroupIngressOutput](t)(c.ec2.RevokeSecurityGroupIngress(t.Context(), &ec2.RevokeSecurityGroupIngressInput{
			GroupId: &group, SecurityGroupRuleIds: []string{rule},
		}))
		must[*ec2.AuthorizeSecurityGroupIngressOutput](t)(c.ec2.AuthorizeSecurityGroupIngress(t.Context(), &ec2.AuthorizeSecurityGroupIngressInput{
			GroupId: &group, IpProtocol: aws.String("tcp"), FromPort: aws.Int32(80), ToPort: aws.Int32(81), CidrIp: aws.String("10.0.0.0/8"),
		}))
		events := lookup(t, trailOf(s, testAccount, testRegion), by(trailtypes.LookupAttributeKeyResourceName, group))
		details(t, events[0], map[string]string{
			"requestParameters": `{"cidrIp":"10.0.0.0/8","fromPort":80,"groupId":"` + group + `","ipPermissions":{},"ipProtocol":"tcp","toPort":81}`,
		})
		events = events[1:]
		want := []string{"RevokeSecurityGroupIngress", "ModifySecurityGroupRules", "AuthorizeSecurityGroupIngress", "CreateSecurityGroup"}
		if diff := cmp.Diff(want, names(events)); diff != "" {
			t.Fatal(diff)
		}
		details(t, events[2], map[string]string{
			"eventSource": `"ec2.amazonaws.com"`, "awsRegion": `"us-west-2"`, "recipientAccountId": `"111122223333"`, "readOnly": "false",
			"eventType": `"AwsApiCall"`, "managementEvent": "true", "sourceIPAddress": `"127.0.0.1"`,
			"eventTime": `"` + events[2].EventTime.Format(time.RFC3339) + `"`, "eventID": `"` + *events[2].EventId + `"`,
			"userIdentity.type": `"AssumedRole"`, "userIdentity.arn": `"arn:aws:sts::111122223333:assumed-role/fixer/alice"`,
			"userIdentity.principalId":                           `"` + *role.AssumedRoleUser.AssumedRoleId + `"`,
			"userIdentity.accessKeyId":                           `"` + *role.Credentials.AccessKeyId + `"`,
			"userIdentity.sessionContext.sessionIssuer.arn":      `"arn:aws:iam::111122223333:role/ops/fixer"`,
			"userIdentity.sessionContext.sessionIssuer.userName": `"fixer"`,
			"userIdentity.invokedBy":                             "null",
			"errorCode":                                          "null",
			"requestParameters.ipPermissions": `{"items":[{"fromPort":22,"groups":{},"ipProtocol":"tcp",` +
				`"ipRanges":{"items":[{"cidrIp":"10.1.2.3/8"}]},"ipv6Ranges":{},"prefixListIds":{},"toPort":22}]}`,
			"responseElements.securityGroupRuleSet": `{"items":[{"cidrIpv4":"10.0.0.0/8","fromPort":22,"groupId":"` + group +
				`","groupOwnerId":"111122223333","ipProtocol":"tcp","isEgress":false,"securityGroupRuleArn":"arn:aws:ec2:us-west-2:111122223333:security-group-rule/` +
				rule + `","securityGroupRuleId":"` + rule + `","toPort":22}]}`,
		})
		details(t, events[1], map[string]string{
			"userIdentity.type": `"IAMUser"`, "userIdentity.userName": `"sandbox"`,
			"requestParameters": `{"ModifySecurityGroupRulesRequest":{"GroupId":"` + group +
				`","SecurityGroupRule":{"SecurityGroupRule":{"CidrIpv6":"::/0","IpProtocol":"-1"},"SecurityGroupRuleId":"` + rule + `","tag":1}}}`,
			"responseElements.ModifySecurityGroupRulesResponse.return": "true",
		})
		details(t, events[0], map[string]string{
			"requestParameters": `{"groupId":"` + group + `","ipPermissions":{},"securityGroupRuleIds":{"items":[{"securityGroupRuleId":"` + rule + `"}]}}`,
		})
		if agent, _ := detail(t, events[0], "userAgent").(string); !strings.HasPrefix(agent, "aws-sdk-go-v2/") {
			t.Errorf("user agent %s", agent)
		}
		if *events[2].Username != "alice" || *events[1].Username != "sandbox" || *events[2].AccessKeyId != *role.Credentials.AccessKeyId {
			t.Errorf("users %s and %s", *events[2].Username, *events[1].Username)
		}
	})
}

// TestTrailOfFailures: what was refused, failed or only tried has left an event
// that says so, and only that.
func TestTrailOfFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, "", sandbox.Options{Faults: []sandbox.Fault{{Name: "DeleteVpc", Kind: sandbox.Denied, Probability: 1}}})
		c := clientsFor(s, testAccount, testRegion)
		vpc := newVPC(t, c)
		group := newGroup(t, c, vpc, "web")
		_, err := c.ec2.DeleteSecurityGroup(t.Context(), &ec2.DeleteSecurityGroupInput{GroupId: &group, DryRun: aws.Bool(true)})
		_, denied := c.ec2.DeleteVpc(t.Context(), &ec2.DeleteVpcInput{VpcId: &vpc})
		if err == nil || denied == nil {
			t.Fatal(err, denied)
		}
		put(t, c, "/p", "1")
		_, again := c.ssm.PutParameter(t.Context(), &ssm.PutParameterInput{Name: aws.String("/p"), Value: aws.String("2"), Type: ssmtypes.ParameterTypeString})
		if again == nil {
			t.Error("a second parameter of the name")
		}
		var got []string
		for _, e := range lookup(t, trailOf(s, testAccount, testRegion), &cloudtrail.LookupEventsInput{}) {
			got = append(got, fmt.Sprintf("%s %v %v", *e.EventName, detail(t, e, "errorCode"), detail(t, e, "responseElements") != nil))
		}
		want := []string{
			"PutParameter ParameterAlreadyExists false", "PutParameter <nil> true", "DeleteVpc Client.UnauthorizedOperation false",
			"DeleteSecurityGroup Client.DryRunOperation false", "CreateSecurityGroup <nil> true", "CreateVpc <nil> true",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

// TestTrailOfStacks: what CloudFormation does for a stack is its caller's doing,
// through CloudFormation; a refused call has its event though its step was given up.
func TestTrailOfStacks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, "", sandbox.Options{Latency: time.Second})
		c := clientsFor(s, testAccount, testRegion)
		put(t, c, "/taken", "1")
		role := assume(t, c, "arn:aws:iam::"+testAccount+":role/deployer", "bob")
		stack := cloudformation.NewFromConfig(configFor(s, *role.Credentials.AccessKeyId, testRegion))
		must[*cloudformation.CreateStackOutput](t)(stack.CreateStack(t.Context(), &cloudformation.CreateStackInput{
			StackName: aws.String("demo"), DisableValidation: aws.Bool(true), TemplateBody: aws.String(`{"Resources":{
				"A":{"Type":"AWS::SSM::Parameter","Properties":{"Type":"String","Value":"a","Name":"/free"}},
				"B":{"Type":"AWS::SSM::Parameter","DependsOn":"A","Properties":{"Type":"String","Value":"b","Name":"/taken"}}}}`),
		}))
		time.Sleep(time.Minute)
		var got []string
		trail := trailOf(s, testAccount, testRegion)
		for _, e := range lookup(t, trail, by(trailtypes.LookupAttributeKeyUsername, "bob")) {
			got = append(got, fmt.Sprint(*e.EventName, " ", detail(t, e, "requestParameters.name"), " ", detail(t, e, "errorCode"), " ",
				detail(t, e, "userIdentity.invokedBy"), " ", detail(t, e, "sourceIPAddress")))
		}
		const via = " cloudformation.amazonaws.com cloudformation.amazonaws.com"
		want := []string{
			"DeleteParameter /free <nil>" + via, "PutParameter /taken ParameterAlreadyExists" + via,
			"PutParameter /free <nil>" + via, "CreateStack <nil> <nil> <nil> 127.0.0.1",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if of := lookup(t, trail, by(trailtypes.LookupAttributeKeyResourceName, "demo")); len(of) != 1 {
			t.Errorf("events of the stack: %v", names(of))
		}
	})
}

// TestTrailOfRoles: a role that is assumed across accounts leaves an event in both.
func TestTrailOfRoles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, "", sandbox.Options{})
		c := clientsFor(s, testAccount, testRegion)
		assume(t, c, deployer, "me")
		assume(t, c, "arn:aws:iam::"+testAccount+":role/own", "me")
		here := lookup(t, trailOf(s, testAccount, testRegion), by(trailtypes.LookupAttributeKeyReadOnly, "true"))
		there := lookup(t, trailOf(s, "444455556666", testRegion), by(trailtypes.LookupAttributeKeyEventSource, "sts.amazonaws.com"))
		if len(here) != 2 || len(there) != 1 {
			t.Fatalf("%v here, %v there", names(here), names(there))
		}
		if shared := detail(t, there[0], "sharedEventID"); shared == nil || shared != detail(t, here[1], "sharedEventID") || detail(t, here[0], "sharedEventID") != nil {
			t.Errorf("shared event %v", shared)
		}
		details(t, there[0], map[string]string{
			"userIdentity": `{"accountId":"111122223333","principalId":"AIDASANDBOX111122223333","type":"AWSAccount"}`,
			"responseElements.credentials.secretAccessKey": "null",
		})
		must[*sts.AssumeRoleWithWebIdentityOutput](t)(c.sts.AssumeRoleWithWebIdentity(t.Context(), &sts.AssumeRoleWithWebIdentityInput{
			RoleArn: aws.String(deployer), RoleSessionName: aws.String("ci"), WebIdentityToken: token(`{"iss":"https://token.example","sub":"repo:sg","aud":"sts"}`),
		}))
		pipeline := lookup(t, trailOf(s, "444455556666", testRegion), by(trailtypes.LookupAttributeKeyUsername, "repo:sg"))
		if len(pipeline) != 1 {
			t.Fatalf("events of the pipeline: %v", names(pipeline))
		}
		details(t, pipeline[0], map[string]string{
			"userIdentity":      `{"identityProvider":"https://token.example","principalId":"https://token.example:sts:repo:sg","type":"WebIdentityUser","userName":"repo:sg"}`,
			"requestParameters": `{"roleArn":"` + deployer + `","roleSessionName":"ci"}`,
		})
	})
}

// TestLookup: pages, attributes, times and what is refused.
func TestLookup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		s := open(t, dir, sandbox.Options{})
		c := clientsFor(s, testAccount, testRegion)
		begin := time.Now()
		for i := range 7 {
			put(t, c, fmt.Sprintf("/p%d", i), "v")
			time.Sleep(time.Minute)
		}
		put(t, clientsFor(s, testAccount, "eu-west-1"), "/elsewhere", "v")
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		s = open(t, dir, sandbox.Options{}) // the history outlives the process
		trail := trailOf(s, testAccount, testRegion)
		pages := by(trailtypes.LookupAttributeKeyEventName, "PutParameter")
		pages.MaxResults = aws.Int32(3)
		events := lookup(t, trail, pages)
		var got []string
		for _, e := range events {
			got = append(got, *e.Resources[0].ResourceName)
		}
		if diff := cmp.Diff([]string{"/p6", "/p5", "/p4", "/p3", "/p2", "/p1", "/p0"}, got); diff != "" {
			t.Error(diff)
		}
		for key, value := range map[trailtypes.LookupAttributeKey]string{
			"EventId": *events[3].EventId, "ResourceName": "/p3",
		} {
			if found := lookup(t, trail, by(key, value)); len(found) != 1 || *found[0].EventId != *events[3].EventId {
				t.Errorf("%s %s: %v", key, value, found)
			}
		}
		for key, value := range map[trailtypes.LookupAttributeKey]string{
			"ResourceType": "AWS::SSM::Parameter", "AccessKeyId": testAccount, "Username": "sandbox", "EventSource": "ssm.amazonaws.com", "ReadOnly": "false",
		} {
			if found := lookup(t, trail, by(key, value)); len(found) != 7 {
				t.Errorf("%s %s: %v", key, value, names(found))
			}
		}
		between := &cloudtrail.LookupEventsInput{StartTime: aws.Time(begin.Add(time.Minute)), EndTime: aws.Time(begin.Add(3 * time.Minute))}
		if found := lookup(t, trail, between); len(found) != 3 {
			t.Errorf("from the 2nd to the 4th minute: %v", names(found))
		}
		if found := lookup(t, trail, &cloudtrail.LookupEventsInput{EventCategory: trailtypes.EventCategoryInsight}); len(found) != 0 {
			t.Errorf("insights: %v", names(found))
		}

		first := must[*cloudtrail.LookupEventsOutput](t)(trail.LookupEvents(t.Context(), pages))
		other := by(trailtypes.LookupAttributeKeyEventName, "DeleteParameter")
		other.NextToken = first.NextToken
		two := by(trailtypes.LookupAttributeKeyEventName, "a")
		two.LookupAttributes = append(two.LookupAttributes, two.LookupAttributes[0])
		for code, in := range map[string]*cloudtrail.LookupEventsInput{
			"InvalidLookupAttributesException": two,
			"InvalidNextTokenException":        other,
			"InvalidMaxResultsException":       {MaxResults: aws.Int32(51)},
			"InvalidTimeRangeException":        {StartTime: aws.Time(begin), EndTime: aws.Time(begin.Add(-time.Second))},
			"InvalidEventCategoryException":    {EventCategory: "lake"},
		} {
			time.Sleep(time.Second)
			if _, err := trail.LookupEvents(t.Context(), in); !isCode(err, code) {
				t.Errorf("got %v, want %s", err, code)
			}
		}
		pages.NextToken = first.NextToken
		time.Sleep(2 * time.Hour)
		if _, err := trail.LookupEvents(t.Context(), pages); !isCode(err, "InvalidNextTokenException") {
			t.Errorf("an old token: %v", err)
		}
		time.Sleep(90 * 24 * time.Hour)
		if found := lookup(t, trail, &cloudtrail.LookupEventsInput{}); len(found) != 0 {
			t.Errorf("after 90 days: %v", names(found))
		}
	})
}

// TestLookupLimits: two lookups a second for each account and region, and events
// that come late where the sandbox is told so.
func TestLookupLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, "", sandbox.Options{TrailDelay: 2 * time.Minute})
		put(t, clientsFor(s, testAccount, testRegion), "/p", "v")
		trail := trailOf(s, testAccount, testRegion)
		look := func(trail *cloudtrail.Client) (int, error) {
			out, err := trail.LookupEvents(t.Context(), &cloudtrail.LookupEventsInput{})
			if err != nil {
				return 0, err
			}
			return len(out.Events), nil
		}
		for range 2 {
			if n, err := look(trail); n != 0 || err != nil {
				t.Errorf("%d events too early: %v", n, err)
			}
		}
		if _, err := look(trail); !isCode(err, "ThrottlingException") {
			t.Errorf("a third lookup: %v", err)
		}
		if _, err := look(trailOf(s, testAccount, "eu-west-1")); err != nil {
			t.Errorf("in another region: %v", err)
		}
		time.Sleep(2 * time.Minute)
		if n, err := look(trail); n != 1 || err != nil {
			t.Errorf("%d events after the delay: %v", n, err)
		}
	})
}
