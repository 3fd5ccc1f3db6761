package cli_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// What a hostile config may cost at the most.
const (
	hostileTime   = 2 * time.Second
	hostileMemory = 200 << 20 // bytes
)

// TestHostileConfigs runs the program on configs that nobody writes by mistake.
func TestHostileConfigs(t *testing.T) {
	bomb := "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
	for i := range 9 {
		now, last := string(rune('1'+i)), string(rune('0'+i))
		bomb += "a" + now + ": &a" + now + " [" + strings.Repeat("*a"+last+", ", 9) + "*a" + last + "]\n"
	}
	tests := map[string]struct {
		content string
		make    func(path string) error
		want    string // in the first finding's line
	}{
		"an alias bomb":          {content: bomb, want: "CFG002: the file has more than 50000 values once its aliases are followed"},
		"an alias loop":          {content: "a: &a [*a]\n", want: "CFG002: the alias *a lies inside its own anchor"},
		"deep nesting":           {content: strings.Repeat("[", 190_000), want: "CFG002: not valid YAML: exceeded max depth of 10000"},
		"nesting within YAML":    {content: "a: " + strings.Repeat("[", 5000) + strings.Repeat("]", 5000), want: "CFG002: the file is nested deeper than 50 levels"},
		"100 MB":                 {make: func(path string) error { return largeFile(path, 100<<20) }, want: "CFG001: the config cannot be read: it has 104857600 bytes, over the limit of 196608"},
		"nothing but one key":    {content: strings.Repeat("a: 1\n", 39_000), want: "CFG002: the file has more than 1000 problems"},
		"one long line":          {content: "a: " + strings.Repeat("x", 190_000), want: `CFG003: the file: unknown key "a"`},
		"invalid UTF-8":          {content: "client: \xff\xfe\n", want: "CFG002: the file is not UTF-8 text: byte 0xff"},
		"NUL bytes":              {content: "client: \x00\n", want: "CFG002: the file holds the control character U+0000"},
		"nothing":                {content: "", want: "CFG002: the file is empty"},
		"two documents":          {content: "a: 1\n---\nb: 2\n", want: "CFG002: the file holds more than one YAML document"},
		"a list":                 {content: "- a\n", want: "CFG005: the file must be a mapping of keys to values"},
		"a directory":            {make: func(path string) error { return os.Mkdir(path, 0o700) }, want: "CFG001: the config cannot be read: it is a directory, not a file"},
		"a FIFO":                 {make: func(path string) error { return syscall.Mkfifo(path, 0o600) }, want: "CFG001: the config cannot be read: it is a named pipe, not a regular file"},
		"a device":               {make: func(path string) error { return os.Symlink("/dev/zero", path) }, want: "CFG001: the config cannot be read: it is a device, not a regular file"},
		"a link to itself":       {make: func(path string) error { return os.Symlink(path, path) }, want: "CFG001: the config cannot be read: too many levels of symbolic links"},
		"escapes of a terminal":  {content: "\"\\e[31mred\": 1\n", want: `CFG003: the file: unknown key "\x1b[31mred"`},
		"an enormous account ID": {content: "client: {account_id: " + strings.Repeat("9", 10_000) + "}\n", want: "CFG006: the file"},
	}
	program := build(t)
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "configs", "hostile.yaml")
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			if tt.make == nil {
				tt.make = func(path string) error { return os.WriteFile(path, []byte(tt.content), 0o600) }
			}
			if err := tt.make(path); err != nil {
				t.Fatal(err)
			}
			code, stdout := run(t, program, "validate-config", "-c", "hostile.yaml", "--workdir", dir)
			if code != 3 {
				t.Errorf("exit code %d, want 3", code)
			}
			if first, _, _ := strings.Cut(stdout, "\n"); !strings.HasPrefix(first, "error "+tt.want) {
				t.Errorf("first line (-want +got):\n%s", cmp.Diff("error "+tt.want, first))
			}
		})
	}
}

// largeFile makes a file of zeros that takes no room.
func largeFile(path string, size int64) error {
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		return err
	}
	return os.Truncate(path, size)
}

// run runs the program within the bounds and returns its exit code and stdout.
func run(t *testing.T, program string, args ...string) (int, string) {
	t.Helper()
	var stdout bytes.Buffer
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Stdout = &stdout
	start := time.Now()
	err := cmd.Run()
	if cmd.ProcessState == nil {
		t.Fatal(err)
	}
	if took := time.Since(start); took > hostileTime {
		t.Errorf("took %s, over %s", took, hostileTime)
	}
	usage := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if used := usage.Maxrss << 10; used > hostileMemory {
		t.Errorf("used %d MiB, over %d", used>>20, hostileMemory>>20)
	}
	return cmd.ProcessState.ExitCode(), stdout.String()
}

// build compiles the program.
func build(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "sg-provisioner")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "mlops-infra-suite/cmd/sg-provisioner").CombinedOutput()
	if err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return program
}
