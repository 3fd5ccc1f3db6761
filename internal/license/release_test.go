//go:build tools

package license_test

import (
	"bytes"
	"encoding/json"
	"encoding/pem"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"mlops-infra-suite/internal/license"
	"mlops-infra-suite/internal/sandbox"
	"mlops-infra-suite/internal/sandbox/marketplace"
)

const pkg = "mlops-infra-suite/internal/license."

// compile builds the program as a release is built, with links such as linkedMode=metering.
func compile(t *testing.T, tags string, links ...string) string {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "sg-provisioner")
	flags := "-s -w"
	for _, l := range links {
		flags += " -X " + pkg + l
	}
	cmd := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-tags", tags, "-ldflags", flags, "-o", bin, "./cmd/sg-provisioner")
	cmd.Dir = "../.."
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return bin
}

// body is the key of a PEM file in the form in which it is linked.
func body(key []byte) string {
	lines := strings.Split(strings.TrimSpace(string(key)), "\n")
	return strings.Join(lines[1:len(lines)-1], "")
}

func sandboxKey(t *testing.T) string {
	t.Helper()
	text, err := marketplace.PublicKey()
	if err != nil {
		t.Fatal(err)
	}
	return body(text)
}

// outcome is what a run of the program ends with.
type outcome struct {
	exit int
	doc  struct {
		Status string
		Error  struct{ Code, Message, Hint string }
	}
	stdout string
	stderr string
}

// start runs the program in a working directory of its own with nothing of this machine's AWS configuration.
func start(t *testing.T, bin, dir string, env []string, args ...string) outcome {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), bin, append(args, "-o", "json")...)
	cmd.Dir = dir
	cmd.Env = append([]string{
		"HOME=" + dir, "PATH=" + os.Getenv("PATH"), "AWS_EC2_METADATA_DISABLED=true", "AWS_REGION=us-west-2",
		"AWS_ACCESS_KEY_ID=123456789012", "AWS_SECRET_ACCESS_KEY=any", "HTTPS_PROXY=http://127.0.0.1:1", // nobody calls AWS from here
	}, env...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	var got outcome
	if err := cmd.Run(); err != nil {
		if _, ok := errors.AsType[*exec.ExitError](err); !ok {
			t.Fatal(err)
		}
		got.exit = cmd.ProcessState.ExitCode()
	}
	got.stdout, got.stderr = stdout.String(), stderr.String()
	_ = json.Unmarshal(stdout.Bytes(), &got.doc) // not all that is run here prints a document
	return got
}

// refused wants exit 4 and nothing else.
func refused(t *testing.T, got outcome) {
	t.Helper()
	if got.exit != 4 || got.doc.Error.Code != "NOT_LICENSED" || got.doc.Error.Hint == "" || got.doc.Status != "failed" {
		t.Errorf("exit %d, stdout %s\nstderr %s", got.exit, got.stdout, got.stderr)
	}
}

