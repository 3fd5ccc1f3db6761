package check_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mlops-infra-suite/internal/sg/check"
)

var update = flag.Bool("update", false, "write docs/checks anew")

// TestDocs keeps docs/checks, a page for each check and an index, as the catalogue says. After a change:
//
//	go test ./internal/sg/check -run TestDocs -update
func TestDocs(t *testing.T) {
	folder := filepath.Join("..", "..", "..", "docs", "checks")
	pages := map[string]string{"README.md": index()}
	for _, c := range check.All() {
		pages[c.ID+".md"] = page(c)
	}
	for name, want := range pages {
		path := filepath.Join(folder, name)
		if *update {
			if err := os.WriteFile(path, []byte(want), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		have, err := os.ReadFile(path)
		if err != nil {
			t.Error(err)
		} else if diff := cmp.Diff(want, string(have)); diff != "" {
			t.Errorf("%s is stale; run the test with -update (-want +have):\n%s", name, diff)
		}
	}
	files, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if _, ok := pages[f.Name()]; !ok {
			t.Errorf("%s is no page of the catalogue", f.Name())
		}
	}
}

const introduction = `# Checks

What is looked for in every rule set before anything is written, and, from SG101 on, by ` + "`check-drift`" + ` in what EC2 holds.
` + "`sg-provisioner explain SG013`" + ` shows a page of this folder.

An **error** blocks with exit code 5, a **warning** is shown and blocks with ` + "`--strict`" + `, an **info** is listed. The impact says how bad it can
become, whatever the tool does about it. Structural errors and open database ports can't be waived; the rest can, by a
[waiver](../reference.md#waivers) with a reason and a last day.

`

const semantics = `
## How they judge

- **The world is a set, not a text.** What counts is the union of all sources that may send the same traffic, less private and other
  special-purpose ranges: from 2^24 addresses of IPv4, or a /16 of IPv6, on it is the world. So are two halves of it.
- **Traffic is a set too.** Ports are found alone, in ranges, in ` + "`protocol: all`" + `, over TCP and UDP; protocols are numbers; host bits and spellings
  of a CIDR don't matter.
- **One mistake, one finding.** Every port that is open to the world belongs to one check, the gravest that is about it. Where one rule opens
  everything, SG001 says so once; the checks on single ports fail as well, and stay silent. Only SG004 always speaks.
- **Three verdicts.** A check passes, fails, or can't know: what a prefix list holds is known to AWS alone. For
  what a list lets in that is an info; for what it lets out, and for assurance in reports, the verdict alone says so.
- **No check says that you comply.** What others call a check is named so that you find it in their reports: their controls ask for more than
  security groups can show.
`

// index is the list of all checks.
func index() string {
	var b strings.Builder
	b.WriteString(introduction)
	b.WriteString("| ID | severity | impact | what it finds | waivable |\n|---|---|---|---|---|\n")
	for _, c := range check.All() {
		fmt.Fprintf(&b, "| [%s](%s.md) | %s | %s | %s | %s |\n", c.ID, c.ID, c.LevelText(), c.Impact, c.Title, yesNo(c.Waivable))
	}
	b.WriteString(semantics)
	return b.String()
}

// page is everything about one check.
func page(c check.Check) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s: %s\n\n", c.ID, c.Title)
	fmt.Fprintf(&b, "| severity | impact | waivable |\n|---|---|---|\n| %s | %s | %s |\n\n", c.LevelText(), c.Impact, yesNo(c.Waivable))
	fmt.Fprintf(&b, "Why: %s.\n", c.Why)
	if c.Notes != "" {
		fmt.Fprintf(&b, "\nWhat counts: %s\n", c.Notes)
	}
	if c.Live {
		b.WriteString("\nWhere: in what EC2 holds; `sg-provisioner check-drift` looks.\n")
	}
	if c.Constructed != "" {
		fmt.Fprintf(&b, "\nSets of this tool pass by construction: %s.\n", c.Constructed)
	}
	language := "yaml"
	if c.Live {
		language = "sh"
	}
	fmt.Fprintf(&b, "\n## What to do\n\n%s.\n\n```%s\n%s```\n", strings.ToUpper(c.Remedy[:1])+c.Remedy[1:], language, c.Fix)
	if !c.Live {
		fmt.Fprintf(&b, "\n## Passes\n\n```yaml\n%s```\n\n## Fails\n\n```yaml\n%s```\n", c.Pass.YAML, c.Fail.YAML)
	}
	if len(c.Mappings) > 0 {
		b.WriteString("\n## What others call it\n\n| | |\n|---|---|\n")
	}
	for _, m := range c.Mappings {
		fmt.Fprintf(&b, "| %s | %s |\n", m.Framework, strings.Join(m.Controls, ", "))
	}
	b.WriteString("\n[All checks](README.md)\n")
	return b.String()
}

func yesNo(yes bool) string {
	return map[bool]string{true: "yes", false: "no"}[yes]
}

// Text goes into tables and sentences, which have a form.
func TestTexts(t *testing.T) {
	for _, c := range check.All() {
		for what, text := range map[string]string{"title": c.Title, "why": c.Why, "remedy": c.Remedy, "reason to pass": c.Constructed} {
			if strings.HasSuffix(text, ".") || strings.ContainsAny(text, "|\n") {
				t.Errorf("%s: the %s is put before a full stop or into a table: %q", c.ID, what, text)
			}
		}
		if c.Notes != "" && !strings.HasSuffix(c.Notes, ".") {
			t.Errorf("%s: the notes are sentences: %q", c.ID, c.Notes)
		}
		for _, yaml := range []string{c.Fix, c.Pass.YAML, c.Fail.YAML} {
			if c.Live && yaml == "" {
				continue
			}
			if !strings.HasSuffix(yaml, "\n") || strings.HasSuffix(yaml, "\n\n") || strings.Contains(yaml, "\t") {
				t.Errorf("%s: YAML ends with one line feed and has no tab: %q", c.ID, yaml)
			}
		}
		if slices.ContainsFunc(c.Mappings, func(m check.Mapping) bool {
			return m.Framework == "" || len(m.Controls) == 0 || slices.Contains(m.Controls, "")
		}) {
			t.Errorf("%s: a mapping is empty: %v", c.ID, c.Mappings)
		}
	}
}
