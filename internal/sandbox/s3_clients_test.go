//go:build tools

package sandbox_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mlops-infra-suite/internal/sandbox"
)

// TestAWSCLIOfS3: the AWS CLI makes buckets, copies files there and back, and deploys a template that is too large for a request.
func TestAWSCLIOfS3(t *testing.T) {
	t.Parallel()
	_, address, _ := serve(t, sandbox.Options{})
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	large := file("large.json", strings.Replace(inBucket, "{", `{"Metadata": {"Padding": "`+strings.Repeat("x", 60_000)+`"}, `, 1))
	back := filepath.Join(dir, "back.json")
	wide := strings.Repeat("y", 3<<20)
	runCLI(t, environment(t, address), []cliStep{
		{arguments: "s3 mb s3://cli-templates", want: "make_bucket: cli-templates"},
		{arguments: "s3 mb s3://cli-templates", refused: "make_bucket failed: s3://cli-templates An error occurred (BucketAlreadyOwnedByYou) when calling the " +
			"CreateBucket operation: Your previous request to create the named bucket succeeded and you already own it."},
		{arguments: "s3api head-bucket --bucket cli-templates --query BucketRegion --output text", want: "us-west-2"},
		{arguments: "s3api get-bucket-location --bucket cli-templates --output text", want: "us-west-2"},
		{arguments: "s3api list-buckets --query Buckets[0].Name --output text", want: "cli-templates"},
		{arguments: "s3 cp --no-progress " + large + " s3://cli-templates/dir/large.json", want: "upload: ../" + relative(t, large) + " to s3://cli-templates/dir/large.json"},
		{arguments: "s3 cp --quiet s3://cli-templates/dir/large.json " + back},
		{arguments: "s3 cp --quiet " + file("wide", wide) + " s3://cli-templates/wide --sse AES256 --metadata run=7"},
		{arguments: "s3api head-object --bucket cli-templates --key wide --checksum-mode ENABLED " +
			"--query [ContentLength,Metadata.run,ServerSideEncryption,ChecksumType] --output text", want: "3145728\t7\tAES256\tFULL_OBJECT"},
		{arguments: "s3api put-object --bucket cli-templates --key wide --if-none-match * --body " + large,
			refused: "An error occurred (PreconditionFailed) when calling the PutObject operation: At least one of the pre-conditions you specified did not hold"},
		{arguments: "s3api get-object --bucket cli-templates --key wide --expected-bucket-owner 444455556666 " + back,
			refused: "An error occurred (AccessDenied) when calling the GetObject operation: Access Denied"},
		{arguments: "s3api get-object --bucket cli-templates --key none " + back,
			refused: "An error occurred (NoSuchKey) when calling the GetObject operation: The specified key does not exist."},
		{arguments: "s3api list-objects-v2 --bucket cli-templates --delimiter / --query [CommonPrefixes[0].Prefix,Contents[0].Key] --output text", want: "dir/\twide"},
		{arguments: "s3api get-bucket-policy --bucket cli-templates", refused: "An error occurred (NotImplemented) when calling the GetBucketPolicy operation: " +
			"A query parameter you provided implies functionality that is not implemented by this sandbox."},
		{arguments: "cloudformation validate-template --template-url https://s3.us-west-2.amazonaws.com/cli-templates/dir/large.json --query Parameters", want: "[]"},
		{arguments: "cloudformation create-stack --stack-name s --template-url https://s3.us-west-2.amazonaws.com/cli-templates/none",
			refused: "An error occurred (ValidationError) when calling the CreateStack operation: S3 error: The specified key does not exist.\n" +
				"For more information check http://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html"},
	})
	if _, stderr := awsCLI(t, environment(t, address), "cloudformation deploy --stack-name cli --template-file "+large+
		" --s3-bucket cli-templates --s3-prefix deploy"); !strings.Contains(stderr, "Uploading to deploy/") {
		t.Error(stderr)
	}
	runCLI(t, environment(t, address), []cliStep{
		{arguments: "cloudformation describe-stacks --stack-name cli --query Stacks[0].StackStatus --output text", want: "CREATE_COMPLETE"},
		{arguments: "s3 rm --quiet --recursive s3://cli-templates"},
		{arguments: "s3 ls s3://cli-templates"},
		{arguments: "s3 rb s3://cli-templates", want: "remove_bucket: cli-templates"},
		{arguments: "s3api head-bucket --bucket cli-templates", refused: "An error occurred (404) when calling the HeadBucket operation: Not Found"},
	})
	sent, err := os.ReadFile(large)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(back)
	if err != nil || !bytes.Equal(sent, got) {
		t.Errorf("the copy has %d bytes, %v", len(got), err)
	}
}

// relative is a path as the AWS CLI shows it, below the parent of the working directory.
func relative(t *testing.T, path string) string {
	t.Helper()
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	shown, err := filepath.Rel(here, path)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimPrefix(shown, "../")
}

// TestBoto3OfS3: boto3 puts and reads objects with all its checksums, finds a bucket in another region by itself, and words the
// errors.
func TestBoto3OfS3(t *testing.T) {
	t.Parallel()
	_, address, _ := serve(t, sandbox.Options{})
	got := python(t, environment(t, address), "testdata/boto3_s3.py")
	want := map[string]any{
		"same": []any{"CRC32", "CRC32C", "SHA1", "SHA256", "default", "file"},
		"keys": []any{"a/1", "a/2", "b c&d"}, "pages": 2.0, "far": "eu-west-1", "etag": `"900150983cd24fb0d6963f7d28e17f72"`,
		"errors": []any{"NoSuchBucket", "NoSuchKey", "BadDigest", "404", "BucketNotEmpty"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
