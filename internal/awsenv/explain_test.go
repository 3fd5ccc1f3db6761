package awsenv_test

import (
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/google/go-cmp/cmp"

	"mlops-infra-suite/internal/awsenv"
)

func TestErrorsAreExplained(t *testing.T) {
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	answers := func(code, message string) string {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			fail(w, http.StatusForbidden, code, message)
		}))
		t.Cleanup(s.Close)
		return s.URL
	}
	const who = "get caller identity: "
	tests := map[string]struct {
		env  map[string]string
		opt  awsenv.Options
		kind awsenv.Kind
		text string
	}{
		"no credentials": {
			kind: awsenv.NoCredentials,
			text: who + "no AWS credentials found: none in the environment, none in the profile, and this is no EC2 instance with a role",
		},
		"no such profile": {
			opt:  awsenv.Options{Profile: "nowhere"},
			kind: awsenv.NoProfile, text: "there is no AWS profile nowhere",
		},
		"expired": {
			env:  map[string]string{"AWS_ENDPOINT_URL": answers("ExpiredToken", "The security token included in the request is expired")},
			kind: awsenv.ExpiredCredentials, text: who + "the AWS sign-in has expired (ExpiredToken: The security token included in the request is expired)",
		},
		"unknown key": {
			env:  map[string]string{"AWS_ENDPOINT_URL": answers("InvalidClientTokenId", "The security token included in the request is invalid.")},
			kind: awsenv.InvalidCredentials, text: who + "InvalidClientTokenId: The security token included in the request is invalid.",
		},
		"a signature that is wrong": {
			env:  map[string]string{"AWS_ENDPOINT_URL": answers("InvalidSignatureException", "The request signature we calculated does not match")},
			kind: awsenv.InvalidCredentials, text: who + "InvalidSignatureException: The request signature we calculated does not match",
		},
		"clock": {
			env:  map[string]string{"AWS_ENDPOINT_URL": answers("SignatureDoesNotMatch", "Signature expired: 20260101T000000Z is now earlier than")},
			kind: awsenv.ClockSkewed,
			text: who + "this machine's clock is not AWS's (SignatureDoesNotMatch: Signature expired: 20260101T000000Z is now earlier than)",
		},
		"denied": {
			env:  map[string]string{"AWS_ENDPOINT_URL": answers("AccessDenied", "User me is not authorized to perform: sts:GetCallerIdentity")},
			kind: awsenv.AccessDenied, text: who + "AccessDenied: User me is not authorized to perform: sts:GetCallerIdentity",
		},
		"refused": {
			env:  map[string]string{"AWS_ENDPOINT_URL": answers("Strange", "no")},
			kind: awsenv.Refused, text: who + "Strange: no",
		},
		"unreachable": {
			env:  map[string]string{"AWS_ENDPOINT_URL": closed.URL},
			kind: awsenv.Unreachable, text: who + "can't reach AWS: connection refused",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			isolate(t)
			if tt.env != nil {
				t.Setenv("AWS_ACCESS_KEY_ID", "AKIA")
				t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
			}
			for key, value := range tt.env {
				t.Setenv(key, value)
			}
			tt.opt.Region = "us-west-2"
			cfg, err := awsenv.Load(t.Context(), tt.opt)
			if err == nil {
				_, err = awsenv.Who(t.Context(), cfg)
			}
			explained, ok := errors.AsType[*awsenv.Error](err)
			if !ok {
				t.Fatalf("got %v, want an *awsenv.Error", err)
			}
			if diff := cmp.Diff([]any{tt.kind, tt.text}, []any{explained.Kind, explained.Text}); diff != "" {
				t.Errorf("kind, text (-want +got):\n%s", diff)
			}
			if (explained.Hint() == "") != (tt.kind == awsenv.Refused) {
				t.Errorf("hint %q", explained.Hint())
			}
		})
	}
}

func TestExplainLeavesOtherErrorsAlone(t *testing.T) {
	plain := errors.New("plain")
	if got := awsenv.Explain(plain); got != plain {
		t.Errorf("got %v", got)
	}
	if got := awsenv.Explain(nil); got != nil {
		t.Errorf("got %v", got)
	}
}

// describe asks a CloudFormation that answers as the handler does, and explains its error.
func describe(t *testing.T, h http.HandlerFunc) (*awsenv.Error, bool) {
	t.Helper()
	cfg := awsenv.Sandbox(awsenv.SandboxOptions{Handler: h, Account: "123456789012", Region: "us-west-2"})
	_, err := cloudformation.NewFromConfig(cfg).DescribeStacks(t.Context(), &cloudformation.DescribeStacksInput{StackName: aws.String("s")})
	return errors.AsType[*awsenv.Error](awsenv.Explain(err))
}