// TestNothingTurnsTheLicenseOff tries, with all that a user of the machine can set. Against it stands a server that
// plays AWS as well as can be, with its own key.
func TestNothingTurnsTheLicenseOff(t *testing.T) {
	fake := newImpostor(t)
	metering := compile(t, "licensed", "linkedMode=metering", "linkedProduct=4h2", "linkedKeyVersion=1", "linkedKey="+body(fake.otherPublicKey))
	contract := compile(t, "licensed", "linkedMode=contract", "linkedProduct=prod-1", "linkedEntitlement=Feature")
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	ca := file("ca.pem", string(fake.ca))
	config := file("config", "[default]\nendpoint_url = "+fake.url+"\nca_bundle = "+ca+"\nservices = all\n[profile p]\nendpoint_url = "+fake.url+
		"\n[profile made]\ncredential_process = echo {\"Version\":1,\"AccessKeyId\":\"a\",\"SecretAccessKey\":\"s\"}\nregion = us-west-2"+
		"\n[services all]\nmarketplace_metering =\n  endpoint_url = "+fake.url+"\nlicense_manager =\n  endpoint_url = "+fake.url+"\n")
	file("app_config.yaml", "license: none\nlicense_mode: none\n")
	file("license.json", `{"mode":"none"}`)
	endpoints := []string{"AWS_ENDPOINT_URL=" + fake.url, "AWS_ENDPOINT_URL_MARKETPLACE_METERING=" + fake.url, "AWS_ENDPOINT_URL_LICENSE_MANAGER=" + fake.url}
	// In every case all of AWS is behind the impostor's proxy, whose certificates the whole machine trusts.
	machine := []string{"HTTPS_PROXY=" + fake.proxy, "SSL_CERT_FILE=" + ca, "SSL_CERT_DIR=" + dir, "AWS_CA_BUNDLE=" + ca}
	nobody := []string{"AWS_REGION=", "AWS_ACCESS_KEY_ID=", "AWS_SECRET_ACCESS_KEY="}
	for name, tc := range map[string]struct {
		env  []string
		args []string
	}{
		"nothing":                                  {},
		"endpoints of the environment":             {env: append(endpoints, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=false")},
		"endpoints of the environment, left out":   {env: append(endpoints, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true")},
		"endpoints of the AWS configuration":       {env: []string{"AWS_CONFIG_FILE=" + config}},
		"a profile":                                {env: []string{"AWS_CONFIG_FILE=" + config}, args: []string{"--profile", "p"}},
		"a profile of the environment":             {env: []string{"AWS_CONFIG_FILE=" + config, "AWS_PROFILE=p", "AWS_SDK_LOAD_CONFIG=1"}},
		"credentials of a program":                 {env: append(nobody, "AWS_CONFIG_FILE="+config, "AWS_PROFILE=made")},
		"other variants of the endpoints":          {env: []string{"AWS_USE_DUALSTACK_ENDPOINT=true", "AWS_USE_FIPS_ENDPOINT=true"}},
		"a task's metadata":                        {env: []string{"ECS_CONTAINER_METADATA_URI_V4=" + fake.url, "AWS_ENDPOINT_URL=" + fake.url}},
		"a task's credentials":                     {env: append(nobody, "AWS_REGION=us-west-2", "AWS_CONTAINER_CREDENTIALS_FULL_URI="+fake.url)},
		"an instance's metadata":                   {env: append(nobody, "AWS_EC2_METADATA_DISABLED=false", "AWS_EC2_METADATA_SERVICE_ENDPOINT="+fake.url)},
		"the sandbox":                              {env: []string{"SG_SANDBOX=1", "AWS_ENDPOINT_URL=" + fake.url}, args: []string{"--sandbox"}},
		"another time zone":                        {env: []string{"TZ=Pacific/Kiritimati"}},
		"another time zone, one that is not there": {env: []string{"TZ=:/nowhere", "ZONEINFO=" + ca}},
		"wishes": {env: []string{"SG_LICENSE=none", "SG_LICENSE_MODE=none", "LICENSE=none", "LICENSE_MODE=none", "linkedMode=none",
			"MODE=none", "DEBUG=1", "SG_DEV=1", "CI=1", "GODEBUG=x509sha1=1,rsa1024min=0,tlsrsakex=1,x509usefallbackroots=1", "SSLKEYLOGFILE=" + ca}},
		"a dry run": {args: []string{"--dry-run", "--force"}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, bin := range []string{metering, contract} {
				refused(t, start(t, bin, dir, append(slices.Clone(machine), tc.env...), append([]string{"list-scenarios"}, tc.args...)...))
			}
		})
	}
	t.Run("flags", func(t *testing.T) {
		for _, flag := range []string{"--license=none", "--license-mode=none", "--no-license", "--unlicensed"} {
			if got := start(t, metering, dir, nil, "list-scenarios", flag); got.exit != 2 {
				t.Errorf("%s: exit %d", flag, got.exit)
			}
		}
	})
	t.Run("no log for code scanning, which would close what is open there", func(t *testing.T) {
		cmd := exec.CommandContext(t.Context(), metering, "validate-config", "-c", "any.yaml", "-o", "sarif")
		cmd.Dir, cmd.Env = dir, []string{"HOME=" + dir, "AWS_EC2_METADATA_DISABLED=true", "AWS_REGION=us-west-2", "HTTPS_PROXY=http://127.0.0.1:1"}
		out, err := cmd.Output()
		if err == nil || cmd.ProcessState.ExitCode() != 4 || len(out) > 0 {
			t.Errorf("%v, stdout %s", err, out)
		}
	})
	t.Run("the version says what it is, without a license", func(t *testing.T) {
		for bin, want := range map[string]string{metering: "AWS Marketplace, by the hour", contract: "AWS Marketplace, by contract"} {
			if got := start(t, bin, dir, nil, "version"); got.exit != 0 || !strings.Contains(got.stdout, want) {
				t.Errorf("exit %d, %s", got.exit, got.stdout)
			}
		}
	})
	seen := fake.targets()
	if !slices.Contains(seen, "AWSMPMeteringService.RegisterUsage over TLS") {
		t.Errorf("the proxy saw %v: the metering build never came as far as the token", seen)
	}
	if slices.Contains(seen, "AWSLicenseManager.CheckoutLicense over TLS") {
		t.Error("the contract build has sent its request to somebody else's certificate")
	}
	for _, target := range []string{"AWSMPMeteringService.RegisterUsage", "AWSLicenseManager.CheckoutLicense"} {
		if slices.Contains(seen, target) {
			t.Errorf("%s went to an endpoint of the environment", target)
		}
	}
	for _, metadata := range []string{"/latest/dynamic/instance-identity/document", "/latest/meta-data/iam/security-credentials/role"} {
		if !slices.Contains(seen, metadata) {
			t.Errorf("nobody asked the impostor for %s: %v", metadata, seen)
		}
	}
}

// TestTheImpostorIsGood is the other half of the test above: the same answers license a build that trusts their key.
func TestTheImpostorIsGood(t *testing.T) {
	t.Parallel()
	fake := newImpostor(t)
	dir := t.TempDir()
	ca := filepath.Join(dir, "ca.pem")
	if err := os.WriteFile(ca, fake.ca, 0o600); err != nil {
		t.Fatal(err)
	}
	metering := compile(t, "licensed", "linkedMode=metering", "linkedProduct=4h2", "linkedKeyVersion=1", "linkedKey="+body(fake.publicKey))
	if got := start(t, metering, dir, []string{"HTTPS_PROXY=" + fake.proxy, "AWS_CA_BUNDLE=" + ca}, "list-scenarios"); got.exit != 0 {
		t.Errorf("metering: exit %d, %s", got.exit, got.stdout)
	}
	contract := compile(t, "licensed,sandboxlicense", "linkedMode=contract", "linkedProduct=prod-1", "linkedEntitlement=Feature")
	if got := start(t, contract, dir, []string{"AWS_ENDPOINT_URL=" + fake.url}, "list-scenarios"); got.exit != 0 {
		t.Errorf("contract: exit %d, %s", got.exit, got.stdout)
	}
}

// TestReleasesRefuseTheSandboxsKey: every action of a release that was built with it, with the words that each needs to begin.
func TestReleasesRefuseTheSandboxsKey(t *testing.T) {
	bin := compile(t, "licensed", "linkedMode=metering", "linkedProduct=4h2", "linkedKeyVersion=1", "linkedKey="+sandboxKey(t))
	dir := t.TempDir()
	actions := commands(t, bin, dir)
	if len(actions) < 9 {
		t.Fatalf("only %d actions: %v", len(actions), actions)
	}
	for _, action := range actions {
		t.Run(strings.Join(action, " "), func(t *testing.T) {
			got := start(t, bin, dir, nil, append(action, "--sandbox", "--force", "-c", "my.yaml")...)
			refused(t, got)
			if !strings.Contains(got.doc.Error.Message, "the key is the sandbox's") {
				t.Error(got.doc.Error.Message)
			}
		})
	}
	if got := start(t, bin, dir, nil, "version", "--check"); got.exit != 1 || !strings.Contains(got.stdout, "the key is the sandbox's") {
		t.Errorf("version --check: exit %d, %s", got.exit, got.stdout)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
		t.Errorf("the refused actions have left %v, %v", entries, err)
	}
}

// commands are all that the program can be asked to do, but for what tells about itself alone.
func commands(t *testing.T, bin, dir string, below ...string) [][]string {
	t.Helper()
	var found [][]string
	for _, m := range regexp.MustCompile(`(?m)^  ([a-z]+(?:-[a-z]+)*) {2,}`).FindAllStringSubmatch(start(t, bin, dir, nil, append(below, "--help")...).stdout, -1) {
		if slices.Contains([]string{"version", "help", "completion", "schema"}, m[1]) {
			continue
		}
		command := append(slices.Clone(below), m[1])
		if inner := commands(t, bin, dir, command...); len(inner) > 0 {
			found = append(found, inner...)
			continue
		}
		found = append(found, command)
	}
	return found
}

// TestATestBuildTrustsTheSandbox: what licenses a test build is the sandbox's Marketplace, whose errors refuse it.
func TestATestBuildTrustsTheSandbox(t *testing.T) {
	t.Parallel()
	bin := compile(t, "licensed,sandboxlicense", "linkedMode=metering", "linkedProduct=4h2", "linkedKeyVersion=1", "linkedKey="+sandboxKey(t))
	dir := t.TempDir()
	for faults, want := range map[string]int{"": 0, "RegisterUsage=CustomerNotEntitledException": 4} {
		got := start(t, bin, dir, []string{"AWS_ENDPOINT_URL=" + serveSandbox(t, faults)}, "list-scenarios")
		if got.exit != want {
			t.Errorf("faults %q: exit %d, %s", faults, got.exit, got.stdout)
		}
		if want == 4 {
			refused(t, got)
		}
	}
	if got := start(t, bin, dir, nil, "version"); !strings.Contains(got.stdout, "a test build that trusts the sandbox") {
		t.Error(got.stdout)
	}
}

func TestPublicKeyIsPEM(t *testing.T) {
	text, err := marketplace.PublicKey()
	if block, rest := pem.Decode(text); err != nil || block == nil || block.Type != "PUBLIC KEY" || len(rest) > 0 {
		t.Errorf("%s, %v", text, err)
	}
	if terms, err := license.Linked(); err != nil || terms.Mode != license.None || terms.Action != "" {
		t.Errorf("this test's own build: %+v, %v", terms, err)
	}
}

// serveSandbox serves a sandbox with faults until the test ends, and returns its URL.
func serveSandbox(t *testing.T, faults string) string {
	t.Helper()
	parsed, err := sandbox.ParseFaults(faults)
	if err != nil {
		t.Fatal(err)
	}
	return serve(t, openSandbox(t, parsed))
}
