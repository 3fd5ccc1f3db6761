package awsenv_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"mlops-infra-suite/internal/awsenv"
	"mlops-infra-suite/internal/sandbox"
)

const (
	here     = "arn:aws:iam::123456789012:"
	deployer = here + "role/deployer"
	reader   = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ec2:Describe*", "Resource": "*"}]}`
	assumer  = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "` + deployer + `"}]}`
)

// credentials are what a user has who signs in to the sandbox's STS in one way or another.
type credentials struct {
	ann, bob sandbox.AccessKey     // users: ann may assume the role, bob may not
	expired  *sts.AssumeRoleOutput // an hour's session of long ago
}

// served opens a sandbox with the credentials, serves it, and points the environment to it.
func served(t *testing.T) credentials {
	t.Helper()
	dir := t.TempDir()
	var made credentials
	synctest.Test(t, func(t *testing.T) { // where it is the year 2000
		box := openSandbox(t, dir)
		cfg := awsenv.Sandbox(awsenv.SandboxOptions{Handler: box, Account: "123456789012", Region: "us-west-2"})
		out, err := sts.NewFromConfig(cfg).AssumeRole(t.Context(), &sts.AssumeRoleInput{RoleArn: aws.String(deployer), RoleSessionName: aws.String("old")})
		if err := errors.Join(err, box.Close()); err != nil {
			t.Fatal(err)
		}
		made.expired = out
	})
	box := openSandbox(t, dir)
	t.Cleanup(func() {
		if err := box.Close(); err != nil {
			t.Error(err)
		}
	})
	for name, who := range map[string]struct {
		key    *sandbox.AccessKey
		policy string
	}{"ann": {&made.ann, assumer}, "bob": {&made.bob, reader}} {
		key, err := box.PutPolicy(here+"user/"+name, who.policy)
		if err != nil {
			t.Fatal(err)
		}
		*who.key = key
	}
	server := httptest.NewServer(box)
	t.Cleanup(server.Close)
	isolate(t)
	t.Setenv("AWS_ENDPOINT_URL", server.URL)
	return made
}

func openSandbox(t *testing.T, dir string) *sandbox.Sandbox {
	t.Helper()
	box, err := sandbox.Open(dir, sandbox.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	return box
}

// file writes a file into a folder of the test's own, and returns its name.
func file(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// token is an OpenID Connect token that ends at a time.
func token(end time.Time) string {
	claims := fmt.Sprintf(`{"iss": "https://token.example", "sub": "repo:sg", "aud": "sts.amazonaws.com", "exp": %d}`, end.Unix())
	part := base64.RawURLEncoding.EncodeToString
	return part([]byte(`{"alg": "none"}`)) + "." + part([]byte(claims)) + "." + part([]byte("signature"))
}

// process is what a credential process prints.
func process(t *testing.T, key sandbox.AccessKey) string {
	t.Helper()
	text, err := json.Marshal(map[string]any{"Version": 1, "AccessKeyId": key.ID, "SecretAccessKey": key.Secret})
	if err != nil {
		t.Fatal(err)
	}
	return "credential_process = cat " + file(t, "keys.json", string(text))
}

// who loads the configuration with a profile and asks who one is.
func who(ctx context.Context, profile string) (string, error) {
	cfg, err := awsenv.Load(ctx, awsenv.Options{Region: "us-west-2", Profile: profile, Version: "test"})
	if err != nil {
		return "", err
	}
	identity, err := awsenv.Who(ctx, cfg)
	return identity.Principal(), err
}

// TestCredentials: each way to sign in that the SDK has leads to whom it should.
func TestCredentials(t *testing.T) {
	made := served(t)
	config := func(text string) { t.Setenv("AWS_CONFIG_FILE", file(t, "config", text)) }
	keys := func(profile string, key sandbox.AccessKey) string {
		return fmt.Sprintf("[profile %s]\naws_access_key_id = %s\naws_secret_access_key = %s\n", profile, key.ID, key.Secret)
	}
	for name, test := range map[string]struct {
		set     func()
		profile string
		want    string
	}{
		"environment": {func() {
			t.Setenv("AWS_ACCESS_KEY_ID", made.ann.ID)
			t.Setenv("AWS_SECRET_ACCESS_KEY", made.ann.Secret)
		}, "", here + "user/ann"},
		"profile": {func() { config(keys("bob", made.bob)) }, "bob", here + "user/bob"},
		"profile with a role": {func() {
			config(keys("base", made.ann) + "[profile deploy]\nrole_arn = " + deployer + "\nsource_profile = base\nrole_session_name = me\n")
		}, "deploy", "arn:aws:sts::123456789012:assumed-role/deployer/me"},
		"profile with a role and no session name": {func() {
			config(keys("base", made.ann) + "[profile deploy]\nrole_arn = " + deployer + "\nsource_profile = base\n")
		}, "deploy", "arn:aws:sts::123456789012:assumed-role/deployer"},
		"web identity": {func() {
			t.Setenv("AWS_ROLE_ARN", deployer)
			t.Setenv("AWS_ROLE_SESSION_NAME", "pipeline")
			t.Setenv("AWS_WEB_IDENTITY_TOKEN_FILE", file(t, "token", token(time.Now().Add(time.Hour))))
		}, "", "arn:aws:sts::123456789012:assumed-role/deployer/pipeline"},
		"process": {func() { config("[profile tool]\n" + process(t, made.ann) + "\n") }, "tool", here + "user/ann"},
	} {
		t.Run(name, func(t *testing.T) {
			alone(t)
			test.set()
			got, err := who(t.Context(), test.profile)
			if err != nil || got != test.want {
				t.Errorf("signed in as %q, want %q: %v", got, test.want, err)
			}
		})
	}
}

// alone takes what a former case has set out of the environment.
func alone(t *testing.T) {
	t.Helper()
	for _, name := range []string{
		"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_CONFIG_FILE", "AWS_ROLE_ARN", "AWS_ROLE_SESSION_NAME",
		"AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ENDPOINT_URL_STS", "AWS_MAX_ATTEMPTS",
	} {
		if err := os.Unsetenv(name); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("AWS_CONFIG_FILE", os.DevNull)
}

// silent is the address of a server that takes connections and never answers.
func silent(t *testing.T) string {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := listener.Close(); err != nil {
			t.Error(err)
		}
	})
	return listener.Addr().String()
}

// TestWhoGivesUp: a service that never answers doesn't hold the tool for its client's limit times its attempts, and who waits no
// longer is told so.
func TestWhoGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := awsenv.Sandbox(awsenv.SandboxOptions{Account: "123456789012", Region: "us-west-2",
			Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })})
		begun := time.Now()
		_, err := awsenv.Who(t.Context(), cfg)
		got, ok := errors.AsType[*awsenv.Error](err)
		if !ok || got.Kind != awsenv.Unreachable || !strings.Contains(got.Text, "no answer within 1m15s") || time.Since(begun) > 80*time.Second {
			t.Errorf("after %s: %v", time.Since(begun), err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := awsenv.Who(ctx, cfg); !errors.Is(err, context.DeadlineExceeded) || strings.Contains(err.Error(), "no answer") {
			t.Errorf("with a limit of the caller's own: %v", err)
		}
	})
}

// TestCredentialsThatFail: a user is told what is wrong with the credentials, and what to do.
func TestCredentialsThatFail(t *testing.T) {
	made := served(t)
	config := func(t *testing.T, text string) { t.Setenv("AWS_CONFIG_FILE", file(t, "config", text)) }
	environment := func(t *testing.T, id, secret, token string) {
		t.Setenv("AWS_ACCESS_KEY_ID", id)
		t.Setenv("AWS_SECRET_ACCESS_KEY", secret)
		t.Setenv("AWS_SESSION_TOKEN", token)
	}
	for name, test := range map[string]struct {
		set     func(t *testing.T)
		profile string
		kind    awsenv.Kind
		text    string // part of the message
		hint    string // part of the hint
	}{
		"an expired session": {func(t *testing.T) {
			c := made.expired.Credentials
			environment(t, *c.AccessKeyId, *c.SecretAccessKey, *c.SessionToken)
		}, "", awsenv.ExpiredCredentials, "expired", "sign in again"},
		"a wrong secret": {func(t *testing.T) { environment(t, made.ann.ID, "wrong", "") },
			"", awsenv.InvalidCredentials, "signature", "AWS_SECRET_ACCESS_KEY"},
		"a token that doesn't belong to the key": {func(t *testing.T) { environment(t, made.ann.ID, made.ann.Secret, "of something else") },
			"", awsenv.InvalidCredentials, "security token", "AWS_ACCESS_KEY_ID"},
		"a role that the user may not assume": {func(t *testing.T) {
			config(t, fmt.Sprintf("[profile base]\naws_access_key_id = %s\naws_secret_access_key = %s\n[profile deploy]\nrole_arn = %s\nsource_profile = base\n",
				made.bob.ID, made.bob.Secret, deployer))
		}, "deploy", awsenv.AccessDenied, "user/bob is not authorized", "role_arn"},
		"an expired token of a pipeline": {func(t *testing.T) {
			t.Setenv("AWS_ROLE_ARN", deployer)
			t.Setenv("AWS_WEB_IDENTITY_TOKEN_FILE", file(t, "token", token(time.Now().Add(-time.Hour))))
		}, "", awsenv.ExpiredCredentials, "expired", "sign in again"},
		"a token of a pipeline that is none": {func(t *testing.T) {
			t.Setenv("AWS_ROLE_ARN", deployer)
			t.Setenv("AWS_WEB_IDENTITY_TOKEN_FILE", file(t, "token", "garbage"))
		}, "", awsenv.NoCredentials, "AWS gave no credentials (InvalidIdentityToken", "must hold the ID token"},
		"no token where the pipeline should have left it": {func(t *testing.T) {
			t.Setenv("AWS_ROLE_ARN", deployer)
			t.Setenv("AWS_WEB_IDENTITY_TOKEN_FILE", filepath.Join(t.TempDir(), "missing"))
		}, "", awsenv.NoCredentials, "missing", "AWS_WEB_IDENTITY_TOKEN_FILE"},
		"a process that fails": {func(t *testing.T) { config(t, "[profile tool]\ncredential_process = false\n") },
			"tool", awsenv.NoCredentials, "credential_process", "credential_process"},
		"a process that says something else": {func(t *testing.T) { config(t, "[profile tool]\ncredential_process = echo wrong secret\n") },
			"tool", awsenv.NoCredentials, "credential_process gave no credentials: invalid character 'w'", "must print"},
		"an SSO session to which nobody has signed in": {func(t *testing.T) {
			t.Setenv("HOME", t.TempDir())
			config(t, "[profile corp]\nsso_session = corp\nsso_account_id = 123456789012\nsso_role_name = Dev\n"+
				"[sso-session corp]\nsso_region = us-east-1\nsso_start_url = https://corp.example/start\n")
		}, "corp", awsenv.NoCredentials, "nobody has signed in", "aws sso login"},
		"an SSO session that isn't there": {func(t *testing.T) {
			config(t, "[profile corp]\nsso_session = missing\nsso_account_id = 123456789012\nsso_role_name = Dev\n")
		}, "corp", awsenv.BadConfig, "not usable: failed to find SSO session section, missing", ".aws/config"},
		"half a key": {func(t *testing.T) { config(t, "[profile half]\naws_access_key_id = AKIA\n") },
			"half", awsenv.BadConfig, "partial credentials", ".aws/config"},
		"roles that lead to each other": {func(t *testing.T) {
			config(t, fmt.Sprintf("[profile a]\nrole_arn = %[1]s\nsource_profile = b\n[profile b]\nrole_arn = %[1]s\nsource_profile = a\n", deployer))
		}, "a", awsenv.BadConfig, "its source_profile, a, has no credentials, or leads back to itself", ".aws/config"},
		"a role of a profile without credentials": {func(t *testing.T) {
			config(t, fmt.Sprintf("[profile a]\nrole_arn = %s\nsource_profile = b\n[profile b]\nregion = us-west-2\n", deployer))
		}, "a", awsenv.BadConfig, "its source_profile, b, has no credentials", ".aws/config"},
		"a role that is none": {func(t *testing.T) {
			config(t, "[profile base]\naws_access_key_id = 123456789012\naws_secret_access_key = any\n[profile a]\nrole_arn = arn:aws:iam::123456789012:rolle/a\n"+
				"source_profile = base\n")
		}, "a", awsenv.NoCredentials, "AWS gave no credentials (ValidationError: arn:aws:iam::123456789012:rolle/a is invalid)", "role_arn"},
		"a role of an STS out of reach": {func(t *testing.T) {
			config(t, fmt.Sprintf("[profile base]\naws_access_key_id = %s\naws_secret_access_key = %s\n[profile deploy]\nrole_arn = %s\nsource_profile = base\n",
				made.ann.ID, made.ann.Secret, deployer))
			t.Setenv("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:1")
			t.Setenv("AWS_MAX_ATTEMPTS", "1")
		}, "deploy", awsenv.Unreachable, "can't reach AWS: connection refused", "network"},
		"a role that wants a code": {func(t *testing.T) {
			config(t, fmt.Sprintf("[profile base]\naws_access_key_id = %s\naws_secret_access_key = %s\n[profile deploy]\nrole_arn = %s\n"+
				"source_profile = base\nmfa_serial = %smfa/ann\n", made.ann.ID, made.ann.Secret, deployer, here))
		}, "deploy", awsenv.WantsCode, "MFA code", "export-credentials"},
		"an authority's file that isn't there": {func(t *testing.T) {
			environment(t, made.ann.ID, made.ann.Secret, "")
			t.Setenv("AWS_CA_BUNDLE", filepath.Join(t.TempDir(), "missing.pem"))
		}, "", awsenv.BadConfig, "missing.pem", "AWS_"},
		"a setting that isn't one": {func(t *testing.T) {
			environment(t, made.ann.ID, made.ann.Secret, "")
			t.Setenv("AWS_MAX_ATTEMPTS", "many")
		}, "", awsenv.BadConfig, "AWS_MAX_ATTEMPTS", "AWS_"},
		"a metadata service that stays silent": {func(t *testing.T) {
			t.Setenv("AWS_EC2_METADATA_DISABLED", "false")
			t.Setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://"+silent(t))
		}, "", awsenv.NoCredentials, "no EC2 instance", "AWS_PROFILE"},
		"a profile that isn't there": {func(*testing.T) {}, "nobody", awsenv.NoProfile, "nobody", "list-profiles"},
		"nothing at all":             {func(*testing.T) {}, "", awsenv.NoCredentials, "credentials", "AWS_PROFILE"},
	} {
		t.Run(name, func(t *testing.T) {
			alone(t)
			test.set(t)
			_, err := who(t.Context(), test.profile)
			var got *awsenv.Error
			if !errors.As(err, &got) {
				t.Fatalf("got %v", err)
			}
			if got.Kind != test.kind || !strings.Contains(got.Text, test.text) || !strings.Contains(got.Hint(), test.hint) || strings.Contains(got.Text, "\n") ||
				strings.Contains(got.Text, "wrong secret") {
				t.Errorf("got %s: %q, hint %q\nwant %s", got.Kind, got.Text, got.Hint(), test.kind)
			}
		})
	}
}
