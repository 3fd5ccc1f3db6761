//go:build licensed || tools

package license

import (
	"context"
	"crypto/sha1" //nolint:gosec // by which the AWS CLI names the file of a sign-in
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// refusedBy is how a build is refused where its connection is made by dial.
func refusedBy(t *testing.T, b build, dial func(context.Context) (connection, error)) *Error {
	t.Helper()
	err := b.check(t.Context(), dial)
	refused, ok := errors.AsType[*Error](err)
	if !ok || strings.Contains(refused.Text+refused.Hint(), "\n") || refused.Hint() == "" {
		t.Fatalf("got %v", err)
	}
	return refused
}

// answers serves one answer to everything.
func answers(t *testing.T, status int, body string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("X-Amzn-Errortype", "ResourceNotFoundException")
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// TestAnswersOfOthers: the service that hands out credentials refuses with a code that the license's errors have too. The refusal
// is about the credentials.
func TestAnswersOfOthers(t *testing.T) {
	clearEnvironment(t)
	t.Setenv("AWS_REGION", "us-west-2")
	dialled := func(mode Mode) func(context.Context) (connection, error) {
		return func(ctx context.Context) (connection, error) { return connect(ctx, mode, Options{Getenv: os.Getenv}) }
	}
	t.Run("the agent of a pod", func(t *testing.T) {
		t.Setenv(podCredentials, answers(t, http.StatusForbidden,
			`{"code":"AccessDeniedException","message":"this pod may not assume its role"}`))
		got := refusedBy(t, meteringBuild(t), dialled(Metering))
		if !strings.Contains(got.Text, "this pod may not assume its role") ||
			!strings.Contains(got.Hint(), "the role of the profile, task or pod") {
			t.Errorf("%q, hint %q", got.Text, got.Hint())
		}
	})
	t.Run("the sign-in of a company", func(t *testing.T) {
		const start = "https://corp.example/start"
		home := os.Getenv("HOME")
		name := fmt.Sprintf("%x.json", sha1.Sum([]byte(start))) //nolint:gosec // see above
		cache := filepath.Join(home, ".aws", "sso", "cache", name)
		if err := os.MkdirAll(filepath.Dir(cache), 0o700); err != nil {
			t.Fatal(err)
		}
		for path, text := range map[string]string{
			cache: `{"accessToken":"any","expiresAt":"2099-01-01T00:00:00Z","startUrl":"` + start + `","region":"us-east-1"}`,
			os.Getenv("AWS_CONFIG_FILE"): "[default]\nsso_start_url = " + start +
				"\nsso_region = us-east-1\nsso_account_id = 123456789012\nsso_role_name = Nobody\n",
		} {
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		t.Setenv("AWS_ENDPOINT_URL_SSO", answers(t, http.StatusNotFound, `{"message":"there is no role Nobody"}`))
		got := refusedBy(t, contractBuild(t), dialled(Contract))
		if !strings.Contains(got.Text, "credentials") || !strings.Contains(got.Text, "there is no role Nobody") ||
			!strings.Contains(got.Hint(), "aws sso login") {
			t.Errorf("%q, hint %q", got.Text, got.Hint())
		}
	})
}

// TestNobodyHandsOutCredentials: what stays silent is not AWS's license service, which was never asked.
func TestNobodyHandsOutCredentials(t *testing.T) {
	for name, tc := range map[string]struct {
		err        error // in the SDK's words
		text, hint string
	}{
		"an instance": {fmt.Errorf("failed to refresh cached credentials, no EC2 IMDS role found, operation error ec2imds: GetMetadata, %w",
			context.DeadlineExceeded), "no AWS credentials found", "AWS_PROFILE"},
		"an agent": {fmt.Errorf("failed to refresh cached credentials, failed to load credentials, %w", context.DeadlineExceeded),
			"nothing has handed out AWS credentials in time", "STS"},
	} {
		t.Run(name, func(t *testing.T) {
			got := refusedBy(t, contractBuild(t), func(context.Context) (connection, error) {
				return connection{region: "us-west-2", client: http.DefaultClient, credentials: aws.CredentialsProviderFunc(
					func(context.Context) (aws.Credentials, error) { return aws.Credentials{}, tc.err })}, nil
			})
			if !strings.HasPrefix(got.Text, "not licensed: "+tc.text) || !strings.Contains(got.Hint(), tc.hint) {
				t.Errorf("%q, hint %q", got.Text, got.Hint())
			}
		})
	}
}

// TestSilentInstance: where nothing tells the region, the metadata service of an instance is given two seconds, not as long as the
// SDK gives it.
func TestSilentInstance(t *testing.T) {
	clearEnvironment(t)
	done := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-done }))
	defer server.Close()
	defer close(done)
	t.Setenv("AWS_EC2_METADATA_DISABLED", "false")
	t.Setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", server.URL)
	begun := time.Now()
	got := refusedBy(t, meteringBuild(t), func(ctx context.Context) (connection, error) {
		return connect(ctx, Metering, Options{Getenv: os.Getenv})
	})
	want := "not licensed: " + meteringErrors["PlatformNotSupportedException"].text
	if took := time.Since(begun); got.Text != want || took > 2*metadataTimeout {
		t.Errorf("%q after %v", got.Text, took)
	}
}

// TestUnusableConfiguration: no later run and no seller can mend it.
func TestUnusableConfiguration(t *testing.T) {
	for name, tc := range map[string]struct {
		config, env string
		text        string
	}{
		"a role that wants a code": {"[default]\nrole_arn = arn:aws:iam::123456789012:role/x\nsource_profile = base\n" +
			"mfa_serial = arn:aws:iam::123456789012:mfa/ann\n" +
			"[profile base]\naws_access_key_id = a\naws_secret_access_key = b\n", "", "MFA"},
		"an authority's file that isn't there": {"", "AWS_CA_BUNDLE=/nowhere.pem", "/nowhere.pem"},
		"a setting that isn't one":             {"", "AWS_USE_FIPS_ENDPOINT=maybe", "AWS_USE_FIPS_ENDPOINT"},
		"a pod's token for anybody":            {"", podCredentials + "=http://192.0.2.1/", "192.0.2.1"},
	} {
		t.Run(name, func(t *testing.T) {
			clearEnvironment(t)
			t.Setenv("AWS_REGION", "us-west-2")
			if err := os.WriteFile(os.Getenv("AWS_CONFIG_FILE"), []byte(tc.config), 0o600); err != nil {
				t.Fatal(err)
			}
			if variable, value, ok := strings.Cut(tc.env, "="); ok {
				t.Setenv(variable, value)
			}
			got := refusedBy(t, meteringBuild(t), func(ctx context.Context) (connection, error) {
				return connect(ctx, Metering, Options{Getenv: os.Getenv})
			})
			if !strings.HasPrefix(got.Text, "not licensed: the AWS configuration is not usable: ") || !strings.Contains(got.Text, tc.text) ||
				!strings.Contains(got.Hint(), "~/.aws/config") {
				t.Errorf("%q, hint %q", got.Text, got.Hint())
			}
		})
	}
}
