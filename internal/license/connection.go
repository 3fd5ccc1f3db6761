package license

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	_ "embed"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/smithy-go/logging"
)

const (
	attempts   = 6 // of a throttled call
	maxBackoff = 5 * time.Second
)

// defaultRegion is where the license of a contract is looked for unless the AWS configuration says otherwise: License Manager
// keeps a copy in each region, and AWS suggests this one as the default (documented).
const defaultRegion = "us-east-1"

// amazonRoots are the certificates of Amazon Trust Services, below which AWS has those of its services.
//
//go:embed roots.pem
var amazonRoots []byte

// regionName is what a region looks like. It becomes part of a host name.
var regionName = regexp.MustCompile(`^[a-z]{2,5}(-[a-z]+)+-[0-9]{1,2}$`)

// regionError says that what should be a region is none.
type regionError struct{ name string }

func (e regionError) Error() string { return fmt.Sprintf("%q is not a region", e.name) }

// configError says that the AWS configuration can't be read, or makes no sense.
type configError struct{ cause error }

func (e configError) Error() string { return "the AWS configuration is not usable: " + e.cause.Error() }
func (e configError) Unwrap() error { return e.cause }

// credentialsError says that there are no credentials to ask with.
type credentialsError struct{ cause error }

func (e credentialsError) Error() string { return e.cause.Error() }
func (e credentialsError) Unwrap() error { return e.cause }

// marked are credentials whose errors are known for theirs, when they come back as the call's.
type marked struct{ aws.CredentialsProvider }

func (m marked) Retrieve(ctx context.Context) (aws.Credentials, error) {
	found, err := m.CredentialsProvider.Retrieve(ctx)
	if err != nil {
		err = credentialsError{err}
	}
	return found, err
}

// silent keeps the SDK from telling on stderr how it looks for credentials: the refusal says what came of it.
var silent = config.WithLogger(logging.Nop{})

// connection is all that a call depends on. It is made by hand, not by the SDK's configuration, which would let endpoints and
// settings of the environment in.
type connection struct {
	region      string
	credentials aws.CredentialsProvider
	client      aws.HTTPClient
	endpoint    *string // nil: the service's own
	variant     variant // of the service's own
}

func (c connection) config() aws.Config {
	return aws.Config{
		Region:       c.region,
		Credentials:  marked{c.credentials},
		HTTPClient:   c.client,
		BaseEndpoint: c.endpoint,
		Retryer:      retryThrottling,

		ConfigSources: []any{c.variant},
	}
}

// retryThrottling is a retryer that knows no other reason: what AWS has not answered is not asked again, as a refusal that comes
// soon is worth more than one that comes late.
func retryThrottling() aws.Retryer {
	codes := map[string]struct{}{"RateLimitExceededException": {}}
	for code := range retry.DefaultThrottleErrorCodes {
		codes[code] = struct{}{}
	}
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts, o.MaxBackoff = attempts, maxBackoff
		o.Retryables = []retry.IsErrorRetryable{retry.RetryableErrorCode{Codes: codes}}
	})
}

// connect finds credentials and region, as any SDK tool does, and how to reach AWS.
func connect(ctx context.Context, mode Mode, opt Options) (connection, error) {
	load := connectContract
	if mode == Metering {
		load = connectTask
	}
	c, err := load(ctx, opt)
	if err != nil {
		return c, err
	}
	if !regionName.MatchString(c.region) {
		return c, regionError{c.region}
	}
	if url := opt.Getenv("AWS_ENDPOINT_URL"); trustsSandbox && url != "" {
		c.endpoint, c.client = &url, &http.Client{Transport: &http.Transport{}}
	}
	return c, nil
}

// connectionOf takes from the AWS configuration what may be taken from it.
func connectionOf(ctx context.Context, found aws.Config) (connection, error) {
	v, err := variantOf(ctx, found.ConfigSources)
	if err != nil {
		return connection{}, configError{err}
	}
	return connection{region: found.Region, credentials: found.Credentials, client: found.HTTPClient, variant: v}, nil
}

// connectContract connects as the buyer.
func connectContract(ctx context.Context, opt Options) (connection, error) {
	found, err := config.LoadDefaultConfig(ctx, silent, config.WithSharedConfigProfile(opt.Profile), config.WithDefaultRegion(defaultRegion))
	if err != nil {
		return connection{}, configError{err}
	}
	c, err := connectionOf(ctx, found)
	if err != nil {
		return connection{}, err
	}
	c.client, err = clientOfAmazon()
	return c, err
}

// clientOfAmazon is an HTTP client that believes nobody but Amazon.
func clientOfAmazon() (aws.HTTPClient, error) {
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(amazonRoots) {
		return nil, errors.New("read the certificates of Amazon: there are none in this build")
	}
	return awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
		t.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	}), nil
}
