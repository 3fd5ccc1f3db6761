package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

// platforms are those that a release is made for.
var platforms = []platform{
	{"linux", "amd64"}, {"linux", "arm64"}, {"darwin", "amd64"}, {"darwin", "arm64"}, {"windows", "amd64"},
}

// dist makes the binaries of the platforms, the licenses that must go with them, their bill of materials, and the checksums of
// all of these. The modules come first: one whose license isn't known ends the release, and that is better said before all the
// compiling.
func (b builder) dist(ctx context.Context, folder string, platforms []platform) error {
	if err := replace(folder); err != nil {
		return err
	}
	modules, err := b.modules(ctx, platforms...)
	if err != nil {
		return err
	}
	sbom, err := bill(b.version, modules)
	if err != nil {
		return err
	}
	texts, err := licenseTexts(modules)
	if err != nil {
		return err
	}
	base := program + "_" + b.version
	names := []string{base + ".cdx.json", base + "_licenses.txt"}
	for i, text := range [][]byte{sbom, texts} {
		if err := write(filepath.Join(folder, names[i]), text); err != nil {
			return err
		}
	}
	for _, p := range platforms {
		names = append(names, b.fileName(p))
		if err := b.compile(ctx, p, filepath.Join(folder, b.fileName(p))); err != nil {
			return err
		}
	}
	sums, err := checksums(folder, names)
	if err != nil {
		return err
	}
	return write(filepath.Join(folder, "SHA256SUMS"), sums)
}

// licenseTexts are this program's license and those of all that is linked, which ask to be handed on with every copy.
func licenseTexts(modules []module) ([]byte, error) {
	out, err := os.ReadFile("LICENSE.txt")
	if err != nil {
		return nil, fmt.Errorf("read license: %w", err)
	}
	for _, m := range modules {
		for _, name := range slices.Sorted(maps.Keys(m.texts)) {
			out = fmt.Appendf(out, "\n==== %s %s: %s\n\n%s\n", m.Path, m.Version, name, bytes.TrimSpace(m.texts[name]))
		}
	}
	return out, nil
}

// checksums are in the form of sha256sum.
func checksums(folder string, names []string) ([]byte, error) {
	var out []byte
	for _, name := range names {
		content, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			return nil, fmt.Errorf("sum up %s: %w", name, err)
		}
		out = fmt.Appendf(out, "%x  %s\n", sha256.Sum256(content), name)
	}
	return out, nil
}
