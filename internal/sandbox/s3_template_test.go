package sandbox_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	cfntypes "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"

	"mlops-infra-suite/internal/sandbox"
)

const inBucket = `{"Resources": {"P": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": "v", "Name": "/by/url"}}}}`

// padded is a template of so many bytes.
func padded(bytes int) string { return inBucket + strings.Repeat(" ", bytes-len(inBucket)) }

func putTemplate(t *testing.T, c *s3.Client, bucket, key, body string) {
	t.Helper()
	if _, err := c.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: strings.NewReader(body)}); err != nil {
		t.Fatal(err)
	}
}

// TestTemplateURL: each action that takes a template takes one from a bucket too, up to a megabyte; what the stack has then is
// its own.
func TestTemplateURL(t *testing.T) {
	box := open(t, "", sandbox.Options{})
	buckets := s3For(box, testAccount, testRegion)
	makeBucket(t, buckets, "of.templates")
	largest := padded(1_000_000)
	putTemplate(t, buckets, "of.templates", "dir/large.json", largest)
	putTemplate(t, buckets, "of.templates", "too large", padded(1_000_001))
	cfn := cloudformation.NewFromConfig(configFor(box, testAccount, testRegion))
	ctx := t.Context()
	for _, form := range []string{
		"https://s3.us-west-2.amazonaws.com/of.templates/dir/large.json", "https://of.templates.s3.us-west-2.amazonaws.com/dir/large.json",
		"https://s3.amazonaws.com/of.templates/dir/large.json", "https://s3-us-west-2.amazonaws.com/of.templates/dir/large.json",
		"https://of.templates.s3.dualstack.us-west-2.amazonaws.com/dir/large.json", "http://127.0.0.1:7424/of.templates/dir/large.json",
	} {
		if _, err := cfn.ValidateTemplate(ctx, &cloudformation.ValidateTemplateInput{TemplateURL: &form}); err != nil {
			t.Errorf("%s: %v", form, err)
		}
	}
	from := aws.String("https://s3.us-west-2.amazonaws.com/of.templates/dir/large.json")
	summary, err := cfn.GetTemplateSummary(ctx, &cloudformation.GetTemplateSummaryInput{TemplateURL: from})
	if err != nil || len(summary.ResourceTypes) != 1 {
		t.Errorf("%+v, %v", summary, err)
	}
	if _, err := cfn.CreateStack(ctx, &cloudformation.CreateStackInput{StackName: aws.String("direct"), TemplateURL: from}); err != nil {
		t.Fatal(err)
	}
	if _, err := buckets.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: aws.String("of.templates"), Key: aws.String("dir/large.json")}); err != nil {
		t.Fatal(err)
	}
	settled(t, cfn, "direct")
	got, err := cfn.GetTemplate(ctx, &cloudformation.GetTemplateInput{StackName: aws.String("direct")})
	if err != nil || *got.TemplateBody != largest {
		t.Errorf("%v", err)
	}
	putTemplate(t, buckets, "of.templates", "dir/large.json", strings.Replace(largest, `"v"`, `"w"`, 1))
	if _, err := cfn.UpdateStack(ctx, &cloudformation.UpdateStackInput{StackName: aws.String("direct"), TemplateURL: from}); err != nil {
		t.Fatal(err)
	}
	settled(t, cfn, "direct")
	_, err = cfn.CreateChangeSet(ctx, &cloudformation.CreateChangeSetInput{
		StackName: aws.String("direct"), ChangeSetName: aws.String("previous"), UsePreviousTemplate: aws.Bool(true), Tags: []cfntypes.Tag{{Key: aws.String("k"), Value: aws.String("v")}},
	})
	if err != nil {
		t.Error("a large template that the stack has:", err)
	}
	if _, err := cfn.GetTemplateSummary(ctx, &cloudformation.GetTemplateSummaryInput{StackName: aws.String("direct")}); err != nil {
		t.Error(err)
	}
}

