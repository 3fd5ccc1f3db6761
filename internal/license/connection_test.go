//go:build licensed || tools

package license

import (
	"context"
	"encoding/pem"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mlops-infra-suite/internal/awsenv"
)

// clearEnvironment makes the AWS configuration that of a machine without one.
func clearEnvironment(t *testing.T) {
	t.Helper()
	for _, entry := range os.Environ() {
		if name, _, _ := strings.Cut(entry, "="); strings.HasPrefix(name, "AWS_") || strings.HasPrefix(name, "ECS_") {
			t.Setenv(name, "")
			if err := os.Unsetenv(name); err != nil {
				t.Fatal(err)
			}
		}
	}
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(home, "config"))
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(home, "credentials"))
}

func TestRegionOfATask(t *testing.T) {
	for name, tc := range map[string]struct {
		metadata, env string
		want, err     string
	}{
		"ECS tells it":             {`{"TaskARN":"arn:aws:ecs:eu-central-1:123456789012:task/c/1"}`, "us-east-1", "eu-central-1", ""},
		"EKS sets the environment": {"", "ap-south-1", "ap-south-1", ""},
		"nobody tells it":          {"", "", "", "find the region of this task"},
		"ECS tells nonsense":       {`{"TaskARN":"task/1"}`, "us-east-1", "", `the task's ARN is "task/1"`},
		"ECS answers nonsense":     {`<html>`, "us-east-1", "", "read the task's metadata"},
		"a host name":              {"", "us-east-1.example.com/", "", "is not a region"},
	} {
		t.Run(name, func(t *testing.T) {
			clearEnvironment(t)
			if tc.metadata != "" {
				server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if r.URL.Path != "/v4/1/task" {
						t.Errorf("asked for %s", r.URL.Path)
					}
					w.Write([]byte(tc.metadata))
				}))
				defer server.Close()
				t.Setenv("ECS_CONTAINER_METADATA_URI_V4", server.URL+"/v4/1")
			}
			if tc.env != "" {
				t.Setenv("AWS_REGION", tc.env)
			}
			c, err := connect(t.Context(), Metering, Options{Getenv: os.Getenv})
			if got := errorText(err); (got == "") != (tc.err == "") || !strings.Contains(got, tc.err) || err == nil && c.region != tc.want {
				t.Errorf("region %q, error %q", c.region, got)
			}
			if _, isMetadata := errors.AsType[metadataError](err); isMetadata {
				if r := refusal(Metering, c.region, err); !strings.Contains(r.Text, tc.err) || !strings.Contains(r.Remedy, again) {
					t.Errorf("refused with %q, %q", r.Text, r.Remedy)
				}
			}
			if _, isRegion := errors.AsType[regionError](err); isRegion {
				if r := refusal(Metering, c.region, err); !strings.Contains(r.Remedy, "AWS_REGION") {
					t.Errorf("refused with %q, %q", r.Text, r.Remedy)
				}
			}
			if _, isRegion := errors.AsType[noRegionError](err); isRegion {
				if r := refusal(Metering, c.region, err); r.Text != "not licensed: "+meteringErrors["PlatformNotSupportedException"].text {
					t.Errorf("refused with %q", r.Text)
				}
			}
		})
	}
}

