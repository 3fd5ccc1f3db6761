package stack

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// MaxUploadBytes is the largest template that CloudFormation reads from a bucket. (Documented is "1 MB"; reported, that it
// refuses 1,048,576 bytes with "Template may not exceed 1000000 bytes in size".)
const MaxUploadBytes = 1_000_000

// Bucket is where a template is put that is too large for a request, for CloudFormation to read it there with the caller's
// own permissions. The key of the object follows from its content: the same template is the same object, and nothing is
// ever overwritten. How it is encrypted is the bucket's own affair.
type Bucket struct {
	Client *s3.Client // of the region that the bucket is in
	Name   string
	Owner  string // the account that the bucket must belong to: a stranger's gets nothing
	Prefix string // of keys, without a slash at its end

	// Transient: the template of an applied plan is removed as well, at the end. CloudFormation keeps its own copy (documented:
	// GetTemplate).
	Transient bool
}

// object is a template in a bucket.
type object struct {
	bucket *Bucket
	key    string
	made   bool // by this plan: it was not there before
}

func (o *object) String() string { return "s3://" + o.bucket.Name + "/" + o.key }

// runMark is the metadata that tells who made an object: a request whose answer was lost is made again, and then finds its
// own work.
const runMark = "made-by-run"

// maxConflicts is how often an upload is begun anew because somebody else uploads the same at the same moment.
const maxConflicts = 3

// upload puts a template into the bucket, unless it is there.
func (b *Bucket) upload(ctx context.Context, template string) (*object, error) {
	sum := sha256.Sum256([]byte(template))
	o := &object{bucket: b, key: b.Prefix + "/" + hex.EncodeToString(sum[:]) + ".json"}
	mark := randomHex(16)
	for try := 1; ; try++ {
		_, err := b.Client.PutObject(ctx, &s3.PutObjectInput{
			Bucket: aws.String(b.Name), Key: aws.String(o.key), ExpectedBucketOwner: aws.String(b.Owner),
			Body: strings.NewReader(template), ContentType: aws.String("application/json"),
			ChecksumAlgorithm: types.ChecksumAlgorithmCrc32,
			IfNoneMatch:       aws.String("*"), Metadata: map[string]string{runMark: mark},
		})
		switch {
		case err == nil:
			o.made = true
			return o, nil
		case hasCode(err, "PreconditionFailed"):
			o.made = o.hasMark(ctx, mark)
			return o, nil
		case hasCode(err, "ConditionalRequestConflict") && try < maxConflicts: // documented: try again
		default:
			return nil, b.explain(fmt.Errorf("upload template to %s: %w", o, err))
		}
	}
}

// hasMark reports whether an object was made by the run with the mark. An object that can't be seen was made by somebody else.
func (o *object) hasMark(ctx context.Context, mark string) bool {
	out, err := o.bucket.Client.HeadObject(ctx, &s3.HeadObjectInput{
		Bucket: aws.String(o.bucket.Name), Key: aws.String(o.key), ExpectedBucketOwner: aws.String(o.bucket.Owner),
	})
	return err == nil && out.Metadata[runMark] == mark
}

// url is where CloudFormation finds the object: https, with the region of the bucket and the domain of its partition; with the
// bucket in the path, since a name with dots would fit no certificate.
func (o *object) url(ctx context.Context) (string, error) {
	endpoint, err := s3.NewDefaultEndpointResolverV2().ResolveEndpoint(ctx, s3.EndpointParameters{
		Region: aws.String(o.bucket.Client.Options().Region), Bucket: aws.String(o.bucket.Name), ForcePathStyle: aws.Bool(true),
	})
	if err != nil {
		return "", fmt.Errorf("find the address of bucket %s: %w", o.bucket.Name, err)
	}
	return endpoint.URI.String() + "/" + o.key, nil
}

// remove deletes an object that this plan made.
func (o *object) remove(ctx context.Context) error {
	if o == nil || !o.made {
		return nil
	}
	_, err := o.bucket.Client.DeleteObject(ctx, &s3.DeleteObjectInput{
		Bucket: aws.String(o.bucket.Name), Key: aws.String(o.key), ExpectedBucketOwner: aws.String(o.bucket.Owner),
	})
	if err != nil {
		return o.bucket.explain(fmt.Errorf("delete template %s: %w", o, err))
	}
	o.made = false
	return nil
}

// BucketError says why a bucket doesn't take a template, or doesn't give it back.
type BucketError struct {
	Bucket string
	Text   string
	Mend   string
	Err    error
}

func (e *BucketError) Error() string { return e.Text }
func (e *BucketError) Unwrap() error { return e.Err }

// Hint says what to do about it.
func (e *BucketError) Hint() string { return e.Mend }

// explain turns S3's answer about the bucket itself into a *BucketError; other errors come back as they are.
func (b *Bucket) explain(err error) error {
	region := b.Client.Options().Region
	e := &BucketError{Bucket: b.Name, Err: err}
	switch {
	case hasCode(err, "NoSuchBucket"):
		e.Text = fmt.Sprintf("there is no bucket %s", b.Name)
		e.Mend = "make it (aws s3 mb s3://" + b.Name + " --region " + region + "), or name another one"
	case hasCode(err, "InvalidBucketName"):
		e.Text = fmt.Sprintf("no bucket can have the name %s", b.Name)
		e.Mend = "name a bucket that exists, in " + region
	case hasCode(err, "PermanentRedirect"), hasCode(err, "AuthorizationHeaderMalformed"), hasCode(err, "IllegalLocationConstraintException"):
		e.Text = fmt.Sprintf("the bucket %s is in %s, the stack in %s", b.Name, elsewhere(err), region)
		e.Mend = "name a bucket in " + region
	case isKeyDenied(err):
		e.Text = fmt.Sprintf("the key that bucket %s encrypts with may not be used: %v", b.Name, codeAndWords(err))
		e.Mend = "allow the caller kms:GenerateDataKey and kms:Decrypt on that key, or name a bucket without a key of its own"
	case hasCode(err, "AccessDenied"):
		e.Text = fmt.Sprintf("access to bucket %s is denied: %v", b.Name, codeAndWords(err))
		e.Mend = fmt.Sprintf("it must belong to account %s, and the caller needs s3:PutObject, s3:GetObject and s3:DeleteObject on %s/%s/*",
			b.Owner, b.Name, b.Prefix)
	default:
		return err
	}
	return e
}

// elsewhere is the region that an answer of S3 says the bucket is in.
func elsewhere(err error) string {
	if response, ok := errors.AsType[*smithyhttp.ResponseError](err); ok {
		if region := response.Response.Header.Get("X-Amz-Bucket-Region"); region != "" {
			return region
		}
	}
	return "another region"
}

// codeAndWords is what AWS said, without how it was asked.
func codeAndWords(err error) string {
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		return api.ErrorCode() + ": " + api.ErrorMessage()
	}
	return err.Error()
}
