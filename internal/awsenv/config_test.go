package awsenv_test

import (
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/google/go-cmp/cmp"

	"mlops-infra-suite/internal/awsenv"
)

const identityXML = `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>` +
	`<Arn>arn:aws:iam::123456789012:user/me</Arn><UserId>AIDA</UserId><Account>123456789012</Account>` +
	`</GetCallerIdentityResult></GetCallerIdentityResponse>`

func failXML(code, message string) string {
	return `<ErrorResponse><Error><Type>Sender</Type><Code>` + code + `</Code><Message>` + message + `</Message></Error></ErrorResponse>`
}

// hostile fills the environment with what a sandbox must not see: a broken bundle, an endpoint, a profile, credentials.
func hostile(t *testing.T) {
	t.Helper()
	t.Setenv("AWS_CA_BUNDLE", filepath.Join(t.TempDir(), "missing.pem"))
	t.Setenv("AWS_ENDPOINT_URL", "http://elsewhere.invalid")
	t.Setenv("AWS_PROFILE", "missing")
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIAREAL")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	t.Setenv("HTTP_PROXY", "http://elsewhere.invalid")
}

func TestSandboxIgnoresTheEnvironment(t *testing.T) {
	hostile(t)
	var seen []string
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, scope, _ := strings.Cut(r.Header.Get("Authorization"), "Credential=")
		account, _, _ := strings.Cut(scope, "/")
		_, region, _ := strings.Cut(scope, "/us-west-2/")
		service, _, _ := strings.Cut(region, "/")
		_, agent, _ := strings.Cut(r.UserAgent(), "sg-provisioner/")
		seen = []string{account, service, agent}
		io.WriteString(w, identityXML)
	})
	served := httptest.NewServer(handler)
	defer served.Close()
	doors := map[string]awsenv.SandboxOptions{
		"embedded": {Handler: handler},
		"served":   {Address: served.Listener.Addr().String()},
	}
	for name, opt := range doors {
		t.Run(name, func(t *testing.T) {
			opt.Account, opt.Region, opt.Version = "210987654321", "us-west-2", "1.2.3"
			got, err := awsenv.Who(t.Context(), awsenv.Sandbox(opt))
			if err != nil {
				t.Fatal(err)
			}
			want := awsenv.Identity{Account: "123456789012", ARN: "arn:aws:iam::123456789012:user/me"}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("identity (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff([]string{"210987654321", "sts", "1.2.3"}, seen); diff != "" {
				t.Errorf("request's account, service, user agent (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSandboxRetriesWhatPasses(t *testing.T) {
	faults := map[string]func(http.ResponseWriter){
		"dropped":   func(http.ResponseWriter) { panic(http.ErrAbortHandler) },
		"throttled": func(w http.ResponseWriter) { fail(w, http.StatusBadRequest, "Throttling", "Rate exceeded") },
		"5xx":       func(w http.ResponseWriter) { fail(w, http.StatusServiceUnavailable, "ServiceUnavailable", "later") },
	}
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var calls atomic.Int32
				cfg := awsenv.Sandbox(awsenv.SandboxOptions{
					Account: "123456789012", Region: "us-west-2",
					Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
						if calls.Add(1) < 8 {
							fault(w)
							return
						}
						io.WriteString(w, `<DescribeStacksResponse><DescribeStacksResult><Stacks/></DescribeStacksResult></DescribeStacksResponse>`)
					}),
				})
				in := &cloudformation.DescribeStacksInput{StackName: aws.String("s")}
				_, err := cloudformation.NewFromConfig(cfg).DescribeStacks(t.Context(), in)
				if err != nil || calls.Load() != 8 {
					t.Errorf("got %v after %d calls, want success with the eighth", err, calls.Load())
				}
			})
		})
	}
}

func fail(w http.ResponseWriter, status int, code, message string) {
	w.WriteHeader(status)
	io.WriteString(w, failXML(code, message))
}

func TestLoadTakesTheEnvironmentAsAnySDKToolDoes(t *testing.T) {
	served := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.Header.Get("Authorization"), "Credential=AKIAPROFILE/") {
			fail(w, http.StatusForbidden, "InvalidClientTokenId", "not the profile's key")
			return
		}
		io.WriteString(w, identityXML)
	}))
	defer served.Close()
	isolate(t)
	shared := filepath.Join(t.TempDir(), "credentials")
	content := "[work]\naws_access_key_id = AKIAPROFILE\naws_secret_access_key = secret\n"
	if err := os.WriteFile(shared, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", shared)
	t.Setenv("AWS_ENDPOINT_URL", served.URL)

	cfg, err := awsenv.Load(t.Context(), awsenv.Options{Region: "eu-central-1", Profile: "work", Version: "1"})
	if err != nil {
		t.Fatal(err)
	}
	who, err := awsenv.Who(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	got := []any{cfg.Region, cfg.RetryMaxAttempts, who.Account}
	if diff := cmp.Diff([]any{"eu-central-1", 8, "123456789012"}, got); diff != "" {
		t.Errorf("region, attempts, account (-want +got):\n%s", diff)
	}
}

// A company's own certificate authority is trusted as in any SDK tool, by a client that gives up on silent connections.
func TestLoadTrustsTheCompanysBundle(t *testing.T) {
	served := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, identityXML) }))
	defer served.Close()
	isolate(t)
	bundle := filepath.Join(t.TempDir(), "bundle.pem")
	if err := os.WriteFile(bundle, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: served.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_CA_BUNDLE", bundle)
	t.Setenv("AWS_ENDPOINT_URL", served.URL)
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIA")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	cfg, err := awsenv.Load(t.Context(), awsenv.Options{Region: "eu-central-1"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := awsenv.Who(t.Context(), cfg); err != nil {
		t.Error(err)
	}
	client, ok := cfg.HTTPClient.(*awshttp.BuildableClient)
	if !ok || client.GetTransport().ResponseHeaderTimeout <= 0 {
		t.Errorf("the client %T waits for an answer for ever", cfg.HTTPClient)
	}
}

// isolate hides the machine's own AWS settings.
func isolate(t *testing.T) {
	t.Helper()
	empty := t.TempDir()
	for name, value := range map[string]string{
		"AWS_CONFIG_FILE": filepath.Join(empty, "config"), "AWS_SHARED_CREDENTIALS_FILE": filepath.Join(empty, "credentials"),
		"AWS_EC2_METADATA_DISABLED": "true", "AWS_PROFILE": "", "AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "",
		"AWS_CA_BUNDLE": "", "AWS_ENDPOINT_URL": "", "AWS_MAX_ATTEMPTS": "", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "",
		"AWS_CONTAINER_CREDENTIALS_FULL_URI": "", "AWS_WEB_IDENTITY_TOKEN_FILE": "",
	} {
		t.Setenv(name, value)
	}
}

func TestPrincipalIsTheSameInEveryRun(t *testing.T) {
	const role = "arn:aws:sts::123456789012:assumed-role/Deployer"
	for arn, want := range map[string]string{
		role + "/aws-go-sdk-1763917200000000000": role,
		role + "/botocore-session-1763917200":    role,
		role + "/alice@example.com":              role + "/alice@example.com",
		role + "/build-1234":                     role + "/build-1234",
		"arn:aws:iam::123456789012:user/me":      "arn:aws:iam::123456789012:user/me",
	} {
		if got := (awsenv.Identity{ARN: arn}).Principal(); got != want {
			t.Errorf("%s: got %s, want %s", arn, got, want)
		}
	}
}
