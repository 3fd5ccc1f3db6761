package cli_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"mlops-infra-suite/internal/awsenv"
)

const wideBucket = "wide.templates-123456789012-us-west-2" // with a dot, which no host name below https could have

// wideScenario has eight tiers of fifty rules each: over 100,000 bytes as JSON.
func wideScenario() string {
	var b strings.Builder
	b.WriteString("name: wide\ndescription: Eight tiers with fifty partners each\ntiers:\n")
	for tier := range 8 {
		fmt.Fprintf(&b, "  t%d:\n    ingress:\n", tier)
		for partner := range 50 {
			fmt.Fprintf(&b, "      - {protocol: tcp, port: %d, source: 10.%d.%d.0/24, description: partner %[3]d of tier %[2]d}\n", 8000+partner, tier, partner)
		}
	}
	return b.String()
}

// bucketbench is a workbench with the wide scenario and a client for its bucket, which is still to be made.
type bucketbench struct {
	*workbench
	s3 *s3.Client
}

func newBucketbench(t *testing.T) bucketbench {
	t.Helper()
	w := bucketbench{workbench: newWorkbench(t, "dev")}
	cfg := awsenv.Sandbox(awsenv.SandboxOptions{Handler: w.calls, Account: benchAccount, Region: benchRegion})
	w.s3 = s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = true })
	w.write(t, "scenarios/wide.yaml", wideScenario())
	w.write(t, "app_config.yaml", "template_bucket: wide.templates-{account_id}-{region}\n")
	w.overrides(t, "{}")
	return w
}

func (w bucketbench) write(t *testing.T, name, text string) {
	t.Helper()
	path := filepath.Join(w.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// overrides writes the config.
func (w bucketbench) overrides(t *testing.T, overrides string) {
	t.Helper()
	w.write(t, "configs/my.yaml", `client: {company_name: My, company_prefix: my, account_id: "123456789012", tenant_id: m001}
environment: {env: dev, region: us-west-2}
security_groups:
  scenario: wide
  overrides: `+overrides+"\ntags: {owner: team}\n")
}

func (w bucketbench) makeBucket(t *testing.T) {
	t.Helper()
	if _, err := w.s3.CreateBucket(t.Context(), &s3.CreateBucketInput{
		Bucket: aws.String(wideBucket), CreateBucketConfiguration: &types.CreateBucketConfiguration{LocationConstraint: benchRegion},
	}); err != nil {
		t.Fatal(err)
	}
}

func (w bucketbench) objects(t *testing.T) []string {
	t.Helper()
	out, err := w.s3.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String(wideBucket)})
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, o := range out.Contents {
		if *o.Size <= 51_200 {
			t.Errorf("%s has only %d bytes", *o.Key, *o.Size)
		}
		keys = append(keys, *o.Key)
	}
	return keys
}

func (w bucketbench) wantObjects(t *testing.T, after string, want int) {
	t.Helper()
	if keys := w.objects(t); len(keys) != want {
		t.Errorf("after %s there are %v", after, keys)
	}
}

// TestWideSet leads a set of 400 rules through its whole life, by the way that the SDK goes to AWS.
func TestWideSet(t *testing.T) {
	w := newBucketbench(t)
	var refused struct {
		Error struct{ Message, Hint string }
	}
	w.run(t, 1, &refused, "show-changes")
	if refused.Error.Message != "there is no bucket "+wideBucket || refused.Error.Hint != "make it (aws s3 mb s3://"+wideBucket+" --region us-west-2), or name another one" {
		t.Errorf("%+v", refused)
	}
	w.makeBucket(t)

	var shown struct{ Changes []json.RawMessage }
	w.run(t, 0, &shown, "show-changes")
	if len(shown.Changes) != 416 { // 400 rules; a group and a parameter for each tier
		t.Errorf("%d changes", len(shown.Changes))
	}
	w.wantObjects(t, "a preview", 0)
	var checked struct {
		CheckedBy []string `json:"checked_by"`
	}
	w.run(t, 0, &checked, "validate-template")
	if !slices.Equal(checked.CheckedBy, []string{"sg-provisioner", "cloudformation"}) {
		t.Errorf("checked by %v", checked.CheckedBy)
	}
	w.wantObjects(t, "a validation", 0)

	var done struct{ Outcome string }
	w.run(t, 0, &done, "create-security-groups", "--force")
	if done.Outcome != "created" {
		t.Errorf("%+v", done)
	}
	w.wantObjects(t, "the first deployment", 1)
	if key := w.objects(t)[0]; !strings.HasPrefix(key, "sg-provisioner/my-dev-m001-us-west-2-sg/") || !strings.HasSuffix(key, ".json") {
		t.Error(key)
	}
	w.overrides(t, "{t3: {port_overrides: [{protocol: tcp, old_port: 8007, new_port: 9007}]}}")
	w.run(t, 0, &shown, "show-changes")
	if len(shown.Changes) != 2 {
		t.Errorf("%d changes", len(shown.Changes))
	}
	w.wantObjects(t, "the preview of an update", 1)
	w.run(t, 0, &done, "create-security-groups", "--force")
	if done.Outcome != "updated" {
		t.Errorf("%+v", done)
	}
	w.wantObjects(t, "an update", 2)
	w.calls.Reset()
	w.run(t, 0, &done, "create-security-groups", "--force")
	if done.Outcome != "unchanged" {
		t.Errorf("%+v", done)
	}
	w.wantObjects(t, "a deployment without changes", 2)
	w.run(t, 0, nil, "test-deploy", "--force")
	w.wantObjects(t, "a test deployment", 2)
	w.run(t, 0, &done, "delete-security-groups", "--force")
	if done.Outcome != "deleted" {
		t.Errorf("%+v", done)
	}
}

// TestWideSetWithoutBucket: the error names both ways out.
func TestWideSetWithoutBucket(t *testing.T) {
	w := newBucketbench(t)
	w.write(t, "app_config.yaml", "{}")
	var refused struct {
		Error struct{ Code, Message, Hint string }
	}
	w.run(t, 6, &refused, "create-security-groups", "--force")
	e := refused.Error
	if e.Code != "TEMPLATE_TOO_LARGE" || !strings.Contains(e.Message, "over CloudFormation's limit of 51200 for a request") ||
		!strings.Contains(e.Hint, "template_bucket") || !strings.Contains(e.Hint, "security_groups.workload") {
		t.Errorf("%+v", e)
	}
	if calls := w.calls.Calls(); len(calls) > 0 {
		t.Errorf("called %v", calls)
	}
}
