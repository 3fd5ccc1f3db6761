package live_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	gocmp "github.com/google/go-cmp/cmp"

	"mlops-infra-suite/internal/live"
)

// trailOf is a CloudTrail with the given events, which come in pages of so many.
type trailOf struct {
	events []string
	page   int
	calls  []time.Time
}

func (f *trailOf) LookupEvents(_ context.Context, in *cloudtrail.LookupEventsInput, _ ...func(*cloudtrail.Options)) (*cloudtrail.LookupEventsOutput, error) {
	f.calls = append(f.calls, time.Now())
	if a := in.LookupAttributes; len(a) != 1 || a[0].AttributeKey != types.LookupAttributeKeyResourceName {
		return nil, fmt.Errorf("looked up by %v", a)
	}
	from := 0
	if in.NextToken != nil {
		var err error
		if from, err = strconv.Atoi(*in.NextToken); err != nil {
			return nil, err
		}
	}
	to := min(from+f.page, len(f.events))
	out := &cloudtrail.LookupEventsOutput{}
	for _, text := range f.events[from:to] {
		out.Events = append(out.Events, types.Event{CloudTrailEvent: aws.String(text)})
	}
	if to < len(f.events) {
		out.NextToken = aws.String(fmt.Sprint(to))
	}
	return out, nil
}

// events are all events of a resource.
func events(t *testing.T, api *trailOf, resource string) []live.Event {
	t.Helper()
	var list []live.Event
	for e, err := range live.NewTrail(api).Events(t.Context(), resource) {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, e)
	}
	return list
}

const sg = "sg-0123456789abcdef0"

// changesOf are the changes of rules that one event tells, in words.
func changesOf(t *testing.T, event string) []string {
	t.Helper()
	if !json.Valid([]byte(event)) {
		t.Fatalf("no JSON: %s", event)
	}
	list := events(t, &trailOf{events: []string{event}, page: 1}, sg)
	var out []string
	for _, e := range list {
		for _, c := range e.Rules {
			r := c.Rule
			direction := map[bool]string{false: "in", true: "out"}[r.Egress]
			out = append(out, fmt.Sprintf("%s [%s] %s %s %d-%d %s%s%s %q", c.Verb, r.ID, direction, r.Protocol, r.FromPort, r.ToPort, r.CIDR, r.PrefixList, r.Group, r.Description))
			if r.GroupID != sg {
				t.Errorf("the rule is of the group %q", r.GroupID)
			}
		}
	}
	return out
}

