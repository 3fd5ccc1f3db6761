package cli_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestHostileTemplates runs the program on templates that nobody writes by mistake: within the bounds of hostile configs.
func TestHostileTemplates(t *testing.T) {
	resources := func(line string, n int) string {
		var b strings.Builder
		b.WriteString("Resources:\n")
		for i := range n {
			fmt.Fprintf(&b, line, i)
		}
		return b.String()
	}
	const rules = "{IpProtocol: tcp, FromPort: 1, ToPort: 1, CidrIp: 10.0.0.0/8}, "
	// Rules whose ports and ranges all differ and cut each other: what compares them with each other is at its worst.
	crossing := func(n int, cidr func(i int) string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "{IpProtocol: tcp, FromPort: %d, ToPort: %d, CidrIp: %s}, ", i+1, 65535-i%3000, cidr(i))
		}
		return b.String()
	}
	small := func(i int) string { return fmt.Sprintf("%d.%d.%d.0/24", 11+i/65536, i/256%256, i%256) }
	wide := func(i int) string { return fmt.Sprintf("%d.%d.0.0/11", 20+i/8%200, i*32%256) }
	groups := func(n int, rules string) string {
		var b strings.Builder
		b.WriteString("Resources:\n")
		for i := range n {
			fmt.Fprintf(&b, "  G%d: {Type: AWS::EC2::SecurityGroup, Properties: {GroupDescription: d, SecurityGroupIngress: [%s]}}\n", i, rules)
		}
		return b.String()
	}
	tests := map[string]struct {
		content string
		make    func(path string) error
		want    string // in stdout
	}{
		"a FIFO":           {make: func(path string) error { return syscall.Mkfifo(path, 0o600) }, want: "it is a named pipe, not a regular file"},
		"a directory":      {make: func(path string) error { return os.Mkdir(path, 0o700) }, want: "it is a directory, not a file"},
		"a device":         {make: func(path string) error { return os.Symlink("/dev/zero", path) }, want: "it is a device, not a regular file"},
		"100 MB":           {make: func(path string) error { return largeFile(path, 100<<20) }, want: "it has 104857600 bytes, over the limit of 1048576"},
		"1 MB of brackets": {content: "a: " + strings.Repeat("[", 1_048_000), want: "more values than a template"},
		"1 MB of a list":   {content: "a: [" + strings.Repeat("a,", 199_000) + "]", want: `unknown key "a"`},
		"1 MB of JSON":     {content: `{"Resources": {"A": {"Type": "A::B::C", "Properties": {"X": [1` + strings.Repeat(",1", 399_000) + "]}}}}", want: "more than 200000 values"},
		"1 MB of one text": {content: "Resources: {A: {Type: A::B::C, Properties: {X: " + strings.Repeat("x", 1_040_000) + "}}}", want: "can only be deployed from S3"},
		"1 MB of rules":    {content: "Resources: {A: {Type: AWS::EC2::SecurityGroup, Properties: {GroupDescription: d, SecurityGroupIngress: [" + strings.Repeat(rules, 15_000) + "]}}}", want: "15000 ingress rules are over 1000, beyond which no quota goes: they were not judged"},
		"1 MB of groups":   {content: resources("  R%d: {Type: AWS::EC2::SecurityGroup, Properties: {GroupDescription: d}}\n", 13_000), want: "13000 resources, over"},
		"1 MB of a chain":  {content: resources("  R%[1]d: {Type: A::B::C, DependsOn: R%[1]d}\n", 20_000), want: "20000 resources, over"},
		"1 MB of mistakes": {content: "Resources: {A: {Type: A::B::C, Properties: {X: !Sub '" + strings.Repeat("${Nobody}", 100_000) + "'}}}", want: "resource Nobody"},
		"9000 rules":       {content: groups(1, crossing(9000, small)), want: "9000 ingress rules are over 1000, beyond which no quota goes: they were not judged"},
		"500 rules":        {content: groups(1, crossing(500, wide)), want: "500 ingress rules are over the quota"},
		"9 x 999 rules":    {content: groups(9, crossing(999, small)), want: "9 lists of rules were not judged, such as group G0: 999 ingress rules"},
		"120 x 110 rules":  {content: groups(120, crossing(110, wide)), want: "96 lists of rules were not judged, such as group G24: 110 ingress rules"},
		"480 x 25 rules":   {content: groups(480, crossing(25, small)), want: "more findings (12"},
		"an alias loop":    {content: "Resources: &a {A: *a}", want: "inside its own anchor"},
		"invalid UTF-8":    {content: "Resources: \xff\xfe", want: "not UTF-8"},
	}
	program := build(t)
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "template.yaml")
			if tt.make == nil {
				tt.make = func(path string) error { return os.WriteFile(path, []byte(tt.content), 0o600) }
			}
			if err := tt.make(path); err != nil {
				t.Fatal(err)
			}
			t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
			_, stdout := run(t, program, "validate-template", "--template", path)
			if !strings.Contains(stdout, tt.want) {
				t.Errorf("no %q in\n%.2000s", tt.want, stdout)
			}
		})
	}
}
