package config

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"mlops-infra-suite/internal/diag"
	"mlops-infra-suite/internal/yamldoc"
)

// Bucket is the bucket in which the config's templates are put that are too large for a request: the setting, with the
// config's account and region filled in. Empty: there is none.
func (s Settings) Bucket(c *Config) string { return fillIn(s.TemplateBucket, c.AccountID, c.Region) }

func fillIn(bucket, account, region string) string {
	return strings.NewReplacer("{account_id}", account, "{region}", region).Replace(bucket)
}

// The longest that can stand in a bucket's name.
const (
	anyAccount    = "123456789012"
	longestRegion = "ap-southeast-1"
)

// checkBucket holds the bucket's name to the rules of S3 that a JSON Schema can't say.
func checkBucket(root yamldoc.Map, problems *diag.List) {
	value := root.Get("template_bucket")
	if !value.Sound() || value.Text() == "" {
		return
	}
	if reason := badBucket(fillIn(value.Text(), anyAccount, longestRegion)); reason != "" {
		problems.Errorf(diag.CodeValue, value.Pos(), "template_bucket: no bucket can have the name %q: %s", value.Text(), reason).
			WithHint("a bucket that exists, such as acme-templates-{account_id}-{region}")
	}
}

var (
	bucketEnds = regexp.MustCompile(`^[a-z0-9](.*[a-z0-9])?$`)

	// Documented: general purpose bucket naming rules.
	bucketPrefixes = []string{"xn--", "sthree-", "amzn-s3-demo-"}
	bucketSuffixes = []string{"-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"}
)

// badBucket says what S3 has against a bucket's name whose characters are right; empty: nothing.
func badBucket(name string) string {
	_, notAddress := netip.ParseAddr(name)
	prefix := slices.IndexFunc(bucketPrefixes, func(p string) bool { return strings.HasPrefix(name, p) })
	suffix := slices.IndexFunc(bucketSuffixes, func(s string) bool { return strings.HasSuffix(name, s) })
	switch {
	case len(name) < 3, len(name) > 63:
		return "it must have 3 to 63 characters, with the account and the region in it"
	case !bucketEnds.MatchString(name):
		return "it must begin and end with a letter or a digit"
	case strings.Contains(name, ".."):
		return "two dots stand together"
	case notAddress == nil:
		return "it is an IP address"
	case prefix >= 0:
		return "AWS reserves names that begin with " + bucketPrefixes[prefix]
	case suffix >= 0:
		return "AWS reserves names that end with " + bucketSuffixes[suffix]
	}
	return ""
}
