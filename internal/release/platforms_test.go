//go:build tools && gostage

package main

import (
	"os"
	"path/filepath"
	"testing"
)

// TestPlatforms compiles the program for each of the other systems: what one of them doesn't have would otherwise be found on the
// day of a release.
func TestPlatforms(t *testing.T) {
	t.Chdir(repository(t))
	b := builder{version: "1.2.3", terms: terms{mode: "none"}, environ: os.Environ(), log: t.Output()}
	compiled := map[string]bool{here.os: true}
	for _, p := range platforms {
		if compiled[p.os] {
			continue
		}
		compiled[p.os] = true
		if err := b.compile(t.Context(), p, filepath.Join(t.TempDir(), b.fileName(p))); err != nil {
			t.Error(err)
		}
	}
}