func TestDeniedActionsAreNamed(t *testing.T) {
	tests := map[string]struct{ code, message, action, hint string }{
		"by the message": {
			"AccessDenied", "User: me is not authorized to perform: cloudformation:DescribeStacks on resource: arn:x because no policy allows it",
			"cloudformation:DescribeStacks", "needs cloudformation:DescribeStacks; the action create-policy",
		},
		"by the call":  {"AccessDenied", "Access Denied", "cloudformation:DescribeStacks", "needs cloudformation:DescribeStacks"},
		"behind it":    {"AccessDenied", "User: me is not authorized to perform: ec2:DescribeVpcs", "ec2:DescribeVpcs", "needs ec2:DescribeVpcs"},
		"with a limit": {"AccessDenied", "x is not authorized to perform: ec2:DescribeVpcs with an explicit deny", "ec2:DescribeVpcs", "a policy forbids it"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, ok := describe(t, func(w http.ResponseWriter, _ *http.Request) { fail(w, http.StatusForbidden, tt.code, tt.message) })
			if !ok || got.Kind != awsenv.AccessDenied || got.Action != tt.action || !strings.Contains(got.Hint(), tt.hint) {
				t.Errorf("got %+v with the hint %q", got, got.Hint())
			}
		})
	}
}

func TestAFailureOfAWSIsNotTheUsers(t *testing.T) {
	got, ok := describe(t, func(w http.ResponseWriter, _ *http.Request) {
		fail(w, http.StatusInternalServerError, "InternalFailure", "The request processing has failed.")
	})
	if !ok || got.Kind != awsenv.Failed || !strings.Contains(got.Hint(), "again") {
		t.Errorf("got %+v", got)
	}
}

// The SDK corrects a wrong clock by the date of AWS's answers. It can't where these have none, or where AWS insists.
func TestAWrongClock(t *testing.T) {
	tests := map[string]struct {
		ahead   time.Duration // of AWS's clock, which we are behind then
		insists bool
		want    string // empty: it is corrected
	}{
		"AWS is ahead":             {time.Hour, false, ""},
		"AWS is behind":            {-time.Hour, false, ""},
		"ahead, and not corrected": {time.Hour, true, "this machine's clock is 1h0m0s behind AWS's (RequestTimeTooSkewed: no)"},
		"behind, not corrected":    {-20 * time.Minute, true, "this machine's clock is 20m0s ahead of AWS's (RequestTimeTooSkewed: no)"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				time.Sleep(time.Until(time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)))
				got, failed := describe(t, func(w http.ResponseWriter, r *http.Request) {
					now := time.Now().Add(tt.ahead)
					w.Header().Set("Date", now.UTC().Format(http.TimeFormat))
					signed, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
					if tt.insists || err != nil || now.Sub(signed).Abs() > 5*time.Minute {
						fail(w, http.StatusForbidden, "RequestTimeTooSkewed", "no")
						return
					}
					io.WriteString(w, `<DescribeStacksResponse><DescribeStacksResult><Stacks/></DescribeStacksResult></DescribeStacksResponse>`)
				})
				if failed != (tt.want != "") || failed && (got.Kind != awsenv.ClockSkewed || got.Text != tt.want) {
					t.Errorf("got %v", got)
				}
			})
		})
	}
}

func TestWhatKeepsFromReachingAWSIsNamed(t *testing.T) {
	untrusted := httptest.NewUnstartedServer(http.NotFoundHandler())
	untrusted.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	untrusted.StartTLS()
	defer untrusted.Close()
	tests := map[string]struct {
		transport  http.RoundTripper
		text, hint string
	}{
		"no such host": {
			transportFunc(func(*http.Request) (*http.Response, error) {
				return nil, &net.DNSError{Err: "no such host", Name: "cloudformation.us-wset-2.amazonaws.com", IsNotFound: true}
			}),
			"can't reach AWS: lookup cloudformation.us-wset-2.amazonaws.com: no such host", "region's name in the config",
		},
		"a certificate of somebody else": {
			http.DefaultTransport.(*http.Transport).Clone(),
			"can't reach AWS: x509: certificate signed by unknown authority", "AWS_CA_BUNDLE",
		},
		"a connection that breaks": {
			transportFunc(func(*http.Request) (*http.Response, error) {
				return nil, &net.OpError{Op: "read", Err: errors.New("reset")}
			}),
			"can't reach AWS: reset", "proxy settings",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			cfg := awsenv.Sandbox(awsenv.SandboxOptions{Address: "x", Account: "123456789012", Region: "us-west-2"})
			cfg.HTTPClient, cfg.BaseEndpoint = &http.Client{Transport: tt.transport}, aws.String(untrusted.URL)
			_, err := awsenv.Who(t.Context(), cfg)
			got, ok := errors.AsType[*awsenv.Error](err)
			if !ok || got.Kind != awsenv.Unreachable || !strings.HasSuffix(got.Text, tt.text) || !strings.Contains(got.Hint(), tt.hint) {
				t.Errorf("got %v with the hint %q", err, got.Hint())
			}
		})
	}
}

type transportFunc func(*http.Request) (*http.Response, error)

func (f transportFunc) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
