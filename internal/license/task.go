package license

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/endpointcreds"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// The variables by which Amazon ECS and Amazon EKS give a task or pod the credentials of its role (documented).
const (
	ecsCredentials = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI" // Amazon ECS and AWS Fargate
	podCredentials = "AWS_CONTAINER_CREDENTIALS_FULL_URI"     // EKS Pod Identity
	podToken       = "AWS_CONTAINER_AUTHORIZATION_TOKEN"
	podTokenFile   = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"
	roleToken      = "AWS_WEB_IDENTITY_TOKEN_FILE" // IAM roles for service accounts
	roleARN        = "AWS_ROLE_ARN"
)

const ecsAgent = "http://169.254.170.2"

// neighbours are the hosts that may hand out credentials over plain HTTP, as in the SDK: Amazon ECS and Amazon EKS.
var neighbours = []string{"169.254.170.2", "169.254.170.23", "fd00:ec2::23", "localhost"}

// neighbour asks what runs beside the task: never through a proxy.
var neighbour = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}

// connectTask connects as the task or pod in which the tool runs, in its region.
func connectTask(ctx context.Context, opt Options) (connection, error) {
	region, err := ecsRegion(ctx, opt.Getenv(ecsMetadata))
	if err != nil {
		return connection{}, err
	}
	found, err := config.LoadDefaultConfig(ctx, silent, config.WithRegion(region)) // no region: that of the environment
	if err != nil {
		return connection{}, configError{err}
	}
	if found.Region == "" {
		if found, err = onInstance(ctx); err != nil {
			return connection{}, noRegionError{err}
		}
	}
	if found.Credentials, err = taskCredentials(opt.Getenv, found); err != nil {
		return connection{}, configError{err}
	}
	return connectionOf(ctx, found)
}

// onInstance is the configuration with the region of the EC2 instance below, if there is one that answers.
func onInstance(ctx context.Context) (aws.Config, error) {
	ctx, cancel := context.WithTimeout(ctx, metadataTimeout)
	defer cancel()
	return config.LoadDefaultConfig(ctx, silent, config.WithEC2IMDSRegion())
}

// taskCredentials are those of the task's or pod's own role, with which AWS has RegisterUsage called (documented). The SDK's chain
// would take an access key or a profile of the environment before them, and that may be one for a deployment into another
// account. Where the platform gives no credentials, the chain decides.
func taskCredentials(getenv func(string) string, found aws.Config) (aws.CredentialsProvider, error) {
	switch {
	case getenv(ecsCredentials) != "":
		return neighbourCredentials(getenv, ecsAgent+getenv(ecsCredentials)), nil
	case getenv(podCredentials) != "":
		if err := checkNeighbour(getenv(podCredentials)); err != nil {
			return nil, fmt.Errorf("read %s: %w", podCredentials, err)
		}
		return neighbourCredentials(getenv, getenv(podCredentials)), nil
	case getenv(roleToken) != "" && getenv(roleARN) != "":
		role := stscreds.NewWebIdentityRoleProvider(sts.NewFromConfig(found), getenv(roleARN), stscreds.IdentityTokenFile(getenv(roleToken)))
		return aws.NewCredentialsCache(role), nil
	default:
		return found.Credentials, nil
	}
}

func neighbourCredentials(getenv func(string) string, endpoint string) aws.CredentialsProvider {
	return aws.NewCredentialsCache(endpointcreds.New(endpoint, func(o *endpointcreds.Options) {
		o.HTTPClient = neighbour
		o.AuthorizationToken = getenv(podToken)
		if path := getenv(podTokenFile); path != "" {
			o.AuthorizationTokenProvider = endpointcreds.TokenProviderFunc(func() (string, error) {
				token, err := os.ReadFile(path)
				return string(token), err
			})
		}
	}))
}

// checkNeighbour wants the pod's token sent to a neighbour alone, or over TLS.
func checkNeighbour(endpoint string) error {
	u, err := url.Parse(endpoint)
	if err != nil {
		return err
	}
	host := u.Hostname()
	if u.Scheme == "https" || net.ParseIP(host).IsLoopback() || slices.Contains(neighbours, host) {
		return nil
	}
	return fmt.Errorf("%q is neither Amazon ECS nor Amazon EKS", host)
}
