//go:build tools && gostage

package main

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestGoStage builds the whole Dockerfile in an image that holds this machine's Go and its modules, and nothing else: no
// shell and no network. What comes out is, byte by byte, what is built outside of Docker.
func TestGoStage(t *testing.T) {
	goImage := importGo(t)
	t.Logf("an image with Go has %s bytes", docker(t, "inspect", "--format", "{{.Size}}", goImage))
	folder := t.TempDir()
	copyModule(t, folder)
	var name string
	for _, stage := range []string{"local", "build", "runtime"} { // each with a name, by which it can be removed
		name = remember(prefix + ":stage-" + stage)
		r := command(t, folder, []string{"DOCKER_BUILDKIT=0"}, "docker", "build", "--network", "none", "--target", stage,
			"--build-arg", "GO_IMAGE="+goImage, "--build-arg", "VERSION=0.0.1-test", "--build-arg", "REVISION=abc",
			"--build-arg", "CREATED=2026-11-23T12:00:00Z", "-t", name, ".")
		if r.exit != 0 {
			t.Fatalf("stage %s: exit %d\n%s%s", stage, r.exit, tail(r.stdout), tail(r.stderr))
		}
	}
	built := filepath.Join(t.TempDir(), program)
	docker(t, "cp", container(t, name)+":/usr/local/bin/"+program, built)
	outside := filepath.Join(folder, "out")
	if r := command(t, folder, nil, "go", "run", "./internal/release", "-version", "0.0.1-test", "-image", outside); r.exit != 0 {
		t.Fatal(r.stderr)
	}
	if sum(t, built) != sum(t, filepath.Join(outside, systemTree, binaryPath)) {
		t.Error("the binaries differ")
	}
	inspect := []string{"inspect", "--format", "{{json .Config.Entrypoint}} {{json .Config.Env}} {{.Config.User}} {{.Config.WorkingDir}} {{json .Config.Healthcheck}} {{json .Config.Labels}}"}
	if full, local := docker(t, append(inspect, name)...), docker(t, append(inspect, image(t))...); full != local {
		t.Errorf("the configurations differ:\n%s\n%s", full, local)
	}
}

func tail(text string) string {
	lines := strings.Split(text, "\n")
	return strings.Join(lines[max(0, len(lines)-30):], "\n")
}

// importGo makes an image of this machine's Go and of the modules that a build reads.
func importGo(t *testing.T) string {
	t.Helper()
	env := func(name string) string {
		return strings.TrimSpace(command(t, repository(t), nil, "go", "env", name).stdout)
	}
	root, cache := env("GOROOT"), env("GOMODCACHE")
	list := command(t, repository(t), nil, "go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Dir}}{{end}}{{end}}", "./cmd/sg-provisioner", "./internal/release")
	folders := strings.Fields(list.stdout)
	slices.Sort(folders)
	folders = slices.Compact(folders)
	if list.exit != 0 || len(folders) < 10 {
		t.Fatalf("%d modules: %s", len(folders), list.stderr)
	}
	// The paths are rewritten to those of the official image, without what a build has no use for.
	name := remember(prefix + ":go")
	script := `set -euo pipefail
tar --create --file=- --absolute-names --exclude="$1/test" --exclude="$1/doc" --exclude="$1/api" --exclude="$1/src/cmd" --exclude='*.zip' --exclude='*_test.go' \
  --transform="s,^$1,usr/local/go," --transform="s,^$2,go/pkg/mod," --transform='s,^/,,' \
  "$1" /etc/ssl/certs/ca-certificates.crt "$2/cache/download" "${@:4}" |
docker import --change 'ENV PATH=/usr/local/go/bin GOROOT=/usr/local/go GOPATH=/go GOCACHE=/cache TMPDIR=/ GOPROXY=off GOSUMDB=off GOTOOLCHAIN=local HOME=/' - "$3"`
	if r := command(t, "", nil, append([]string{"bash", "-c", script, "import", root, cache, name}, folders...)...); r.exit != 0 {
		t.Fatalf("exit %d\n%s", r.exit, r.stderr)
	}
	return name
}
