// Package internal_test keeps the shape of the whole module: who may import whom, and that every package says what it
// promises, where a reader looks for it.
package internal_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/parser"
	"go/token"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "mlops-infra-suite/"

// sgOrder is the way of the data through the packages of security groups: each may import those before it.
var sgOrder = []string{"ruleset", "scenario", "reach", "check", "template", "policy", "report"}

// rule is one sentence about the imports of the module, and the edges that break it. Packages are named without the
// module: internal/diag. What is not of the module is a whole import path.
type rule struct {
	name   string
	breaks func(from, to string) bool
}

var rules = []rule{
	{"main imports the command line alone", func(from, to string) bool {
		return within(from, "cmd") && ours(to) && to != "internal/cli"
	}},
	{"nothing but main imports the command line", func(from, to string) bool {
		return to == "internal/cli" && !within(from, "cmd")
	}},
	{"diag imports nothing of ours", func(from, to string) bool {
		return from == "internal/diag" && ours(to)
	}},
	{"reading YAML knows nothing but diagnostics", func(from, to string) bool {
		return from == "internal/yamldoc" && ours(to) && to != "internal/diag"
	}},
	{"config knows nothing of what a config leads to", func(from, to string) bool {
		return from == "internal/config" && ours(to) && to != "internal/diag" && to != "internal/yamldoc"
	}},
	{"outside of sg, only the command line imports sg", func(from, to string) bool {
		return within(to, "internal/sg") && !within(from, "internal/sg") && from != "internal/cli"
	}},
	{"sg flows downwards", func(from, to string) bool {
		if !within(from, "internal/sg") || !within(to, "internal/sg") {
			return false
		}
		return sgPlace(to) < 0 || sgPlace(from) <= sgPlace(to)
	}},
	{"sg rests on diagnostics, YAML and config alone", func(from, to string) bool {
		base := []string{"internal/diag", "internal/yamldoc", "internal/config"}
		return within(from, "internal/sg") && ours(to) && !within(to, "internal/sg") && !slices.Contains(base, to)
	}},
	{"the AWS SDK is for stack, live, awsenv, license and the command line", func(from, to string) bool {
		users := []string{"internal/stack", "internal/live", "internal/awsenv", "internal/license", "internal/cli"}
		return within(to, "github.com/aws") && !slices.Contains(users, from)
	}},
	{"what deploys, looks and reports knows nothing of configs and scenarios", func(from, to string) bool {
		engine := []string{"internal/stack", "internal/live", "internal/awsenv", "internal/progress", "internal/license"}
		return slices.Contains(engine, from) && (within(to, "internal/sg") || to == "internal/config" || to == "internal/yamldoc")
	}},
	{"the sandbox shares no code with the product", func(from, to string) bool {
		return within(from, "internal/sandbox") && ours(to) && !within(to, "internal/sandbox")
	}},
	{"of the product, only the command line opens the sandbox", func(from, to string) bool {
		return within(to, "internal/sandbox") && !within(from, "internal/sandbox") && !within(from, "internal/testkit") && from != "internal/cli"
	}},
	{"only tests import the test kit", func(from, to string) bool {
		return within(to, "internal/testkit") && !within(from, "internal/testkit")
	}},
	{"no template engine: it calls methods by name, and so keeps every method of the AWS SDK in the binary", func(from, to string) bool {
		return ours(from) && !within(from, "internal/release") && (to == "text/template" || to == "html/template")
	}},
	{"the benchmark is a program of the standard library", func(from, to string) bool {
		return (within(from, "internal/benchmark") && strings.Contains(to, ".")) || within(to, "internal/benchmark")
	}},
}

func within(pkg, folder string) bool { return pkg == folder || strings.HasPrefix(pkg, folder+"/") }

func ours(pkg string) bool { return within(pkg, "internal") || within(pkg, "cmd") }

// sgPlace is where a package stands in sgOrder, -1 where it doesn't.
func sgPlace(pkg string) int { return slices.Index(sgOrder, strings.TrimPrefix(pkg, "internal/sg/")) }

// broken are the names of the rules that an import breaks.
func broken(from, to string) []string {
	var names []string
	for _, r := range rules {
		if r.breaks(from, to) {
			names = append(names, r.name)
		}
	}
	return names
}

// listed is a package as go list describes it.
type listed struct {
	ImportPath, Name, Doc, Dir string
	GoFiles, Imports           []string
	Module                     *struct{ Main bool }
}

// packages are those of this module, without their tests, in a build with some tags.
func packages(t *testing.T, tags string) []listed {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-tags", tags, "-deps",
		"-json=ImportPath,Name,Doc,Dir,GoFiles,Imports,Module", "./...")
	cmd.Dir = ".."
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var all []listed
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		switch err := decoder.Decode(&p); {
		case errors.Is(err, io.EOF):
			return all
		case err != nil:
			t.Fatal(err)
		case p.Module != nil && p.Module.Main && len(p.GoFiles) > 0:
			all = append(all, p)
		}
	}
}

