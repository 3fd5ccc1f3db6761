//go:build tools

package cli_test

import (
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"mlops-infra-suite/internal/sandbox"
	"mlops-infra-suite/internal/sandbox/marketplace"
)

// TestLicensedPolicy: the policy of a licensed build has the action with which the license is checked, and no more than it needs:
// with it the tool runs, without that action it doesn't.
func TestLicensedPolicy(t *testing.T) {
	text, err := marketplace.PublicKey()
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(text)
	for action, links := range map[string][]string{
		"license-manager:CheckoutLicense": {"linkedMode=contract", "linkedProduct=prod-1", "linkedEntitlement=Feature"},
		"aws-marketplace:RegisterUsage": {"linkedMode=metering", "linkedProduct=4h2", "linkedKeyVersion=1",
			"linkedKey=" + base64.StdEncoding.EncodeToString(block.Bytes)},
	} {
		t.Run(action, func(t *testing.T) {
			bin := licensedBuild(t, links)
			box, err := sandbox.Open(t.TempDir(), sandbox.Options{NoSync: true})
			if err != nil {
				t.Fatal(err)
			}
			server := httptest.NewServer(box)
			t.Cleanup(func() {
				server.Close()
				if err := box.Close(); err != nil {
					t.Error(err)
				}
			})
			s := &stage{set: rehearsals[0], dir: t.TempDir()}
			s.write(t, s.set.config(first))
			run := func(policy string) (int, string) {
				key, err := box.PutPolicy(s.set.principal("buyer"), policy)
				if err != nil {
					t.Fatal(err)
				}
				cmd := exec.CommandContext(t.Context(), bin, "create-policy", "--dry-run", "--workdir", s.dir, "-c", "my.yaml")
				cmd.Env = []string{"HOME=" + s.dir, "PATH=" + os.Getenv("PATH"), "AWS_REGION=us-west-2", "AWS_ENDPOINT_URL=" + server.URL,
					"AWS_ACCESS_KEY_ID=" + key.ID, "AWS_SECRET_ACCESS_KEY=" + key.Secret}
				var stderr strings.Builder
				cmd.Stderr = &stderr
				out, err := cmd.Output()
				if _, exited := errors.AsType[*exec.ExitError](err); err != nil && !exited {
					t.Fatal(err)
				}
				return cmd.ProcessState.ExitCode(), string(out) + stderr.String()
			}
			exit, out := run("")
			if exit != 0 {
				t.Fatalf("exit code %d\n%s", exit, out)
			}
			policy := out[:strings.Index(out, "\n}\n")+3]
			if !json.Valid([]byte(policy)) || strings.Count(policy, action) != 1 {
				t.Fatalf("%s is not in the policy once: %s", action, policy)
			}
			if exit, out := run(policy); exit != 0 {
				t.Errorf("with the policy: exit code %d\n%s", exit, out)
			}
			if exit, out := run(strings.Replace(policy, action, "iam:None", 1)); exit != 4 || !strings.Contains(out, "not licensed") {
				t.Errorf("without %s: exit code %d\n%s", action, exit, out)
			}
		})
	}
}

// licensedBuild is the program, built to check a license of the sandbox's.
func licensedBuild(t *testing.T, links []string) string {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "sg-provisioner")
	flags := ""
	for _, l := range links {
		flags += " -X mlops-infra-suite/internal/license." + l
	}
	cmd := exec.CommandContext(t.Context(), "go", "build", "-tags", "licensed,sandboxlicense", "-ldflags", flags, "-o", bin, "./cmd/sg-provisioner")
	cmd.Dir = "../.."
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return bin
}
