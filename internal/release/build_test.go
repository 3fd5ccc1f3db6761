//go:build tools

package main

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

func sum(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%x", sha256.Sum256(content))
}

// copyModule copies what a build needs of this module into a folder.
func copyModule(t *testing.T, folder string) {
	t.Helper()
	for _, name := range []string{"go.mod", "go.sum", "README.md", "CHANGELOG.md", "LICENSE.txt", "Dockerfile", ".dockerignore"} {
		text, err := os.ReadFile(filepath.Join(repository(t), name))
		if err != nil {
			t.Fatal(err)
		}
		if err := write(filepath.Join(folder, name), text); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"cmd", "internal", "docs"} {
		if err := os.CopyFS(filepath.Join(folder, name), os.DirFS(filepath.Join(repository(t), name))); err != nil {
			t.Fatal(err)
		}
	}
}

// TestReproducible builds the same source in two folders, which gives the same bytes: nothing of the folder is in them.
func TestReproducible(t *testing.T) {
	var sums []string
	for _, name := range []string{"a", "another/and/deeper"} {
		folder := filepath.Join(t.TempDir(), name)
		copyModule(t, folder)
		files := filepath.Join(folder, "out")
		r := command(t, folder, []string{"VERSION=1.2.3"}, "go", "run", "./internal/release", "-image", files)
		if r.exit != 0 {
			t.Fatalf("exit %d: %s", r.exit, r.stderr)
		}
		binary := filepath.Join(files, systemTree, binaryPath)
		sums = append(sums, sum(t, binary), sum(t, filepath.Join(files, systemTree, docFolder, "sbom.cdx.json")))
		content, err := os.ReadFile(binary)
		if err != nil {
			t.Fatal(err)
		}
		for _, trace := range []string{folder, "another/and/deeper", os.Getenv("HOME") + "/go"} {
			if strings.Contains(string(content), trace) {
				t.Errorf("the binary names %s", trace)
			}
		}
	}
	if sums[0] != sums[2] || sums[1] != sums[3] {
		t.Errorf("binary and bill of materials differ: %v", sums)
	}
}

// TestEnvironment: what the machine that builds prefers is not in the binary.
func TestEnvironment(t *testing.T) {
	own := []string{"GOAMD64=v3", "GOARM64=v9.0", "GOFIPS140=latest", "CGO_ENABLED=1", "GOFLAGS=-race", "GOEXPERIMENT=nogreenteagc"}
	b := builder{environ: append(os.Environ(), own...)}
	r := command(t, "", b.environment(platform{"linux", "arm64"}),
		"go", "env", "GOARCH", "GOAMD64", "GOARM64", "GOFIPS140", "CGO_ENABLED", "GOFLAGS", "GOEXPERIMENT")
	if got := strings.Join(strings.Fields(r.stdout), " "); r.exit != 0 || got != "arm64 v1 v8.0 off 0 -mod=readonly" {
		t.Errorf("exit %d, %s %s", r.exit, got, r.stderr)
	}
}

// TestModes: a careful umask of the machine that builds does not shut the user of the container out.
func TestModes(t *testing.T) {
	t.Chdir(repository(t))
	before := syscall.Umask(0o077)
	t.Cleanup(func() { syscall.Umask(before) })
	folder := filepath.Join(t.TempDir(), "rootfs")
	b := builder{version: "1.2.3", terms: terms{mode: "none"}, environ: os.Environ(), log: t.Output()}
	if err := b.image(t.Context(), folder); err != nil {
		t.Fatal(err)
	}
	found := map[fs.FileMode][]string{}
	for _, tree := range []string{systemTree, userTree} {
		err := fs.WalkDir(os.DirFS(folder), tree, func(path string, e fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			info, err := e.Info()
			found[info.Mode()] = append(found[info.Mode()], path)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(found) != 4 || !slices.Equal(found[0o755], []string{systemTree + "/" + binaryPath}) ||
		len(found[fs.ModeDir|0o777]) != 1+len(workFolders) || len(found[0o644]) < 50 || len(found[fs.ModeDir|0o755]) < 10 {
		t.Errorf("modes: %v", found)
	}
}

// TestAuthorities: not every machine that builds has them where Debian does.
func TestAuthorities(t *testing.T) {
	folder := t.TempDir()
	there := filepath.Join(folder, "there")
	if err := write(there, []byte("certificates")); err != nil {
		t.Fatal(err)
	}
	missing := filepath.Join(folder, "missing")
	if text, err := firstOf([]string{missing, there}); err != nil || string(text) != "certificates" {
		t.Errorf("read %q, %v", text, err)
	}
	if _, err := firstOf([]string{missing, missing + "-too"}); err == nil || !strings.Contains(err.Error(), missing+"-too") {
		t.Errorf("nothing is there: %v", err)
	}
	if _, err := firstOf([]string{folder, there}); err == nil {
		t.Error("a file that can't be read was passed over")
	}
}

// TestBill: the bill of materials names what is linked, with the licenses that were read.
func TestBill(t *testing.T) {
	t.Chdir(repository(t))
	modules, err := builder{terms: terms{mode: "none"}, environ: os.Environ(), log: t.Output()}.modules(t.Context(), platforms...)
	if err != nil {
		t.Fatal(err)
	}
	text, err := bill("1.2.3", modules)
	if err != nil {
		t.Fatal(err)
	}
	var doc bom
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, c := range doc.Components {
		found[c.Name] = c.Licenses[0].License.ID
	}
	for name, want := range map[string]string{
		"std": "BSD-3-Clause", "github.com/aws/aws-sdk-go-v2": "Apache-2.0", "go.etcd.io/bbolt": "MIT", "github.com/spf13/pflag": "BSD-3-Clause",
	} {
		if found[name] != want {
			t.Errorf("%s: license %q, want %q", name, found[name], want)
		}
	}
	if linked := "github.com/aws/aws-sdk-go-v2/service/licensemanager"; found[linked] != "" {
		t.Errorf("a source build links %s", linked)
	}
	if len(doc.DependsOn) != 1 || len(doc.DependsOn[0].DependsOn) != len(doc.Components) {
		t.Errorf("dependencies: %+v", doc.DependsOn)
	}
}

// TestBuildsThatAreWrong end without a release.
func TestBuildsThatAreWrong(t *testing.T) {
	for name, tc := range map[string]struct {
		env  []string
		args []string
		want string
	}{
		"nothing to do":       {nil, nil, "one of -image and -dist is needed"},
		"too much to do":      {nil, []string{"-image", "a", "-dist", "b"}, "one of -image and -dist is needed"},
		"another mode":        {[]string{"LICENSE_MODE=free"}, []string{"-image", "out"}, "there is no mode"},
		"a mode without more": {[]string{"LICENSE_MODE=contract"}, []string{"-image", "out"}, "contract needs a product ID"},
		"a folder of others":  {nil, []string{"-image", "others"}, "was not made by this program"},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			if err := os.Mkdir(filepath.Join(folder, "others"), 0o700); err != nil {
				t.Fatal(err)
			}
			args := slices.Clone(tc.args)
			for i, a := range args {
				if !strings.HasPrefix(a, "-") {
					args[i] = filepath.Join(folder, a)
				}
			}
			r := command(t, repository(t), tc.env, append([]string{"go", "run", "./internal/release"}, args...)...)
			if r.exit == 0 || !strings.Contains(r.stderr, tc.want) {
				t.Errorf("exit %d: %s", r.exit, r.stderr)
			}
		})
	}
}
