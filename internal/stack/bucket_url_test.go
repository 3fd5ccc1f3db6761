package stack

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// TestTemplateURL: the address that CloudFormation is given is one of S3's in the region's partition, whatever server the
// upload went to, also for a name with dots.
func TestTemplateURL(t *testing.T) {
	elsewhere := "http://127.0.0.1:4566"
	for _, name := range []string{"plain", "with.dots"} {
		testURLs(t, name, elsewhere)
	}
}

func testURLs(t *testing.T, name, elsewhere string) {
	t.Helper()
	for region, host := range map[string]string{
		"us-east-1":      "s3.us-east-1.amazonaws.com",
		"eu-central-1":   "s3.eu-central-1.amazonaws.com",
		"cn-north-1":     "s3.cn-north-1.amazonaws.com.cn",
		"us-gov-west-1":  "s3.us-gov-west-1.amazonaws.com",
		"eusc-de-east-1": "s3.eusc-de-east-1.amazonaws.eu",
		"us-iso-east-1":  "s3.us-iso-east-1.c2s.ic.gov",
	} {
		o := &object{bucket: &Bucket{Client: s3.New(s3.Options{Region: region, BaseEndpoint: &elsewhere}), Name: name}, key: "tool/set/k.json"}
		want := "https://" + host + "/" + name + "/tool/set/k.json"
		if got, err := o.url(t.Context()); err != nil || got != want {
			t.Errorf("%s: %s, %v", region, got, err)
		}
	}
}
