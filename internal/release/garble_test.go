//go:build tools && gostage

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// TestObfuscated builds a licensed release with garble, as `make release` does, twice and in two folders: the bytes are the
// same, the license is unreadable, and the program works.
func TestObfuscated(t *testing.T) {
	makefile, err := os.ReadFile(filepath.Join(repository(t), "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	garbleVersion := regexp.MustCompile(`(?m)^GARBLE +\?= (v\S+)$`).FindSubmatch(makefile)
	if garbleVersion == nil {
		t.Fatal("the Makefile names no version of garble")
	}
	tools := t.TempDir()
	if r := command(t, repository(t), []string{"GOBIN=" + tools}, "go", "install", "mvdan.cc/garble@"+string(garbleVersion[1])); r.exit != 0 {
		t.Fatal(r.stderr)
	}
	env := []string{"VERSION=1.2.3", "GARBLE=" + filepath.Join(tools, "garble"), "LICENSE_MODE=contract", "LICENSE_PRODUCT=prod-obfuscated",
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