func TestRegionOfAContract(t *testing.T) {
	clearEnvironment(t)
	config := "[default]\n[profile paris]\nregion = eu-west-3\n"
	if err := os.WriteFile(os.Getenv("AWS_CONFIG_FILE"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	for profile, want := range map[string]string{"": "us-east-1", "paris": "eu-west-3"} {
		c, err := connect(t.Context(), Contract, Options{Getenv: os.Getenv, Profile: profile})
		if err != nil || c.region != want {
			t.Errorf("profile %q: region %q, %v", profile, c.region, err)
		}
	}
}

// TestEndpointsOfTheEnvironment: neither kind of license goes where the environment or the AWS configuration says.
func TestEndpointsOfTheEnvironment(t *testing.T) {
	clearEnvironment(t)
	config := "[default]\nendpoint_url = http://127.0.0.1:1\nservices = s\n[services s]\nmarketplace_metering =\n  endpoint_url = http://127.0.0.1:1\n" +
		"license_manager =\n  endpoint_url = http://127.0.0.1:1\n"
	if err := os.WriteFile(os.Getenv("AWS_CONFIG_FILE"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "false")
	t.Setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
	t.Setenv("AWS_ENDPOINT_URL_MARKETPLACE_METERING", "http://127.0.0.1:1")
	t.Setenv("AWS_ENDPOINT_URL_LICENSE_MANAGER", "http://127.0.0.1:1")
	t.Setenv("AWS_REGION", "us-west-2")
	t.Setenv("AWS_ACCESS_KEY_ID", "123456789012")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "any")
	t.Setenv("AWS_MAX_ATTEMPTS", "50")
	if got := called(t, meteringBuild(t)); got != "metering.marketplace.us-west-2.amazonaws.com" {
		t.Errorf("metering calls %s", got)
	}
	if got := called(t, contractBuild(t)); got != "license-manager.us-west-2.amazonaws.com" {
		t.Errorf("a contract calls %s", got)
	}
}

// TestVariantsOfEndpoints: other host names of the same services, which is all that the environment can choose.
func TestVariantsOfEndpoints(t *testing.T) {
	for name, tc := range map[string]struct {
		env                []string
		config             string
		metering, contract string
	}{
		"IPv6": {[]string{"AWS_USE_DUALSTACK_ENDPOINT=true"}, "",
			"metering-marketplace.us-west-2.api.aws", "license-manager.us-west-2.api.aws"},
		"IPv6, by the AWS configuration": {nil, "use_dualstack_endpoint = true\n",
			"metering-marketplace.us-west-2.api.aws", "license-manager.us-west-2.api.aws"},
		"the environment stands above": {[]string{"AWS_USE_DUALSTACK_ENDPOINT=false"}, "use_dualstack_endpoint = true\n",
			"metering.marketplace.us-west-2.amazonaws.com", "license-manager.us-west-2.amazonaws.com"},
		"FIPS": {[]string{"AWS_USE_FIPS_ENDPOINT=true"}, "",
			"metering.marketplace-fips.us-west-2.amazonaws.com", "license-manager-fips.us-west-2.amazonaws.com"},
		"both": {[]string{"AWS_USE_FIPS_ENDPOINT=true", "AWS_USE_DUALSTACK_ENDPOINT=true"}, "",
			"metering.marketplace-fips.us-west-2.api.aws", "license-manager-fips.us-west-2.api.aws"},
	} {
		t.Run(name, func(t *testing.T) {
			clearEnvironment(t)
			if err := os.WriteFile(os.Getenv("AWS_CONFIG_FILE"), []byte("[default]\nregion = us-west-2\n"+tc.config), 0o600); err != nil {
				t.Fatal(err)
			}
			t.Setenv("AWS_ACCESS_KEY_ID", "123456789012")
			t.Setenv("AWS_SECRET_ACCESS_KEY", "any")
			for _, entry := range tc.env {
				name, value, _ := strings.Cut(entry, "=")
				t.Setenv(name, value)
			}
			if got := called(t, meteringBuild(t)); got != tc.metering {
				t.Errorf("metering calls %s, want %s", got, tc.metering)
			}
			if got := called(t, contractBuild(t)); got != tc.contract {
				t.Errorf("a contract calls %s, want %s", got, tc.contract)
			}
		})
	}
}

// called is the host that a build asks, once and over TLS.
func called(t *testing.T, b build) string {
	t.Helper()
	c, err := connect(t.Context(), b.mode, Options{Getenv: os.Getenv})
	if err != nil {
		t.Fatal(err)
	}
	var seen []string
	c.client = &http.Client{Transport: awsenv.HandlerTransport(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = append(seen, r.URL.Scheme+"://"+r.Host)
		w.WriteHeader(http.StatusInternalServerError)
	}))}
	if err := b.ask(t.Context(), c); err == nil || len(seen) != 1 || !strings.HasPrefix(seen[0], "https://") {
		t.Fatalf("called %v; %v", seen, err)
	}
	return strings.TrimPrefix(seen[0], "https://")
}

// TestCertificatesOfAContract: a server that the whole machine trusts is still not AWS.
func TestCertificatesOfAContract(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		t.Error("the request was sent")
		w.WriteHeader(http.StatusInternalServerError)
	}))
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError) // of the handshake that fails
	server.StartTLS()
	defer server.Close()
	bundle := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(bundle, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	clearEnvironment(t)
	t.Setenv("AWS_CA_BUNDLE", bundle)
	t.Setenv("SSL_CERT_FILE", bundle)
	t.Setenv("AWS_ACCESS_KEY_ID", "123456789012")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "any")
	err := contractBuild(t).check(t.Context(), func(ctx context.Context) (connection, error) {
		c, err := connect(ctx, Contract, Options{Getenv: os.Getenv})
		c.endpoint = &server.URL
		return c, err
	})
	refused, ok := errors.AsType[*Error](err)
	if !ok || !strings.Contains(refused.Text, "what answers for License Manager is not AWS") ||
		refused.Hint() != "let connections to 127.0.0.1 pass without inspection" {
		t.Errorf("got %v", err)
	}
}
