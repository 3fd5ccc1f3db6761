package cli

import (
	"bytes"
	"os"
	"strings"
	"sync"
	"testing"
)

func sessionIn(dir string) *session {
	a := &app{}
	a.opt.workdir = dir
	return &session{app: a}
}

// TestWritersOfOneFile: several processes may write the same report, in containers even under the same process ID. Whoever comes
// last has written it, none of them fails, and nothing of the others is left.
func TestWritersOfOneFile(t *testing.T) {
	s := sessionIn(t.TempDir())
	var writers sync.WaitGroup
	for i := range 50 {
		writers.Go(func() {
			if err := s.writeAnew("reports/index.html", bytes.Repeat([]byte{byte('a' + i%26)}, 100_000)); err != nil {
				t.Error(err)
			}
		})
	}
	writers.Wait()
	written, err := os.ReadFile(s.path("reports/index.html"))
	if err != nil {
		t.Fatal(err)
	}
	if len(written) != 100_000 || bytes.Count(written, written[:1]) != len(written) {
		t.Errorf("%d bytes, not of one writer", len(written))
	}
	entries, err := os.ReadDir(s.path("reports"))
	if err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

// TestAFolderThatTakesNoFile: one cause is told, that of the file which could not be made.
func TestAFolderThatTakesNoFile(t *testing.T) {
	s := sessionIn(t.TempDir())
	if err := os.WriteFile(s.path("reports"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	long := "templates/" + strings.Repeat("x", 300)
	for name, want := range map[string]string{"reports/index.html": "not a directory", long: "file name too long"} {
		err := s.writeFile(name, nil)
		if err == nil || !strings.HasSuffix(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("write %.20s: %v", name, err)
		}
	}
}
