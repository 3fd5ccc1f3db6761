//go:build licensed || tools

package license

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestCredentialsOfATask: the role of the task or pod comes before what the environment has for the deployment.
func TestCredentialsOfATask(t *testing.T) {
	pod := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if got := r.Header.Get("Authorization"); got != "pod-token" {
			t.Errorf("the pod's token is %q", got)
		}
		fmt.Fprint(w, `{"AccessKeyId":"TASK","SecretAccessKey":"any","Token":"any","Expiration":"2099-01-01T00:00:00Z"}`)
	}))
	defer pod.Close()
	sts := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil || r.Form.Get("WebIdentityToken") != "account-token" || r.Form.Get("RoleArn") != "arn:aws:iam::123456789012:role/pod" {
			t.Errorf("STS was asked for %v, %v", r.Form, err)
		}
		fmt.Fprint(w, `<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>ACCOUNT</AccessKeyId>`+
			`<SecretAccessKey>any</SecretAccessKey><SessionToken>any</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration>`+
			`</Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`)
	}))
	defer sts.Close()
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	podFile, accountFile := file("pod", "pod-token"), file("account", "account-token")
	for name, tc := range map[string]struct {
		env       []string
		want, err string
	}{
		"EKS Pod Identity":               {[]string{podCredentials + "=" + pod.URL, podTokenFile + "=" + podFile}, "TASK", ""},
		"a token in a variable":          {[]string{podCredentials + "=" + pod.URL, podToken + "=pod-token"}, "TASK", ""},
		"IAM roles for service accounts": {[]string{roleToken + "=" + accountFile, roleARN + "=arn:aws:iam::123456789012:role/pod"}, "ACCOUNT", ""},
		"neither":                        {nil, "DEPLOYMENT", ""},
		"a host of nobody":               {[]string{podCredentials + "=http://example.com/", podToken + "=pod-token"}, "", `"example.com" is neither Amazon ECS nor Amazon EKS`},
		"no URL":                         {[]string{podCredentials + "=:"}, "", "missing protocol scheme"},
	} {
		t.Run(name, func(t *testing.T) {
			clearEnvironment(t)
			t.Setenv("AWS_REGION", "us-west-2")
			t.Setenv("AWS_ACCESS_KEY_ID", "DEPLOYMENT")
			t.Setenv("AWS_SECRET_ACCESS_KEY", "any")
			t.Setenv("AWS_ENDPOINT_URL_STS", sts.URL)
			for _, entry := range tc.env {
				name, value, _ := strings.Cut(entry, "=")
				t.Setenv(name, value)
			}
			got, err := keyOf(t.Context(), Options{Getenv: os.Getenv})
			if text := errorText(err); got != tc.want || (text == "") != (tc.err == "") || !strings.Contains(text, tc.err) {
				t.Errorf("got %q, %v; want %q, %q", got, err, tc.want, tc.err)
			}
		})
	}
}

// keyOf is the access key with which a task is registered.
func keyOf(ctx context.Context, opt Options) (string, error) {
	c, err := connect(ctx, Metering, opt)
	if err != nil {
		return "", err
	}
	found, err := c.credentials.Retrieve(ctx)
	return found.AccessKeyID, err
}

// TestNeighbours: where a pod's token may go.
func TestNeighbours(t *testing.T) {
	for endpoint, want := range map[string]bool{
		"http://169.254.170.2/v2/credentials/1": true, "http://169.254.170.23/v1/credentials": true, "http://[fd00:ec2::23]/v1/credentials": true,
		"http://127.0.0.1:8080/": true, "http://[::1]/": true, "http://localhost:1338/": true, "https://example.com/": true,
		"http://169.254.169.254/": false, "http://169.254.170.2.example.com/": false, "http://example.com/": false, "http:///": false, "": false,
	} {
		if err := checkNeighbour(endpoint); (err == nil) != want {
			t.Errorf("%q: %v", endpoint, err)
		}
	}
}
