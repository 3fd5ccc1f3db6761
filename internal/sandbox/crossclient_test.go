//go:build tools

package sandbox_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/google/go-cmp/cmp"

	"mlops-infra-suite/internal/sandbox"
)

// served are clients of the Go SDK that talk to a server, as others do.
func served(address, accessKey string) clients {
	cfg := configFor(nil, accessKey, testRegion)
	cfg.HTTPClient, cfg.BaseEndpoint = nil, aws.String("http://"+address)
	return clients{ec2: ec2.NewFromConfig(cfg), ssm: ssm.NewFromConfig(cfg), sts: sts.NewFromConfig(cfg)}
}

// value is what a parameter holds.
func value(t *testing.T, c clients, name string) string {
	t.Helper()
	return *must[*ssm.GetParameterOutput](t)(c.ssm.GetParameter(t.Context(), &ssm.GetParameterInput{Name: &name})).Parameter.Value
}

// TestClientsReadEachOther has boto3 lead a stack through its life beside what the
// Go SDK has made, and the Go SDK and the AWS CLI read what boto3 has left.
func TestClientsReadEachOther(t *testing.T) {
	_, address, _ := serve(t, sandbox.Options{})
	c := served(address, "123456789012")
	vpc := newVPC(t, c)
	group := newGroup(t, c, vpc, "go")
	put(t, c, "/go", group)

	got := python(t, environment(t, address), "testdata/boto3_stack.py", vpc, group, "/go")
	want := map[string]any{
		"group of Go":     []any{"go", "go tier", true},
		"parameter of Go": true,
		"create":          []any{[]any{"Add HTTPS", "Add Web"}, "CREATE_COMPLETE", []any{"443 from the hub"}},
		"change":          []any{[]any{"Modify HTTPS"}, "UPDATE_COMPLETE", []any{"8443 from the hub"}},
		"no change":       "The submitted information didn't contain changes",
		"failure":         []any{[]any{"Modify HTTPS"}, "UPDATE_ROLLBACK_COMPLETE", []any{"8443 from the hub"}},
		"failed":          []any{"HTTPS", true},
		"deleted":         "Stack with id boto3 does not exist",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}

	left := groups(t, c, "group-name", "boto3")[0]
	tags := []types.Tag{{Key: aws.String("By"), Value: aws.String("boto3")}}
	if diff := cmp.Diff(tags, left.Tags, plain); diff != "" || *left.Description != "made by boto3" {
		t.Errorf("%s: %s", *left.Description, diff)
	}
	if value(t, c, "/boto3") != *left.GroupId || value(t, served(address, "444455556666"), "/boto3") != "elsewhere" {
		t.Error("the parameters of boto3 aren't what it has written")
	}
	fromCLI, stderr := awsCLI(t, environment(t, address), "ssm get-parameters --names /go /boto3 --query Parameters[].Value --output text")
	if fromCLI != *left.GroupId+"\t"+group {
		t.Errorf("the AWS CLI reads %q: %s", fromCLI, stderr)
	}
}