// The forms in which calls are logged, as they are reported.
func TestEventsTellWhatBecameOfRules(t *testing.T) {
	const frame = `{"eventVersion":"1.11","eventName":%q,"eventTime":"2026-11-23T10:00:00Z","requestParameters":%s,"responseElements":%s}`
	for _, tc := range []struct {
		name, event, request, response string
		want                           []string
	}{
		{
			"permissions, without an answer", "AuthorizeSecurityGroupIngress",
			`{"groupId":"` + sg + `","ipPermissions":{"items":[{"ipProtocol":"tcp","fromPort":22,"toPort":23,"groups":{"items":[{"groupId":"sg-1","userId":"1"}]},
				"ipRanges":{"items":[{"cidrIp":"0.0.0.0/0","description":"why"}]},"ipv6Ranges":{"items":[{"cidrIpv6":"::/0"}]},"prefixListIds":{"items":[{"prefixListId":"pl-1"}]}},
				{"ipProtocol":"-1","groups":{},"ipRanges":{},"ipv6Ranges":{},"prefixListIds":{}}]}}`, `null`,
			[]string{
				`authorized [] in tcp 22-23 0.0.0.0/0 "why"`, `authorized [] in tcp 22-23 ::/0 ""`,
				`authorized [] in tcp 22-23 pl-1 ""`, `authorized [] in tcp 22-23 sg-1 ""`,
			},
		},
		{
			"the answer tells IDs", "AuthorizeSecurityGroupEgress",
			`{"groupId":"` + sg + `","ipPermissions":{"items":[]}}`,
			`{"requestId":"r","_return":true,"securityGroupRuleSet":{"items":[{"groupOwnerId":"1","groupId":"` + sg + `","securityGroupRuleId":"sgr-1","isEgress":true,
				"ipProtocol":"udp","fromPort":53,"toPort":53,"cidrIpv4":"10.0.0.2/32","description":"DNS"},
				{"securityGroupRuleId":"sgr-2","isEgress":true,"ipProtocol":"-1","fromPort":-1,"toPort":-1,"referencedGroupInfo":{"groupId":"sg-2"}}]}}`,
			[]string{`authorized [sgr-1] out udp 53-53 10.0.0.2/32 "DNS"`, `authorized [sgr-2] out -1 -1--1 sg-2 ""`},
		},
		{
			"the flat form of old requests", "AuthorizeSecurityGroupIngress",
			`{"groupId":"` + sg + `","ipProtocol":"tcp","fromPort":"22","toPort":22,"cidrIp":"10.0.0.0/8"}`, `{"_return":true}`,
			[]string{`authorized [] in tcp 22-22 10.0.0.0/8 ""`},
		},
		{
			"revoked by ID, and nothing told of it", "RevokeSecurityGroupIngress",
			`{"groupId":"` + sg + `","ipPermissions":{},"securityGroupRuleIds":{"items":[{"securityGroupRuleId":"sgr-1"},{"securityGroupRuleId":"sgr-2"}]}}`, `{"_return":true}`,
			[]string{`revoked [sgr-1] in  0-0  ""`, `revoked [sgr-2] in  0-0  ""`},
		},
		{
			"revoked, and told", "RevokeSecurityGroupEgress",
			`{"groupId":"` + sg + `","ipPermissions":{"items":[{"ipProtocol":"tcp","fromPort":1,"toPort":1,"ipRanges":{"items":[{"cidrIp":"10.0.0.0/8"}]}}]}}`,
			`{"revokedSecurityGroupRuleSet":{"items":[{"securityGroupRuleId":"sgr-1","isEgress":true,"ipProtocol":"tcp","fromPort":1,"toPort":1,"cidrIpv4":"10.0.0.0/8"}]}}`,
			[]string{`revoked [sgr-1] out tcp 1-1 10.0.0.0/8 ""`},
		},
		{
			"modified", "ModifySecurityGroupRules",
			`{"ModifySecurityGroupRulesRequest":{"GroupId":"` + sg + `","SecurityGroupRule":{"tag":1,"SecurityGroupRuleId":"sgr-1",
				"SecurityGroupRule":{"IpProtocol":"tcp","FromPort":80,"ToPort":8080,"CidrIpv4":"0.0.0.0/0","Description":"wider"}}}}`,
			`{"ModifySecurityGroupRulesResponse":{"return":true}}`,
			[]string{`modified [sgr-1] in tcp 80-8080 0.0.0.0/0 "wider"`},
		},
		{
			"two modified", "ModifySecurityGroupRules",
			`{"ModifySecurityGroupRulesRequest":{"GroupId":"` + sg + `","SecurityGroupRule":[{"tag":1,"SecurityGroupRuleId":"sgr-1","SecurityGroupRule":{"IpProtocol":"-1","CidrIpv6":"::/0"}},
				{"tag":2,"SecurityGroupRuleId":"sgr-2","SecurityGroupRule":{"IpProtocol":"tcp","FromPort":1,"ToPort":2,"ReferencedGroupId":"sg-3"}}]}}`, `null`,
			[]string{`modified [sgr-1] in -1 -1--1 ::/0 ""`, `modified [sgr-2] in tcp 1-2 sg-3 ""`},
		},
		{
			"described by ID", "UpdateSecurityGroupRuleDescriptionsIngress",
			`{"UpdateSecurityGroupRuleDescriptionsIngressRequest":{"GroupId":"` + sg + `","SecurityGroupRuleDescription":{"SecurityGroupRuleId":"sgr-1","Description":"x","tag":1}}}`, `null`,
			[]string{`described [sgr-1] in  0-0  "x"`},
		},
		{
			"described by permission", "UpdateSecurityGroupRuleDescriptionsEgress",
			`{"groupId":"` + sg + `","ipPermissions":{"items":[{"ipProtocol":"tcp","fromPort":1,"toPort":1,"ipRanges":{"items":[{"cidrIp":"10.0.0.0/8","description":"y"}]}}]}}`, `null`,
			[]string{`described [] out tcp 1-1 10.0.0.0/8 "y"`},
		},
		{"something else", "CreateSecurityGroup", `{"groupName":"x"}`, `{"groupId":"` + sg + `"}`, nil},
		{"nothing told", "AuthorizeSecurityGroupIngress", `null`, `null`, nil},
		{"of another form", "ModifySecurityGroupRules", `["a", {"b": 1}]`, `"text"`, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if diff := gocmp.Diff(tc.want, changesOf(t, fmt.Sprintf(frame, tc.event, tc.request, tc.response))); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestEventsTellWho(t *testing.T) {
	frame := func(identity, address, agent string) string {
		return `{"eventID":"e","eventName":"CreateTags","eventTime":"2026-11-23T10:00:00Z","sourceIPAddress":"` + address + `","userAgent":"` + agent + `","userIdentity":` + identity +
			`,"requestParameters":{"resourcesSet":{"items":[{"resourceId":"` + sg + `"}]},"tagSet":{"items":[{"key":"owner","value":"me"}]}}}`
	}
	for _, tc := range []struct {
		event string
		want  live.Actor
	}{
		{
			frame(`{"type":"AssumedRole","arn":"arn:aws:sts::1:assumed-role/Ops/alice","sessionContext":{"sessionIssuer":{"arn":"arn:aws:iam::1:role/Ops"}}}`, "198.51.100.7", "aws-cli/2"),
			live.Actor{ARN: "arn:aws:sts::1:assumed-role/Ops/alice", Issuer: "arn:aws:iam::1:role/Ops", SourceIP: "198.51.100.7", UserAgent: "aws-cli/2"},
		},
		{
			frame(`{"type":"IAMUser","arn":"arn:aws:iam::1:user/bob","invokedBy":"cloudformation.amazonaws.com"}`, "cloudformation.amazonaws.com", "cloudformation.amazonaws.com"),
			live.Actor{ARN: "arn:aws:iam::1:user/bob", Service: "cloudformation.amazonaws.com", SourceIP: "cloudformation.amazonaws.com", UserAgent: "cloudformation.amazonaws.com"},
		},
		{
			frame(`{"type":"AWSService","invokedBy":"config.amazonaws.com"}`, "config.amazonaws.com", "x"),
			live.Actor{ARN: "config.amazonaws.com", Service: "config.amazonaws.com", SourceIP: "config.amazonaws.com", UserAgent: "x"},
		},
		{
			frame(`{"type":"AWSAccount","principalId":"AIDA","accountId":"2"}`, "10.0.0.1", "x"),
			live.Actor{ARN: "AIDA", SourceIP: "10.0.0.1", UserAgent: "x"},
		},
	} {
		want := []live.Event{{
			ID: "e", Name: "CreateTags", Time: time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC), Actor: tc.want,
			Group: sg, Names: []string{sg}, Tags: map[string]string{"owner": "me"},
		}}
		if diff := gocmp.Diff(want, events(t, &trailOf{events: []string{tc.event}, page: 1}, sg)); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	}
}

// What changed nothing is no event, and what can't be read is left out.
func TestEventsThatChangedNothing(t *testing.T) {
	api := &trailOf{page: 10, events: []string{
		`{"eventName":"AuthorizeSecurityGroupIngress","errorCode":"Client.UnauthorizedOperation"}`,
		`{"eventName":"AuthorizeSecurityGroupIngress","errorCode":"Client.DryRunOperation"}`,
		`not JSON`, ``, `[]`, `null`, `{"eventName":7}`, `{"eventName":"CreateTags"}`,
	}}
	var names []string
	for _, e := range events(t, api, sg) {
		names = append(names, e.Name)
	}
	if diff := gocmp.Diff([]string{"7", "CreateTags"}, names); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// Two calls a second are all that CloudTrail bears, over all resources.
func TestEventsKeepCloudTrailsPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := &trailOf{page: 1}
		for range 7 {
			api.events = append(api.events, `{"eventName":"CreateTags"}`)
		}
		trail := live.NewTrail(api)
		for _, resource := range []string{"sg-1", "sg-2"} {
			n := 0
			for _, err := range trail.Events(t.Context(), resource) {
				if err != nil {
					t.Fatal(err)
				}
				n++
			}
			if n != 7 {
				t.Errorf("%s: %d events", resource, n)
			}
		}
		for i := 2; i < len(api.calls); i++ {
			if gap := api.calls[i].Sub(api.calls[i-2]); gap < time.Second {
				t.Errorf("calls %d to %d within %v", i-2, i, gap)
			}
		}
		if took := api.calls[len(api.calls)-1].Sub(api.calls[0]); took != 6*time.Second {
			t.Errorf("14 calls took %v", took)
		}
	})
}

func TestEventsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := &trailOf{page: 1}
		for range 100 {
			api.events = append(api.events, `{"eventName":"CreateTags"}`)
		}
		var last error
		for _, err := range live.NewTrail(api).Events(t.Context(), sg) {
			last = err
		}
		if !errors.Is(last, live.ErrTrailTooLong) || len(api.calls) > 50 {
			t.Errorf("%v after %d calls", last, len(api.calls))
		}
		api.calls = nil
		for _, err := range live.NewTrail(api).Events(t.Context(), sg) {
			if err != nil {
				t.Error(err)
			}
			break
		}
		if len(api.calls) != 1 {
			t.Errorf("%d calls for one event", len(api.calls))
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		n := 0
		for _, err := range live.NewTrail(api).Events(ctx, sg) {
			if n++; err != nil && !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		}
		if n > 3 {
			t.Errorf("%d events after the end of the context", n)
		}
	})
}

// Whatever an event holds, reading it ends.
func FuzzEvent(f *testing.F) {
	f.Add(`{"eventName":"ModifySecurityGroupRules","requestParameters":{"ModifySecurityGroupRulesRequest":{"SecurityGroupRule":[{"SecurityGroupRule":{"CidrIpv4":"10.0.0.0/8"}}]}}}`)
	f.Add(`{"eventName":"AuthorizeSecurityGroupIngress","requestParameters":{"ipPermissions":{"items":{"items":{"item":[{"ipRanges":[["x"]]}]}}}}}`)
	f.Add(`{"eventName":"RevokeSecurityGroupEgress","requestParameters":{"securityGroupRuleIds":["sgr-1",{"a":"sgr-2"}]},"responseElements":{"x":1}}`)
	f.Add(`{"eventName":"CreateTags","requestParameters":{"resourcesSet":{"items":[1,null,[]]},"tagSet":{"items":"x"},"tagKeys":[{}]}}`)
	f.Fuzz(func(t *testing.T, text string) {
		api := &trailOf{events: []string{text}, page: 1}
		for e, err := range live.NewTrail(api).Events(t.Context(), sg) {
			if err != nil || e.Name == "" {
				t.Errorf("%+v, %v", e, err)
			}
		}
	})
}
