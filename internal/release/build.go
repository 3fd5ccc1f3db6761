package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

const (
	program     = "sg-provisioner"
	mainPackage = "./cmd/" + program
	licenseVars = "mlops-infra-suite/internal/license.linked"
)

// obfuscated are the packages whose names garble hides: the license, which is what there is to hide. The sandbox's wire
// protocols and the JSON of the command line are read by reflection from the names of Go's fields, which must stay.
const obfuscated = "mlops-infra-suite/internal/license"

// terms are how a build is licensed: values of internal/license.
type terms struct{ mode, product, keyVersion, key, entitlement string }

// termsOf reads them from the environment, as the image's build stage gets them.
func termsOf(getenv func(string) string) terms {
	return terms{
		mode:        cmp.Or(getenv("LICENSE_MODE"), "none"),
		product:     getenv("LICENSE_PRODUCT"),
		keyVersion:  getenv("LICENSE_KEY_VERSION"),
		key:         joined(getenv("LICENSE_KEY")),
		entitlement: getenv("LICENSE_ENTITLEMENT"),
	}
}

// joined is a key in PEM as it is linked: one line, without the first and the last.
func joined(pem string) string {
	var lines []string
	for line := range strings.Lines(pem) {
		if !strings.HasPrefix(line, "-----") {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return strings.Join(lines, "")
}

func (t terms) tags() string {
	if t.mode == "none" {
		return ""
	}
	return "licensed"
}

// builder builds one version.
type builder struct {
	version string
	terms   terms
	garble  string    // empty: no obfuscation
	environ []string  // of this process
	log     io.Writer // for what the tools have to say
}

type platform struct{ os, arch string }

func (p platform) String() string { return p.os + "/" + p.arch }

var here = platform{runtime.GOOS, runtime.GOARCH}

// linkerFlags strip the binary of what differs between machines, and set what it says about itself.
func (b builder) linkerFlags() string {
	flags := []string{"-s", "-w", "-buildid=", "-X main.version=" + b.version}
	for _, v := range [][2]string{
		{"Mode", b.terms.mode}, {"Product", b.terms.product}, {"KeyVersion", b.terms.keyVersion}, {"Key", b.terms.key}, {"Entitlement", b.terms.entitlement},
	} {
		if v[1] != "" {
			flags = append(flags, "-X '"+licenseVars+v[0]+"="+v[1]+"'")
		}
	}
	return strings.Join(flags, " ")
}

// compile builds the program for a platform into the file out.
func (b builder) compile(ctx context.Context, p platform, out string) error {
	out, err := filepath.Abs(out)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, cmp.Or(b.garble, "go"), "build", "-trimpath", "-buildvcs=false",
		"-tags="+b.terms.tags(), "-ldflags="+b.linkerFlags(), "-o", out, mainPackage)
	cmd.Env = append(b.environment(p), "GOGARBLE="+obfuscated)
	cmd.Stdout, cmd.Stderr = b.log, b.log
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("build for %s: %w", p, err)
	}
	if p != here {
		return nil
	}
	return b.inspect(ctx, out)
}

// environment is that of Go, in which nothing that this machine prefers changes the bytes.
func (b builder) environment(p platform) []string {
	return append(slices.Clone(b.environ), "CGO_ENABLED=0", "GOOS="+p.os, "GOARCH="+p.arch, "GOFLAGS=-mod=readonly",
		"GOAMD64=v1", "GOARM64=v8.0", "GOFIPS140=off", "GOEXPERIMENT=")
}

// inspect asks the binary what it is: a setting whose name the linker doesn't know would be lost without a word.
func (b builder) inspect(ctx context.Context, binary string) error {
	out, err := exec.CommandContext(ctx, binary, "version", "--check", "-o", "json", "--workdir", filepath.Dir(binary)).Output()
	if err != nil {
		return fmt.Errorf("ask %s for its version: %w: %s", binary, err, out)
	}
	var said struct {
		Version string `json:"version"`
		License string `json:"license"`
		Mode    string `json:"license_mode"`
	}
	if err := json.NewDecoder(bytes.NewReader(out)).Decode(&said); err != nil {
		return fmt.Errorf("ask %s for its version: %w", binary, err)
	}
	if said.Version != b.version || said.Mode != b.terms.mode || strings.Contains(said.License, "test build") {
		return fmt.Errorf("%s says that it is %s, license %s (%s): that is not what was built", binary, said.Version, said.License, said.Mode)
	}
	return nil
}
