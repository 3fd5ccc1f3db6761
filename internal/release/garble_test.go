//go:build tools && gostage

package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"mlops-infra-suite/internal/sandbox"
	"mlops-infra-suite/internal/sandbox/marketplace"
	"mlops-infra-suite/internal/testkit/sandboxtest"
)

// garble installs the obfuscator in the version that the Makefile names.
func garble(t *testing.T) string {
	t.Helper()
	makefile, err := os.ReadFile(filepath.Join(repository(t), "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	version := regexp.MustCompile(`(?m)^GARBLE +\?= (v\S+)$`).FindSubmatch(makefile)
	if version == nil {
		t.Fatal("the Makefile names no version of garble")
	}
	folder := t.TempDir()
	if r := command(t, repository(t), []string{"GOBIN=" + folder}, "go", "install", "mvdan.cc/garble@"+string(version[1])); r.exit != 0 {
		t.Fatal(r.stderr)
	}
	return filepath.Join(folder, "garble")
}

// TestObfuscated builds a licensed release with garble, as `make release` does, twice and in two folders: the bytes are the
// same, the license is unreadable, and the program works.
func TestObfuscated(t *testing.T) {
	env := []string{"VERSION=1.2.3", "GARBLE=" + garble(t), "LICENSE_MODE=contract", "LICENSE_PRODUCT=prod-obfuscated",
		"LICENSE_ENTITLEMENT=Feature"}
	var sums []string
	var binary string
	for _, name := range []string{"a", "another/and/deeper"} {
		folder := filepath.Join(t.TempDir(), filepath.FromSlash(name))
		copyModule(t, folder)
		files := filepath.Join(folder, "out")
		if r := command(t, folder, env, "go", "run", "./internal/release", "-image", files); r.exit != 0 {
			t.Fatalf("exit %d: %s", r.exit, r.stderr)
		}
		binary = filepath.Join(files, systemTree, binaryPath)
		sums = append(sums, sum(t, binary))
	}
	if sums[0] != sums[1] {
		t.Errorf("the binaries differ: %v", sums)
	}
	content, err := os.ReadFile(binary)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"internal/license.Check", "connectContract", "clientOfAmazon", "noRegionError"} {
		if bytes.Contains(content, []byte(name)) {
			t.Errorf("the binary names %s", name)
		}
	}
	if r := command(t, t.TempDir(), []string{"HTTPS_PROXY=http://127.0.0.1:1", "AWS_EC2_METADATA_DISABLED=true"}, binary, "list-scenarios"); r.exit != 4 {
		t.Errorf("without a license: exit %d\n%s%s", r.exit, r.stdout, r.stderr)
	}
}

// TestObfuscatedLicense: whoever is entitled gets in by an obfuscated binary too, as a task of Amazon ECS and by contract, and
// nobody else. It is a test build, as a release trusts nobody whom a test could play.
func TestObfuscatedLicense(t *testing.T) {
	obfuscator := garble(t)
	key, err := marketplace.PublicKey()
	if err != nil {
		t.Fatal(err)
	}
	served := func(faults string) string {
		parsed, err := sandbox.ParseFaults(faults)
		if err != nil {
			t.Fatal(err)
		}
		return serve(t, sandboxtest.Open(t, sandbox.Options{Faults: parsed}))
	}
	metadata := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"TaskARN":"arn:aws:ecs:us-west-2:123456789012:task/c/1"}`)
	}))
	for action, terms := range map[string]terms{
		"RegisterUsage":   {mode: "metering", product: "4h2", keyVersion: "1", key: joined(string(key))},
		"CheckoutLicense": {mode: "contract", product: "prod-1", entitlement: "Feature"},
	} {
		b := builder{version: "1.2.3", terms: terms}
		binary := filepath.Join(t.TempDir(), program)
		if r := command(t, repository(t), append(b.environment(here), "GOGARBLE="+obfuscated), obfuscator, "build", "-trimpath",
			"-buildvcs=false", "-tags=licensed,sandboxlicense", "-ldflags="+b.linkerFlags(), "-o", binary, mainPackage); r.exit != 0 {
			t.Fatal(r.stderr)
		}
		for faults, want := range map[string]int{"": 0, action + "=denied": 4} {
			env := []string{"AWS_ENDPOINT_URL=" + served(faults), "AWS_ACCESS_KEY_ID=123456789012", "AWS_SECRET_ACCESS_KEY=any",
				"ECS_CONTAINER_METADATA_URI_V4=" + metadata, "HTTPS_PROXY=http://127.0.0.1:1"}
			if r := command(t, t.TempDir(), env, binary, "list-scenarios"); r.exit != want {
				t.Errorf("%s, faults %q: exit %d\n%s", terms.mode, faults, r.exit, r.stderr)
			}
		}
	}
}

func serve(t *testing.T, h http.Handler) string {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server.URL
}
