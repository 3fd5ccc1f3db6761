package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// module is something that is linked into the program.
type module struct {
	Path, Version, Dir string

	license string            // SPDX
	texts   map[string][]byte // the files of its license, by name
}

// modules are all that is linked for the platforms, sorted, with the standard library first.
func (b builder) modules(ctx context.Context, platforms ...platform) ([]module, error) {
	found := map[string]module{}
	for _, p := range platforms {
		if err := b.listModules(ctx, p, found); err != nil {
			return nil, fmt.Errorf("list modules for %s: %w", p, err)
		}
	}
	std, err := standardLibrary(ctx)
	if err != nil {
		return nil, err
	}
	all := []module{std}
	for _, m := range found {
		all = append(all, m)
	}
	slices.SortFunc(all[1:], func(a, b module) int { return strings.Compare(a.Path, b.Path) })
	for i := range all {
		if err := all[i].readLicense(); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func (b builder) listModules(ctx context.Context, p platform, found map[string]module) error {
	cmd := exec.CommandContext(ctx, "go", "list", "-deps", "-json=Module", "-tags="+b.terms.tags(), mainPackage)
	cmd.Env, cmd.Stderr = b.environment(p), b.log
	out, err := cmd.Output()
	if err != nil {
		return err
	}
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var pkg struct {
			Module *struct {
				module
				Main    bool
				Replace *module
			}
		}
		switch err := decoder.Decode(&pkg); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case pkg.Module == nil || pkg.Module.Main: // the standard library, and this module
		case pkg.Module.Replace != nil:
			return fmt.Errorf("%s is replaced by %s: a release is built from published modules", pkg.Module.Path, pkg.Module.Replace.Path)
		default:
			found[pkg.Module.Path] = pkg.Module.module
		}
	}
}

func standardLibrary(ctx context.Context) (module, error) {
	out, err := exec.CommandContext(ctx, "go", "env", "GOROOT", "GOVERSION").Output()
	if err != nil {
		return module{}, fmt.Errorf("ask for the version of Go: %w", err)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(lines) != 2 {
		return module{}, fmt.Errorf("ask for the version of Go: %q", out)
	}
	return module{Path: "std", Version: strings.TrimPrefix(lines[1], "go"), Dir: lines[0]}, nil
}

// licenseNames are how the files of a license begin.
var licenseNames = []string{"LICENSE", "LICENCE", "COPYING", "NOTICE", "PATENTS"}

// readLicense reads the texts that must go with the module.
func (m *module) readLicense() error {
	entries, err := os.ReadDir(m.Dir)
	if err != nil {
		return fmt.Errorf("read license of %s: %w", m.Path, err)
	}
	m.texts = map[string][]byte{}
	for _, e := range entries {
		named := slices.ContainsFunc(licenseNames, func(name string) bool { return strings.HasPrefix(strings.ToUpper(e.Name()), name) })
		if !named || !e.Type().IsRegular() || filepath.Ext(e.Name()) == ".go" {
			continue
		}
		text, err := os.ReadFile(filepath.Join(m.Dir, e.Name()))
		if err != nil {
			return fmt.Errorf("read license of %s: %w", m.Path, err)
		}
		m.texts[e.Name()] = text
		if id := spdx(string(text)); id != "" {
			m.license = id
		}
	}
	if m.license == "" {
		return fmt.Errorf("%s has no license that is known here, among %d files: look at it before it is shipped", m.Path, len(m.texts))
	}
	return nil
}

// spdx names a license by what it says.
func spdx(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	has := func(phrase string) bool { return strings.Contains(text, phrase) }
	switch {
	case has("Apache License") && has("Version 2.0"):
		return "Apache-2.0"
	case has("Mozilla Public License") && has("2.0"):
		return "MPL-2.0"
	case has("Permission is hereby granted, free of charge"):
		return "MIT"
	case has("Redistribution and use in source and binary forms") && has("Neither the name"):
		return "BSD-3-Clause"
	case has("Redistribution and use in source and binary forms"):
		return "BSD-2-Clause"
	case has("Permission to use, copy, modify, and"):
		return "ISC"
	default:
		return ""
	}
}
