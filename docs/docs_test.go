// Package docs_test holds the documentation to the code: what the reference must name is read from the program itself.
package docs_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"mlops-infra-suite/internal/cli"
	"mlops-infra-suite/internal/config"
	"mlops-infra-suite/internal/sg/check"
	"mlops-infra-suite/internal/sg/scenario"
)

// TestReferenceIsComplete looks for every word of the product's interface in the documents for users.
func TestReferenceIsComplete(t *testing.T) {
	documents, err := filepath.Glob("*.md")
	if err != nil {
		t.Fatal(err)
	}
	pages, err := filepath.Glob("checks/*.md")
	if err != nil {
		t.Fatal(err)
	}
	reference := ""
	for _, path := range append(documents, pages...) {
		reference += read(t, path)
	}
	words := map[string][]string{
		"keys of configs":   schemaKeys(t, config.Schema),
		"keys of scenarios": schemaKeys(t, scenario.Schema),
		"actions":           matches(help(t), `(?m)^  ([a-z]+(?:-[a-z]+)*) {2,}`),
		"flags":             matches(allHelp(t), `(--[a-z][a-z-]+)`),
		"codes of findings": matches(read(t, "../internal/diag/codes.go"), `"(CFG\d{3})"`),
		"checks":            checkIDs(),
	}
	for what, list := range words {
		if len(list) < 5 {
			t.Errorf("found only %d %s: %v", len(list), what, list)
		}
		for _, word := range list {
			if !regexp.MustCompile(`(^|[^\w-])` + regexp.QuoteMeta(word) + `($|[^\w-])`).MatchString(reference) {
				t.Errorf("no document names %q, one of the %s", word, what)
			}
		}
	}
}

// TestReferenceShowsTheDefaultSettings wants the embedded defaults in the reference as they are.
func TestReferenceShowsTheDefaultSettings(t *testing.T) {
	_, defaults, _ := strings.Cut(read(t, "../internal/config/settings.yaml"), "\n") // the first line is a comment
	if !strings.Contains(read(t, "reference.md"), "```yaml\n"+defaults+"```\n") {
		t.Error("the settings in the reference are not those of internal/config/settings.yaml")
	}
}

// TestArchitectureNamesEveryPackage wants a line for each package of the module; the last part of its path is enough.
func TestArchitectureNamesEveryPackage(t *testing.T) {
	document := read(t, "architecture.md")
	files, err := filepath.Glob("../internal/*/*.go")
	for _, depth := range []string{"*/*/*.go", "*/*/*/*.go"} {
		deeper, globErr := filepath.Glob("../internal/" + depth)
		files, err = append(files, deeper...), errors.Join(err, globErr)
	}
	if err != nil || len(files) < 50 {
		t.Fatalf("found %d files: %v", len(files), err)
	}
	packages := map[string]bool{}
	for _, file := range files {
		packages[filepath.Dir(file)] = true
	}
	for _, dir := range slices.Sorted(maps.Keys(packages)) {
		if !regexp.MustCompile("[`/]" + regexp.QuoteMeta(filepath.Base(dir)) + "`").MatchString(document) {
			t.Errorf("architecture.md does not name the package %s", strings.TrimPrefix(dir, "../"))
		}
	}
}

// TestLinks follows every relative link of the documentation.
func TestLinks(t *testing.T) {
	files := []string{"../README.md", "../CONTRIBUTING.md", "../SECURITY.md", "../CHANGELOG.md"}
	err := filepath.WalkDir(".", func(path string, _ fs.DirEntry, err error) error {
		if filepath.Ext(path) == ".md" {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		for _, target := range matches(read(t, file), `\]\(([^)\s]+)\)`) {
			if strings.Contains(target, "://") {
				continue
			}
			path, anchor, _ := strings.Cut(target, "#")
			to := file
			if path != "" {
				to = filepath.Join(filepath.Dir(file), path)
			}
			if _, err := os.Stat(to); err != nil {
				t.Errorf("%s links to %s, which isn't there", file, target)
			} else if anchor != "" && !slices.Contains(anchors(read(t, to)), anchor) {
				t.Errorf("%s links to %s: there is no such heading", file, target)
			}
		}
	}
}

// anchors are the names by which a document's headings can be linked to.
func anchors(document string) []string {
	var names []string
	for _, heading := range matches(document, `(?m)^#+ (.*)$`) {
		plain := regexp.MustCompile(`[^a-z0-9 -]`).ReplaceAllString(strings.ToLower(heading), "")
		names = append(names, strings.ReplaceAll(plain, " ", "-"))
	}
	return names
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// matches are the first groups of all matches, each once, sorted.
func matches(text, pattern string) []string {
	found := map[string]bool{}
	for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
		found[m[1]] = true
	}
	return slices.Sorted(maps.Keys(found))
}

// help is what the program prints about itself or about one command.
func help(t *testing.T, command ...string) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	env := cli.Env{Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr, Now: time.Now, Version: "test"}
	if code := cli.Main(t.Context(), append(command, "--help"), env); code != 0 {
		t.Fatalf("%v --help ends with %d: %s", command, code, stderr.String())
	}
	return stdout.String()
}

// allHelp is the help of all commands and their own commands.
func allHelp(t *testing.T, command ...string) string {
	t.Helper()
	text := help(t, command...)
	for _, name := range matches(text, `(?m)^  ([a-z]+(?:-[a-z]+)*) {2,}`) {
		if name != "completion" && name != "help" {
			text += allHelp(t, append(command, name)...)
		}
	}
	return text
}

// schemaKeys are the names of all properties of a JSON Schema.
func schemaKeys(t *testing.T, schema []byte) []string {
	t.Helper()
	var root any
	if err := json.Unmarshal(schema, &root); err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	var walk func(any)
	walk = func(node any) {
		object, ok := node.(map[string]any)
		if !ok {
			return
		}
		for key, value := range object {
			if properties, ok := value.(map[string]any); ok && key == "properties" {
				for name := range properties {
					found[name] = true
				}
			}
			walk(value)
		}
	}
	walk(root)
	return slices.Sorted(maps.Keys(found))
}

func checkIDs() []string {
	var ids []string
	for _, c := range check.Catalogue() {
		ids = append(ids, c.ID)
	}
	return ids
}
