package sandbox_test

import (
	"context"
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/google/go-cmp/cmp"

	"mlops-infra-suite/internal/sandbox"
)

func TestParseFaults(t *testing.T) {
	got, err := sandbox.ParseFaults(" CreateChangeSet=throttle:0.3,WebSecurityGroup=fail, *=slow:50ms,DescribeStacks=slow:1s:0.5,")
	want := []sandbox.Fault{
		{Name: "CreateChangeSet", Kind: sandbox.Throttle, Probability: 0.3},
		{Name: "WebSecurityGroup", Kind: sandbox.Fail, Probability: 1},
		{Name: "*", Kind: sandbox.Slow, Delay: 50 * time.Millisecond, Probability: 1},
		{Name: "DescribeStacks", Kind: sandbox.Slow, Delay: time.Second, Probability: 0.5},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	if none, err := sandbox.ParseFaults(""); len(none) != 0 || err != nil {
		t.Error(none, err)
	}
}

func TestParseFaultsRefused(t *testing.T) {
	for text, want := range map[string]string{
		"CreateChangeSet":     `parse fault "CreateChangeSet": want NAME=KIND, for example CreateChangeSet=throttle:0.3`,
		"=fail":               `parse fault "=fail": want NAME=KIND, for example CreateChangeSet=throttle:0.3`,
		"A=explode":           `parse fault "A=explode": "explode" is none of throttle, error, drop, lost, denied, fail, warn, slow:DURATION`,
		"A=slow":              `parse fault "A=slow": slow needs a duration, for example slow:50ms`,
		"A=slow:soon":         `parse fault "A=slow:soon": "soon" is no duration such as 50ms or 2s`,
		"A=fail:0":            `parse fault "A=fail:0": "0" is no probability above 0, up to 1`,
		"A=fail:NaN":          `parse fault "A=fail:NaN": "NaN" is no probability above 0, up to 1`,
		"A=fail:2":            `parse fault "A=fail:2": "2" is no probability above 0, up to 1`,
		"A=throttle:0.5:0.5":  `parse fault "A=throttle:0.5:0.5": "0.5" is too much`,
		"B=fail,A=slow:1s:x:": `parse fault "A=slow:1s:x:": "" is too much`,
	} {
		if _, err := sandbox.ParseFaults(text); err == nil || err.Error() != want {
			t.Errorf("%s: got %v\nwant %s", text, err, want)
		}
	}
}

// TestFaultsThatCannotHappen: a fault that would never happen is refused, or a test that relies on it would pass for the wrong reason.
func TestFaultsThatCannotHappen(t *testing.T) {
	const (
		noAction = "the sandbox has no such action (a resource can only fail)"
		noName   = "neither the logical ID of a resource, nor Rollback: and such an ID, nor Hook: and a type such as MyCompany::Network::Guard"
	)
	for text, want := range map[string]string{
		"WebSecurityGroup=throttle":      noAction,
		"createchangeset=throttle":       noAction + "; did you mean CreateChangeSet?",
		"DescribeStack=error":            noAction + "; did you mean DescribeStacks?",
		"CreateStack=fail":               "an action can't fail, but a resource (an action has throttle, error, denied, drop, lost and slow)",
		"web-sg=fail":                    noName,
		"Rollback:=fail":                 noName,
		"Hook:=fail":                     noName,
		"Hook:Guard=warn":                noName,
		"GetParameter=warn":              "only a hook can warn",
		"RegisterUsage=NoSuchException":  "the sandbox knows no such error of the action",
		"Hook:My::Network::Guard=denied": noAction,
	} {
		_, err := sandbox.Open(t.TempDir(), sandbox.Options{Faults: parse(t, text)})
		if !errors.Is(err, sandbox.ErrFault) || err.Error() != "open sandbox: no such fault: "+text+": "+want {
			t.Errorf("%s: got %v\nwant %s", text, err, want)
		}
	}
}

// TestInjectedErrors: each service in its own words.
func TestInjectedErrors(t *testing.T) {
	calls := map[string]func(aws.Config) error{
		"cloudformation": func(cfg aws.Config) error {
			_, err := cloudformation.NewFromConfig(cfg).DescribeStacks(t.Context(), &cloudformation.DescribeStacksInput{})
			return err
		},
		"ec2": func(cfg aws.Config) error {
			_, err := ec2.NewFromConfig(cfg).DescribeVpcs(t.Context(), &ec2.DescribeVpcsInput{})
			return err
		},
		"ssm": func(cfg aws.Config) error {
			_, err := ssm.NewFromConfig(cfg).DescribeParameters(t.Context(), &ssm.DescribeParametersInput{})
			return err
		},
	}
	const unauthorized = "is not authorized to perform: "
	for _, test := range []struct {
		service, fault, code, message string
		status                        int
	}{
		{"cloudformation", "throttle", "Throttling", "Rate exceeded", 400},
		{"ec2", "throttle", "RequestLimitExceeded", "Request limit exceeded.", 503},
		{"ssm", "throttle", "ThrottlingException", "Rate exceeded", 400},
		{"cloudformation", "error", "InternalFailure", "The request processing has failed because of an unknown error.", 500},
		{"ec2", "error", "InternalError", "An internal error has occurred", 500},
		{"ssm", "error", "InternalServerError", "An error occurred on the server side.", 500},
		{"cloudformation", "denied", "AccessDenied", "User: sandbox " + unauthorized + "cloudformation:DescribeStacks", 403},
		{"ec2", "denied", "UnauthorizedOperation", "You are not authorized to perform this operation. User: sandbox " + unauthorized + "ec2:DescribeVpcs", 403},
		{"ssm", "denied", "AccessDeniedException", "User: sandbox " + unauthorized + "ssm:DescribeParameters", 400},
	} {
		s := open(t, "", sandbox.Options{Faults: parse(t, "*="+test.fault)})
		err := calls[test.service](configFor(s, testAccount, testRegion))
		wantError(t, err, test.code, test.message)
		var response *awshttp.ResponseError
		if !errors.As(err, &response) || response.HTTPStatusCode() != test.status {
			t.Errorf("%s %s: %v, want status %d", test.service, test.fault, err, test.status)
		}
	}
}

func TestDropAndLost(t *testing.T) {
	s := open(t, "", sandbox.Options{Faults: parse(t, "PutParameter=drop,AddTagsToResource=lost")})
	c := clientsFor(s, testAccount, testRegion)
	_, err := c.ssm.PutParameter(t.Context(), &ssm.PutParameterInput{
		Name: aws.String("/a"), Value: aws.String("1"), Type: types.ParameterTypeString})
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("dropped: %v", err)
	}
	_, err = c.ssm.GetParameter(t.Context(), &ssm.GetParameterInput{Name: aws.String("/a")})
	wantError(t, err, "ParameterNotFound", "Parameter /a not found.") // nothing was done

	_, _, err = s.EnsureVPC(testAccount, testRegion, "/vpc/main/VPCId")
	if err != nil {
		t.Fatal(err)
	}
	parameter := types.ResourceTypeForTaggingParameter
	_, err = c.ssm.AddTagsToResource(t.Context(), &ssm.AddTagsToResourceInput{
		ResourceType: parameter, ResourceId: aws.String("/vpc/main/VPCId"), Tags: []types.Tag{{Key: aws.String("k"), Value: aws.String("v")}}})
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("lost: %v", err)
	}
	tags := must[*ssm.ListTagsForResourceOutput](t)(c.ssm.ListTagsForResource(t.Context(),
		&ssm.ListTagsForResourceInput{ResourceType: parameter, ResourceId: aws.String("/vpc/main/VPCId")}))
	if len(tags.TagList) != 1 {
		t.Error("what was lost was not done")
	}
}

