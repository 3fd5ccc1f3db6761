package cfn

import (
	"net/netip"
	"net/url"
	"strings"

	"mlops-infra-suite/internal/sandbox/cfn/template"
	"mlops-infra-suite/internal/sandbox/s3"
	"mlops-infra-suite/internal/sandbox/wire"
)

// Limits of a request's template. Documented: the length of a URL, and "1 MB" for
// what it leads to, which template.Parse knows.
const (
	maxBody = 51_200 // bytes, sent in the request itself
	maxURL  = 5120
)

// Source is where a request's template comes from.
type Source struct {
	TemplateBody string
	TemplateURL  string
	stored       string // of a stack, in the place of both
}

// body is the text of the template, wherever it comes from.
func (e *Engine) body(call *wire.Call, in Source) (string, error) {
	switch {
	case in.stored != "":
		return in.stored, nil
	case in.TemplateURL != "" && in.TemplateBody != "": // reported
		return "", validation("Exactly one of TemplateBody or TemplateUrl must be specified")
	case in.TemplateURL != "":
		return e.fetch(call, in.TemplateURL)
	case in.TemplateBody == "":
		return "", validation("Either Template URL or Template Body must be specified.")
	case len(in.TemplateBody) > maxBody:
		return "", validation("1 validation error detected: Value '%.64s...' at 'templateBody' failed to satisfy "+
			"constraint: Member must have length less than or equal to %d", in.TemplateBody, maxBody)
	}
	return in.TemplateBody, nil
}

// fetch reads a template from S3 with the caller's credentials, as CloudFormation does (documented: whoever creates the stack
// needs permission to read it). Assumed: the request has no aws:CalledVia for a policy to rely on.
func (e *Engine) fetch(call *wire.Call, from string) (string, error) {
	if len(from) > maxURL {
		return "", validation("1 validation error detected: Value '%.64s...' at 'templateURL' failed to satisfy "+
			"constraint: Member must have length less than or equal to %d", from, maxURL)
	}
	bucket, key, region, err := objectAt(from)
	if err != nil {
		return "", err
	}
	reading := *call
	reading.Service, reading.Action = "s3", "GetObject"
	if region != "" {
		reading.Region = region
	}
	if e.opts.Fault != nil {
		if err := e.opts.Fault(reading.Action); err != nil {
			return "", unread(err)
		}
	}
	object, err := wire.Through(&reading, &s3.ObjectInput{Bucket: bucket, Key: key}, s3.GetObject)
	if err != nil {
		return "", unread(err)
	}
	if size := len(object.Content()); size > template.MaxSize {
		return "", template.TooLarge()
	}
	return string(object.Content()), nil
}

// unread words S3's error as CloudFormation does (reported).
func unread(err error) error {
	if wire.IsCode(err, "AccessDenied") {
		return validation("S3 error: Access Denied\nFor more information check http://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html")
	}
	_, message, _ := strings.Cut(err.Error(), ": ")
	return validation("S3 error: %s\nFor more information check http://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html", message)
}

// objectAt takes a template's URL apart. Documented: it begins with https:// and names a bucket, in the host or in the path.
// The sandbox's own address, of which the AWS CLI makes URLs, counts as S3's. The errors for other hosts and for s3:// are
// reported, those for a missing key and for http:// assumed.
func objectAt(text string) (bucket, key, region string, err error) {
	u, err := url.Parse(text)
	if err != nil {
		return "", "", "", validation("TemplateURL must be a supported URL.")
	}
	if u.Scheme == "s3" {
		return "", "", "", validation("S3 error: Domain name specified in %s is not a valid S3 domain", u.Host)
	}
	bucket, region, isS3 := wire.BucketHost(u.Hostname())
	if !(isS3 && u.Scheme == "https") && !(u.Scheme == "http" && isOwn(u.Hostname())) {
		return "", "", "", validation("TemplateURL must be a supported URL.")
	}
	path := strings.TrimPrefix(u.Path, "/")
	key = path
	if bucket == "" {
		bucket, key, _ = strings.Cut(path, "/")
	}
	switch {
	case u.RawQuery != "":
		return "", "", "", validation("The sandbox takes no TemplateURL with parameters, for it has no versions of objects.")
	case bucket == "" || key == "":
		return "", "", "", validation("TemplateURL must reference a valid S3 object to which you have access.")
	}
	return bucket, key, region, nil
}

// isOwn reports whether a host can be one at which a sandbox is served: an address, or
// a name without a dot.
func isOwn(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil || host != "" && !strings.Contains(host, ".")
}
