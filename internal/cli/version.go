package cli

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"mlops-infra-suite/internal/config"
	"mlops-infra-suite/internal/diag"
	"mlops-infra-suite/internal/license"
	"mlops-infra-suite/internal/sg/scenario"
	"mlops-infra-suite/internal/yamldoc"
)

type versionResult struct {
	header
	Version     string        `json:"version"`
	License     string        `json:"license"`
	LicenseMode string        `json:"license_mode"` // none, metering or contract
	Platform    string        `json:"platform"`
	Checks      []healthCheck `json:"checks"` // of --check
}

// healthCheck is one thing that --check has looked at.
type healthCheck struct {
	Name   string `json:"name"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail"`
	hint   string // what to do where it is not OK
}

func (r *versionResult) writeText(w io.Writer) {
	fmt.Fprintf(w, "sg-provisioner %s (%s, license: %s)\n", r.Version, r.Platform, r.License)
	for _, c := range r.Checks {
		word := "ok"
		if !c.OK {
			word = "FAILED"
		}
		fmt.Fprintln(w, diag.Printable(fmt.Sprintf("%s: %s, %s", c.Name, word, c.Detail)))
	}
}

// versionCommand is the one command of the program that needs no license: it says which license is needed, and a container's
// health check must not register usage.
func (a *app) versionCommand() *cobra.Command {
	r := &versionResult{Version: a.env.Version, Platform: runtime.GOOS + "/" + runtime.GOARCH, Checks: []healthCheck{}}
	check := false
	c := a.command("version", "Show the version and how this build is licensed", r, func(_ context.Context, s *session) error {
		terms, err := license.Linked()
		r.License, r.LicenseMode = terms.Text, string(terms.Mode)
		if !check {
			return nil
		}
		r.check("license settings", terms.Text, err)
		return s.health(r)
	})
	c.Flags().BoolVar(&check, "check", false, "look whether the tool can work here: what is embedded, and the folders")
	return c
}

func (r *versionResult) check(name, detail string, err error) {
	c := healthCheck{Name: name, OK: err == nil, Detail: detail}
	if err != nil {
		c.Detail, c.hint = err.Error(), classify(err).hint
	}
	r.Checks = append(r.Checks, c)
}

// health looks at all that an action needs, and nothing outside of this machine.
func (s *session) health(r *versionResult) error {
	_, err := yamldoc.CompileSchema(config.Schema)
	r.check("config schema", "loaded", err)
	_, err = yamldoc.CompileSchema(scenario.Schema)
	r.check("scenario schema", "loaded", err)
	count, err := builtinScenarios()
	r.check("scenarios", fmt.Sprintf("%d built in", count), err)
	err = s.loadSettings()
	r.check("settings", "loaded", err)
	if err != nil { // they name the folders
		return r.verdict()
	}
	folders := s.settings.Folders
	for _, name := range []string{folders.Configs, folders.Scenarios} {
		detail, err := readableFolder(s.path(name))
		r.check("folder "+name, detail, err)
	}
	for _, name := range []string{folders.Templates, folders.Policies, folders.Reports} {
		detail, err := writableFolder(s.path(name))
		r.check("folder "+name, detail, err)
	}
	return r.verdict()
}

// builtinScenarios loads every scenario that is part of the program.
func builtinScenarios() (int, error) {
	entries, problems, err := scenario.NewLibrary("", "scenarios").List()
	if err == nil && problems.HasErrors() {
		err = invalid(problems)
	}
	return len(entries), err
}

// verdict is the error of the checks that have failed.
func (r *versionResult) verdict() error {
	var failed, hints []string
	for _, c := range r.Checks {
		if c.OK {
			continue
		}
		failed = append(failed, c.Name+": "+c.Detail)
		if c.hint != "" && !slices.Contains(hints, c.hint) {
			hints = append(hints, c.hint)
		}
	}
	if len(failed) == 0 {
		return nil
	}
	return &exitError{exit: exitFailed, code: "UNHEALTHY", err: fmt.Errorf("the tool can't work here: %s", strings.Join(failed, "; ")),
		hint: strings.Join(hints, "; ")}
}