func TestSlow(t *testing.T) {
	s := open(t, "", sandbox.Options{Faults: parse(t, "GetCallerIdentity=slow:1h")})
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		c := clientsFor(s, testAccount, testRegion)
		if _, err := c.sts.GetCallerIdentity(t.Context(), nil); err != nil {
			t.Error(err)
		}
		if took := time.Since(begin); took != time.Hour {
			t.Errorf("took %s", took)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := c.sts.GetCallerIdentity(ctx, nil); err == nil {
			t.Error("a request outlives its context")
		}
		if took := time.Since(begin); took != time.Hour+time.Minute {
			t.Errorf("took %s", took)
		}
	})
}

// TestProbability: seeded, so that a run can be repeated.
func TestProbability(t *testing.T) {
	failures := func(seed uint64) (pattern string) {
		s := open(t, "", sandbox.Options{Seed: seed, Faults: parse(t, "DescribeVpcs=throttle:0.3")})
		c := clientsFor(s, testAccount, testRegion)
		for range 40 {
			_, err := c.ec2.DescribeVpcs(t.Context(), nil)
			pattern += map[bool]string{true: "x", false: "."}[err != nil]
		}
		return pattern
	}
	const want = "..........x.x....x...xx...x..x.xx.x.xx.."
	if got := failures(1); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if failures(1) == failures(2) {
		t.Error("two seeds give the same faults")
	}
}
