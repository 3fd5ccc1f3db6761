package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
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

// TestHostileReviews has the program write reports of configs in which everything stands on one line: what is shown of it with each
// rule and assertion is a part.
func TestHostileReviews(t *testing.T) {
	const head = `{client: {company_name: G, company_prefix: gb, account_id: "123456789012", tenant_id: "c001"}, environment: {env: dev, region: us-west-2}, security_groups: {scenario: 3-tier-web, `
	var rules, assertions strings.Builder
	for i := range 460 {
		fmt.Fprintf(&rules, "{protocol: tcp, port: %d, source: 10.8.%d.0/24, description: Metrics to the hub}, ", 20000+i, i%256)
	}
	for i := range 3500 {
		fmt.Fprintf(&assertions, "{deny: {from: internet, to: db, ports: [tcp/%d]}}, ", 1+i)
	}
	program := build(t)
	for name, content := range map[string]string{
		"rules on one line":      head + "overrides: {app: {additional_ingress: [" + rules.String() + "]}}}}\n",
		"assertions on one line": head + "assertions: [" + assertions.String() + "]}}\n",
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.MkdirAll(filepath.Join(dir, "configs"), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "configs", "a.yaml"), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			run(t, program, "create-review-report", "-c", "a.yaml", "--workdir", dir, "-o", "json")
			for _, file := range []string{"templates/gb-dev-c001-us-west-2-sg-review.yaml", "reports/gb-dev-c001-us-west-2-sg-review.html"} {
				if about, err := os.Stat(filepath.Join(dir, file)); err != nil || about.Size() > 6<<20 {
					t.Errorf("%s: %v, %v", file, about, err)
				}
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
	usage := filepath.Join(t.TempDir(), "usage.json")
	cmd := exec.CommandContext(t.Context(), os.Args[0]) //nolint:gosec // this very program
	cmd.Args = append([]string{"measure", usage, program}, args...)
	cmd.Stdout = &stdout
	if err := cmd.Run(); cmd.ProcessState == nil {
		t.Fatal(err)
	}
	var used spent
	raw, err := os.ReadFile(usage)
	if err == nil {
		err = json.Unmarshal(raw, &used)
	}
	if err != nil {
		t.Fatal(err)
	}
	// Of the processor: other tests may run beside this one.
	if used.CPU > hostileTime {
		t.Errorf("took %s, over %s", used.CPU, hostileTime)
	}
	if used.Memory > hostileMemory {
		t.Errorf("used %d MiB, over %d", used.Memory>>20, hostileMemory>>20)
	}
	return cmd.ProcessState.ExitCode(), stdout.String()
}

// spent is what a process used.
type spent struct {
	CPU    time.Duration
	Memory int64 // bytes, at its peak
}

// measure is a program of its own: it runs a command, writes what that spent to a file, and ends as it did. The tests can't
// run the command themselves: Linux begins to count a child's peak of memory at its parent's, and theirs is high.
func measure() {
	code, err := measured(os.Args[1], os.Args[2:])
	if err != nil {
		os.Exit(1) // without a usage file, which the test misses
	}
	os.Exit(code)
}

func measured(usage string, command []string) (int, error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute) //nolint:forbidigo // the root of a program; should the command hang
	defer cancel()
	cmd := exec.CommandContext(ctx, command[0], command[1:]...) //nolint:gosec // a test's own command
	cmd.Stdout = os.Stdout                                      //nolint:forbidigo // the command's output is this program's
	if err := cmd.Run(); cmd.ProcessState == nil || ctx.Err() != nil {
		return 0, err
	}
	state := cmd.ProcessState
	raw, err := json.Marshal(spent{state.UserTime() + state.SystemTime(), state.SysUsage().(*syscall.Rusage).Maxrss << 10})
	if err != nil {
		return 0, err
	}
	return state.ExitCode(), os.WriteFile(usage, raw, 0o600)
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