// settled waits for the end of an operation.
func settled(t *testing.T, cfn *cloudformation.Client, name string) {
	t.Helper()
	for range 10_000 {
		out, err := cfn.DescribeStacks(t.Context(), &cloudformation.DescribeStacksInput{StackName: &name})
		if err != nil {
			t.Fatal(err)
		}
		if status := string(out.Stacks[0].StackStatus); strings.HasSuffix(status, "_COMPLETE") {
			return
		}
	}
	t.Fatal("the operation doesn't end")
}

// TestTemplateURLRefused: where there is no template to read, CloudFormation says so, in its words and S3's.
func TestTemplateURLRefused(t *testing.T) {
	box := open(t, "", sandbox.Options{})
	makeBucket(t, s3For(box, testAccount, testRegion), "ours")
	makeBucket(t, s3For(box, "444455556666", testRegion), "theirs")
	makeBucket(t, s3For(box, testAccount, "eu-west-1"), "far-away")
	putTemplate(t, s3For(box, testAccount, testRegion), "ours", "large", padded(1_000_001))
	putTemplate(t, s3For(box, testAccount, testRegion), "ours", "text", "no template")
	putTemplate(t, s3For(box, testAccount, "eu-west-1"), "far-away", "k", inBucket)
	const more = "\nFor more information check http://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html"
	cfn := cloudformation.NewFromConfig(configFor(box, testAccount, testRegion))
	for url, want := range map[string]string{
		"https://s3.us-west-2.amazonaws.com/ours/large": "Template may not exceed 1000000 bytes in size.",
		"https://s3.us-west-2.amazonaws.com/ours/other": "S3 error: The specified key does not exist." + more,
		"https://s3.us-west-2.amazonaws.com/nobodys/k":  "S3 error: The specified bucket does not exist" + more,
		"https://s3.us-west-2.amazonaws.com/theirs/k":   "S3 error: Access Denied" + more,
		"https://s3.us-west-2.amazonaws.com/far-away/k": "S3 error: The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint." + more,
		"https://s3.eu-west-1.amazonaws.com/far-away/k": "",
		"https://s3.us-west-2.amazonaws.com/ours":       "TemplateURL must reference a valid S3 object to which you have access.",
		"https://example.com/ours/k":                    "TemplateURL must be a supported URL.",
		"http://s3.us-west-2.amazonaws.com/ours/k":      "TemplateURL must be a supported URL.",
		"s3://ours/k": "S3 error: Domain name specified in ours is not a valid S3 domain",
		"https://s3.amazonaws.com/ours/text?versionId=1": "The sandbox takes no TemplateURL with parameters, for it has no versions of objects.",
		"https://s3.us-west-2.amazonaws.com/ours/text":   "Template format error: unsupported structure.",
		"https://s3.us-west-2.amazonaws.com/" + strings.Repeat("k", 5120): "1 validation error detected: Value 'https://s3.us-west-2.amazonaws.com/" + strings.Repeat("k", 29) +
			"...' at 'templateURL' failed to satisfy constraint: Member must have length less than or equal to 5120",
	} {
		_, err := cfn.ValidateTemplate(t.Context(), &cloudformation.ValidateTemplateInput{TemplateURL: &url})
		refused, _ := errors.AsType[smithy.APIError](err)
		if want == "" && err == nil {
			continue
		}
		if refused == nil || refused.ErrorCode() != "ValidationError" || refused.ErrorMessage() != want {
			t.Errorf("%.60s: %v", url, err)
		}
	}
	both := &cloudformation.ValidateTemplateInput{TemplateURL: aws.String("https://s3.amazonaws.com/ours/text"), TemplateBody: aws.String(inBucket)}
	if _, err := cfn.ValidateTemplate(t.Context(), both); err == nil || !strings.Contains(err.Error(), "Exactly one of TemplateBody or TemplateUrl must be specified") {
		t.Errorf("got %v", err)
	}
}
