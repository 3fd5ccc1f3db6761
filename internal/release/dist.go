package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
)

// platforms are those that a release is made for.
var platforms = []platform{
	{"linux", "amd64"}, {"linux", "arm64"}, {"darwin", "amd64"}, {"darwin", "arm64"}, {"windows", "amd64"},
}

// dist makes the binaries of the platforms, their bill of materials, and the checksums of all of them. The bill comes first: a
// module whose license isn't known ends the release, and that is better said before all the compiling.
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
	names := []string{fmt.Sprintf("%s_%s.cdx.json", program, b.version)}
	if err := write(filepath.Join(folder, names[0]), sbom); err != nil {
		return err
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
