package awsenv

import (
	"context"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/smithy-go/logging"
	smithy "github.com/aws/smithy-go/middleware"
)

// attempts is how often a request is tried where neither AWS_MAX_ATTEMPTS nor the profile says otherwise. With the SDK's
// backoff that outlasts a throttling of about half a minute.
const attempts = 8

// answerTime is how long AWS may take to begin an answer. The services that the tool calls answer in seconds; a connection that
// a firewall has dropped in silence never does, and without a limit it would hold the tool until its own timeout.
const answerTime = time.Minute

// tool is the product's name in the user agent, which CloudTrail records with every call.
const tool = "sg-provisioner"

// silent is where the SDK's own warnings go: nobody can act on them. If a server answers within microseconds, such as one on this
// machine, the SDK closes the body of its request while net/http still looks at it, and warns that this costs the connection.
// What fails for good is an error all the same.
var silent = logging.Nop{}

// Options say how to reach the real AWS.
type Options struct {
	Region  string // required: a deployment never goes to a region by chance
	Profile string // empty: the environment's
	Version string // of the tool, for the user agent
}

// Load makes the SDK config for the real AWS. Errors are explained.
func Load(ctx context.Context, opt Options) (aws.Config, error) {
	var roles rolesClient
	cfg, err := config.LoadDefaultConfig(ctx,
		config.WithRegion(opt.Region),
		config.WithSharedConfigProfile(opt.Profile),
		config.WithAPIOptions(userAgent(opt.Version)),
		config.WithLogger(silent),
		config.WithHTTPClient(awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
			t.ResponseHeaderTimeout = answerTime
		})),
		config.WithAssumeRoleCredentialOptions(roles.assume),
		config.WithWebIdentityRoleCredentialOptions(roles.assumeWithToken),
	)
	if err != nil {
		return aws.Config{}, explainConfig(err)
	}
	roles.endpoint = cfg.BaseEndpoint
	if cfg.RetryMaxAttempts == 0 {
		cfg.RetryMaxAttempts = attempts
	}
	return cfg, nil
}

// SandboxOptions say how to reach a sandbox, and as whom. Either Handler or Address is set.
type SandboxOptions struct {
	Handler http.Handler // the embedded door: requests go straight into it, no port is opened
	Address string       // host:port of a served sandbox
	Account string       // 12 digits: the account to act in
	Region  string
	Version string // of the tool, for the user agent
}

// Sandbox makes the SDK config for a sandbox. It is built by hand: config.LoadDefaultConfig refuses a client of our own
// where AWS_CA_BUNDLE is set, costs time, and lets the environment's endpoints and credentials leak in.
func Sandbox(opt SandboxOptions) aws.Config {
	endpoint, transport := "http://127.0.0.1", HandlerTransport(opt.Handler)
	if opt.Handler == nil {
		endpoint, transport = "http://"+opt.Address, &http.Transport{} // never through a proxy
	}
	return aws.Config{
		Region:       opt.Region,
		BaseEndpoint: aws.String(endpoint),
		HTTPClient:   &http.Client{Transport: transport},
		APIOptions:   userAgent(opt.Version),
		Logger:       silent,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: opt.Account, SecretAccessKey: "sandbox", Source: "sandbox"}, nil
		}),
		Retryer: func() aws.Retryer {
			return retry.NewStandard(func(o *retry.StandardOptions) {
				o.MaxAttempts = attempts
				o.Backoff = retry.BackoffDelayerFunc(sandboxBackoff)
			})
		},
	}
}

// sandboxBackoff is the SDK's exponential backoff with full jitter, forty times as fast: nobody else uses this sandbox.
func sandboxBackoff(attempt int, _ error) (time.Duration, error) {
	return rand.N(25 * time.Millisecond << min(attempt, 5)), nil
}

func userAgent(version string) []func(*smithy.Stack) error {
	return []func(*smithy.Stack) error{middleware.AddUserAgentKeyValue(tool, version)}
}