// builds are the tags of the builds that there are: a source build, a licensed one, and one licensed by the sandbox.
var builds = []string{"", "licensed", "licensed,sandboxlicense"}

func TestImports(t *testing.T) {
	for _, tags := range builds {
		all := packages(t, tags)
		if len(all) < 10 {
			t.Fatalf("only %d packages were found with the tags %q", len(all), tags)
		}
		checkImports(t, all)
	}
}

func checkImports(t *testing.T, all []listed) {
	t.Helper()
	for _, p := range all {
		from := strings.TrimPrefix(p.ImportPath, module)
		if within(from, "internal/sg") && sgPlace(from) < 0 {
			t.Errorf("%s has no place in sgOrder", from)
		}
		for _, imported := range p.Imports {
			to := strings.TrimPrefix(imported, module)
			for _, name := range broken(from, to) {
				t.Errorf("%s imports %s, but %s", from, to, name)
			}
		}
	}
}

// The rules themselves can fail: each breaks on an edge that it is about.
func TestImportRules(t *testing.T) {
	untried := map[string]bool{}
	for _, r := range rules {
		untried[r.name] = true
	}
	for _, tc := range []struct {
		from, to string
		want     []string
	}{
		{"cmd/sg-provisioner", "internal/cli", nil},
		{"cmd/sg-provisioner", "internal/stack", []string{"main imports the command line alone"}},
		{"internal/stack", "internal/cli", []string{"nothing but main imports the command line"}},
		{"internal/diag", "strings", nil},
		{"internal/diag", "internal/yamldoc", []string{"diag imports nothing of ours"}},
		{"internal/yamldoc", "internal/config", []string{"reading YAML knows nothing but diagnostics"}},
		{"internal/config", "internal/stack", []string{"config knows nothing of what a config leads to"}},
		{"internal/config", "internal/sg/ruleset", []string{"config knows nothing of what a config leads to", "outside of sg, only the command line imports sg"}},
		{"internal/cli", "internal/sg/check", nil},
		{"internal/sg/check", "internal/sg/ruleset", nil},
		{"internal/sg/ruleset", "internal/sg/check", []string{"sg flows downwards"}},
		{"internal/sg/check", "internal/sg/check/deep", []string{"sg flows downwards"}},
		{"internal/sg/check", "internal/stack", []string{"sg rests on diagnostics, YAML and config alone"}},
		{"internal/sg/template", "github.com/aws/aws-sdk-go-v2/aws", []string{"the AWS SDK is for stack, live, awsenv, license and the command line"}},
		{"internal/sandbox/ec2", "github.com/aws/smithy-go", []string{"the AWS SDK is for stack, live, awsenv, license and the command line"}},
		{"internal/stack", "github.com/aws/aws-sdk-go-v2/service/cloudformation", nil},
		{"internal/live", "internal/config", []string{"what deploys, looks and reports knows nothing of configs and scenarios"}},
		{"internal/sandbox/cfn", "internal/sandbox/wire", nil},
		{"internal/sandbox/cfn", "internal/diag", []string{"the sandbox shares no code with the product"}},
		{"internal/awsenv", "internal/sandbox", []string{"of the product, only the command line opens the sandbox"}},
		{"internal/cli", "internal/testkit", []string{"only tests import the test kit"}},
		{"internal/sg/report", "html/template", []string{"no template engine: it calls methods by name, and so keeps every method of the AWS SDK in the binary"}},
		{"internal/benchmark", "golang.org/x/sync/errgroup", []string{"the benchmark is a program of the standard library"}},
	} {
		if got := broken(tc.from, tc.to); !slices.Equal(got, tc.want) {
			t.Errorf("%s imports %s: %q, want %q", tc.from, tc.to, got, tc.want)
		}
		for _, name := range tc.want {
			delete(untried, name)
		}
	}
	for name := range untried {
		t.Errorf("no case breaks the rule that %s", name)
	}
}

// Every package begins with a sentence about what it is for, in the file where a reader looks for it.
func TestPackageDocs(t *testing.T) {
	for _, p := range packages(t, "") {
		begin := "Package " + p.Name + " "
		if p.Name == "main" {
			begin = "Command " + p.ImportPath[strings.LastIndex(p.ImportPath, "/")+1:] + " "
		}
		if files := documented(t, p); len(files) != 1 || !slices.Contains([]string{"doc.go", p.Name + ".go"}, files[0]) {
			t.Errorf("%s: its doc stands in %q, and should in doc.go or %s.go alone", p.ImportPath, files, p.Name)
		}
		said, ok := strings.CutPrefix(p.Doc, begin)
		if words := strings.Fields(said); !ok || len(words) < 4 {
			t.Errorf("%s: its doc should begin with %q and say what it is for; it is %q", p.ImportPath, begin, p.Doc)
		}
	}
}

// documented are the files of a package that have a comment on the package.
func documented(t *testing.T, p listed) []string {
	t.Helper()
	var files []string
	for _, name := range p.GoFiles {
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, parser.PackageClauseOnly|parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		if file.Doc != nil {
			files = append(files, name)
		}
	}
	return files
}
