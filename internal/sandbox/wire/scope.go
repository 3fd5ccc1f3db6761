package wire

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// scope is who signed a request, and for what.
type scope struct {
	accessKey, region, service string
}

// credentialScope reads the signature's scope from the header or, of a presigned
// request, from the URL. It is nil for a request without a signature.
func credentialScope(r *http.Request) (*scope, error) {
	credential, err := url.QueryUnescape(presigned(r.URL.RawQuery))
	if err != nil {
		return nil, incomplete()
	}
	if header := r.Header.Get("Authorization"); header != "" {
		_, rest, ok := strings.Cut(header, "Credential=")
		if !strings.HasPrefix(header, "AWS4-HMAC-SHA256 ") || !ok {
			return nil, incomplete()
		}
		credential, _, _ = strings.Cut(rest, ",")
	}
	if credential == "" {
		return nil, nil
	}
	parts := strings.Split(strings.TrimSpace(credential), "/")
	if len(parts) != 5 || parts[4] != "aws4_request" || slices.Contains(parts, "") || !isName(parts[2]) {
		return nil, incomplete()
	}
	return &scope{accessKey: parts[0], region: parts[2], service: parts[3]}, nil
}

func presigned(query string) string {
	for pair := range strings.SplitSeq(query, "&") {
		if value, ok := strings.CutPrefix(pair, "X-Amz-Credential="); ok {
			return value
		}
	}
	return ""
}

func isName(region string) bool {
	return !strings.ContainsFunc(region, func(c rune) bool {
		return c != '-' && (c < 'a' || c > 'z') && (c < '0' || c > '9')
	})
}

func incomplete() *Error {
	return Errorf("IncompleteSignature", "The request signature does not conform to AWS standards.")
}

func denied(format string, args ...any) *Error {
	e := Errorf("SignatureDoesNotMatch", format, args...)
	e.Status = http.StatusForbidden
	return e
}

// awsHost takes service and region from a host name of AWS: "ec2" and
// "us-west-2" from ec2.us-west-2.amazonaws.com. Other hosts tell nothing.
func awsHost(host string) (service, region string) {
	if _, region, ok := BucketHost(host); ok {
		return "s3", region
	}
	for _, suffix := range []string{".amazonaws.com", ".amazonaws.com.cn", ".api.aws"} {
		if name, ok := strings.CutSuffix(strings.ToLower(host), suffix); ok {
			if region, ok := strings.CutPrefix(name, "metering.marketplace."); ok { // signed for a service of another name
				return "aws-marketplace", region
			}
			service, region, _ = strings.Cut(name, ".")
			return strings.TrimSuffix(service, "-fips"), region
		}
	}
	return "", ""
}

// bucketHost are the names of S3: s3.us-west-2.amazonaws.com, s3.amazonaws.com,
// with a bucket in front, with a hyphen in the place of the first dot, below the
// domain of another partition (all documented, the hyphen as legacy).
var bucketHost = regexp.MustCompile(`^(?:(.+)\.)?s3(?:-fips)?(?:\.dualstack)?(?:[.-]([a-z]{2,5}-[a-z-]+-[0-9]))?` +
	`\.(?:amazonaws\.com|amazonaws\.com\.cn|amazonaws\.eu|c2s\.ic\.gov|sc2s\.sgov\.gov|cloud\.adc-e\.uk|csp\.hci\.ic\.gov)$`)

// BucketHost takes a bucket and a region from a host name of S3; "" where it has
// none.
func BucketHost(host string) (bucket, region string, ok bool) {
	m := bucketHost.FindStringSubmatch(strings.ToLower(host))
	if m == nil {
		return "", "", false
	}
	return m[1], m[2], true
}
