//go:build tools

package marketplace_test

import (
	"encoding/json"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mlops-infra-suite/internal/sandbox"
	"mlops-infra-suite/internal/sandbox/marketplace"
	"mlops-infra-suite/internal/testkit/sandboxtest"
)

// TestBoto3 asks both services with boto3, and has the token verified by a library that Go's is not. A feature is never checked
// in, so that operation is refused as one that the sandbox doesn't have.
func TestBoto3(t *testing.T) {
	server := httptest.NewServer(sandboxtest.Open(t, sandbox.Options{}))
	defer server.Close()
	text, err := marketplace.PublicKey()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	key := filepath.Join(dir, "key.pem")
	if err := os.WriteFile(key, text, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "python3", "testdata/boto3_license.py", key)
	cmd.Env = slices.DeleteFunc(os.Environ(), func(entry string) bool { return strings.HasPrefix(entry, "AWS_") })
	cmd.Env = append(cmd.Env, "HOME="+dir, "AWS_ENDPOINT_URL="+server.URL, "AWS_DEFAULT_REGION=us-west-2",
		"AWS_ACCESS_KEY_ID=123456789012", "AWS_SECRET_ACCESS_KEY=any")
	cmd.Stderr = t.Output()
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var got any
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	want := map[string]any{
		"header":        map[string]any{"alg": "PS256", "typ": "JWT"},
		"claims":        map[string]any{"ProductCode": "4h2example", "PublicKeyVersion": 1.0, "Nonce": "n-1"},
		"rotated":       false,
		"allowed":       []any{map[string]any{"Name": "Feature", "Value": "Enabled", "Unit": "None"}},
		"again":         true,
		"signed":        false,
		"other_version": "InvalidPublicKeyVersionException",
		"other_issuer":  "ResourceNotFoundException",
		"check_in":      "UnknownOperationException",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("boto3 (-want +got):\n%s", diff)
	}
}
