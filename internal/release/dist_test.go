//go:build tools

package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestDist makes a release for this machine alone, as a compiler for others takes minutes. Its checksums are such that sha256sum
// reads them, and its bill of materials names what the linker says is in the binary.
func TestDist(t *testing.T) {
	t.Chdir(repository(t))
	folder := filepath.Join(t.TempDir(), "dist")
	b := builder{version: "1.2.3", terms: terms{mode: "none"}, environ: os.Environ(), log: t.Output()}
	if err := b.dist(t.Context(), folder, []platform{here}); err != nil {
		t.Fatal(err)
	}
	want := []string{".release", "SHA256SUMS", "sg-provisioner_1.2.3.cdx.json", "sg-provisioner_1.2.3_licenses.txt",
		"sg-provisioner_1.2.3_" + here.os + "_" + here.arch}
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(want)
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if !slices.Equal(got, want) {
		t.Errorf("made %v", got)
	}
	if r := command(t, folder, nil, "sha256sum", "--check", "--strict", "SHA256SUMS"); r.exit != 0 || strings.Count(r.stdout, ": OK") != 3 {
		t.Errorf("sha256sum: exit %d\n%s%s", r.exit, r.stdout, r.stderr)
	}
	linked, named := linkedInto(t, filepath.Join(folder, b.fileName(here))), billed(t, filepath.Join(folder, "sg-provisioner_1.2.3.cdx.json"))
	if diff := cmp.Diff(linked, named); diff != "" {
		t.Errorf("the bill of materials (-linked +named):\n%s", diff)
	}
	licenses, err := os.ReadFile(filepath.Join(folder, "sg-provisioner_1.2.3_licenses.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for module := range linked {
		if name, version, _ := strings.Cut(module, "@"); !strings.Contains(string(licenses), "\n==== "+name+" "+version+": ") {
			t.Errorf("the license of %s is not handed on", module)
		}
	}
	for _, text := range []string{"the property of their owners", "Copyright 2009 The Go Authors", "TERMS AND CONDITIONS FOR USE, REPRODUCTION"} {
		if !strings.Contains(string(licenses), text) {
			t.Errorf("the licenses don't say %q", text)
		}
	}
	if got, want := b.fileName(platform{"windows", "amd64"}), "sg-provisioner_1.2.3_windows_amd64.exe"; got != want {
		t.Errorf("a binary for Windows is named %s, want %s", got, want)
	}
}

// linkedInto are the modules with their versions that the linker has written into a binary, and the standard library.
func linkedInto(t *testing.T, binary string) map[string]bool {
	t.Helper()
	r := command(t, "", nil, "go", "version", "-m", binary)
	if r.exit != 0 {
		t.Fatal(r.stderr)
	}
	found := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^\tdep\t(\S+)\t(\S+)`).FindAllStringSubmatch(r.stdout, -1) {
		found[m[1]+"@"+m[2]] = true
	}
	toolchain := regexp.MustCompile(`: go(\S+)\n`).FindStringSubmatch(r.stdout)
	if toolchain == nil || len(found) < 20 {
		t.Fatalf("the binary says %s", r.stdout)
	}
	found["std@"+toolchain[1]] = true
	return found
}

// billed are the components of a bill of materials.
func billed(t *testing.T, file string) map[string]bool {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var doc bom
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, c := range doc.Components {
		if c.PURL != "pkg:golang/"+c.Name+"@"+c.Version {
			t.Errorf("%s has the package URL %s", c.Name, c.PURL)
		}
		found[c.Name+"@"+c.Version] = true
	}
	return found
}
