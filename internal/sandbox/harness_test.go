package sandbox_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"mlops-infra-suite/internal/sandbox"
)

const (
	testAccount = "111122223333"
	testRegion  = "us-west-2"
)

// inProcess is a transport that calls the handler without a socket.
type inProcess struct{ http.Handler }

func (p inProcess) RoundTrip(req *http.Request) (res *http.Response, err error) {
	defer func() {
		if r := recover(); r != nil {
			res, err = nil, io.ErrUnexpectedEOF // http.ErrAbortHandler
		}
	}()
	in := req.Clone(req.Context())
	in.Host = cmp.Or(req.Host, req.URL.Host)
	w := httptest.NewRecorder()
	p.ServeHTTP(w, in)
	return w.Result(), nil
}

// open opens a sandbox in a new folder, or in dir.
func open(t *testing.T, dir string, opts sandbox.Options) *sandbox.Sandbox {
	t.Helper()
	opts.NoSync = true
	s, err := sandbox.Open(cmp.Or(dir, t.TempDir()), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// configFor is the SDK's configuration for an account and region. It leaves the
// endpoints to the SDK, so that requests carry AWS's own host names.
func configFor(handler http.Handler, accessKey, region string) aws.Config {
	return aws.Config{
		Region:     region,
		HTTPClient: &http.Client{Transport: inProcess{handler}},
		Retryer:    func() aws.Retryer { return aws.NopRetryer{} },
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: accessKey, SecretAccessKey: "any"}, nil
		}),
	}
}

type clients struct {
	ec2 *ec2.Client
	ssm *ssm.Client
	sts *sts.Client
}

func clientsFor(handler http.Handler, accessKey, region string) clients {
	cfg := configFor(handler, accessKey, region)
	return clients{ec2: ec2.NewFromConfig(cfg), ssm: ssm.NewFromConfig(cfg), sts: sts.NewFromConfig(cfg)}
}

// newClients are clients of a new sandbox, in the test account and region.
func newClients(t *testing.T) clients {
	t.Helper()
	return clientsFor(open(t, "", sandbox.Options{}), testAccount, testRegion)
}

// must returns the value and fails the test on an error.
func must[T any](t *testing.T) func(T, error) T {
	t.Helper()
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// wantError fails the test unless err is the API error.
func wantError(t *testing.T, err error, code, message string) {
	t.Helper()
	var apiError smithy.APIError
	if !errors.As(err, &apiError) {
		t.Fatalf("got %v, want %s", err, code)
	}
	if apiError.ErrorCode() != code || apiError.ErrorMessage() != message {
		t.Errorf("got %s: %q\nwant %s: %q", apiError.ErrorCode(), apiError.ErrorMessage(), code, message)
	}
}

func newVPC(t *testing.T, c clients) string {
	t.Helper()
	out := must[*ec2.CreateVpcOutput](t)(c.ec2.CreateVpc(t.Context(), &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")}))
	return *out.Vpc.VpcId
}

func newGroup(t *testing.T, c clients, vpc, name string) string {
	t.Helper()
	out := must[*ec2.CreateSecurityGroupOutput](t)(c.ec2.CreateSecurityGroup(t.Context(), &ec2.CreateSecurityGroupInput{
		GroupName: &name, Description: aws.String(name + " tier"), VpcId: &vpc,
	}))
	return *out.GroupId
}

// tcp is a permission for one TCP port, from CIDRs.
func tcp(port int32, cidrs ...string) types.IpPermission {
	p := types.IpPermission{IpProtocol: aws.String("tcp"), FromPort: &port, ToPort: &port}
	for _, cidr := range cidrs {
		p.IpRanges = append(p.IpRanges, types.IpRange{CidrIp: &cidr})
	}
	return p
}

func post(t *testing.T, handler http.Handler, path string, body []byte) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, bytes.NewReader(body)))
	return w
}
