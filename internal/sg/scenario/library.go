package scenario

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"mlops-infra-suite/internal/diag"
	"mlops-infra-suite/internal/yamldoc"
)

// Schema is the published JSON Schema of scenario files, as text: the one that validates.
//
//go:embed scenario.schema.json
var Schema []byte

//go:embed catalogue
var catalogue embed.FS

var compiled = sync.OnceValues(func() (*yamldoc.Schema, error) { return yamldoc.CompileSchema(Schema) })

// builtinFolder is how messages name the embedded files.
const builtinFolder = "builtin"

// Library is where scenarios come from: the embedded ones and a folder of the user's.
type Library struct {
	folder  string // may not exist
	shown   string // the folder's name in messages
	Sources diag.Sources
}

// NewLibrary returns the built-in scenarios and those in folder, which messages call shown.
func NewLibrary(folder, shown string) *Library {
	return &Library{folder: folder, shown: shown, Sources: diag.Sources{}}
}

// Entry is one scenario that can be chosen.
type Entry struct {
	Name        string
	Description string
	Tiers       []string
	Builtin     bool
}

// List returns all scenarios, the built-in ones first, each group by name. A file of the user's that is no scenario is
// reported and left out.
func (l *Library) List() ([]Entry, diag.List, error) {
	names := builtinNames()
	own, problems := l.ownNames()
	var entries []Entry
	for i, name := range append(names, own...) {
		by := theTool
		if i >= len(names) {
			by = theUser
		}
		s, found, err := l.loadFor(by, name)
		if err != nil {
			return nil, nil, err
		}
		problems = append(problems, found...)
		if !found.HasErrors() {
			entries = append(entries, Entry{s.Name, s.Description, s.tierNames(), s.Builtin})
		}
	}
	problems.Sort()
	return entries, slices.Compact(problems), nil
}

// Load reads the scenario of that name with everything it builds on. The caller has checked that the name is one: it is
// never a path. A scenario that does not exist is reported without a place, for the caller to fill in.
func (l *Library) Load(name string) (*Scenario, diag.List, error) { return l.loadFor(theUser, name) }

func (l *Library) loadFor(by asker, name string) (*Scenario, diag.List, error) {
	loader := &loader{library: l}
	s, err := loader.load(by, name, nil)
	return s, loader.problems, err
}

// asker is who names a scenario. The tool means its own; for a user's word a built-in that a file shadows is refused.
type asker bool

const (
	theTool asker = true
	theUser asker = false
)

func builtinNames() []string {
	files, _ := fs.Glob(catalogue, "catalogue/*.yaml") // the pattern is well-formed, which is the only error of Glob
	for i, f := range files {
		files[i] = strings.TrimSuffix(path.Base(f), ".yaml")
	}
	return files
}

// ownNames are the names of the files in the user's folder that are to be scenarios; a folder that is not there has none.
func (l *Library) ownNames() ([]string, diag.List) {
	entries, err := os.ReadDir(l.folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var names []string
	var problems diag.List
	if err != nil {
		unreadable(l.shown, err, &problems)
		return nil, problems
	}
	for _, e := range entries {
		switch name, isYAML := strings.CutSuffix(e.Name(), ".yaml"); {
		case isYAML && builtin(name, true) == nil:
			names = append(names, name)
		case isYAML:
			problems = append(problems, shadowing(path.Join(l.shown, e.Name()), name))
		case strings.HasSuffix(e.Name(), ".yml"):
			problems.Warnf(diag.CodeScenarioFile, diag.Pos{File: path.Join(l.shown, e.Name())}, "the file is not read as a scenario").
				WithHint("rename it so that it ends in .yaml")
		}
	}
	return names, problems
}

func shadowing(file, name string) diag.Diagnostic {
	return diag.Diagnostic{
		ID: diag.CodeScenarioFile, Pos: diag.Pos{File: file},
		Summary: fmt.Sprintf("the file has the name of the built-in scenario %s", name),
		Hint:    fmt.Sprintf("give it another name; with 'extends: %s' it can build on the built-in one", name),
	}
}

// builtin is the text of an embedded scenario, nil where there is none of that name. The bases are there to be built on,
// not to be chosen.
func builtin(name string, withBases bool) []byte {
	folders := []string{"catalogue", "catalogue/base"}
	if !withBases {
		folders = folders[:1]
	}
	for _, folder := range folders {
		if text, err := catalogue.ReadFile(path.Join(folder, name+".yaml")); err == nil {
			return text
		}
	}
	return nil
}

// open returns a scenario's text and how messages call its file. It reports a name that is nowhere, a file that can't be
// read, and one that has the name of a built-in. A base is found only for a scenario that builds on it.
func (l *Library) open(by asker, name string, asBase bool, problems *diag.List) (file string, text []byte, ok bool) {
	own := path.Join(l.shown, name+".yaml")
	inner := builtin(name, asBase)
	text, err := yamldoc.ReadFile(filepath.Join(l.folder, name+".yaml"))
	switch missing := errors.Is(err, fs.ErrNotExist); {
	case inner != nil && (missing || by == theTool):
		file, text = path.Join(builtinFolder, name+".yaml"), inner
	case missing:
		problems.Errorf(diag.CodeScenario, diag.Pos{}, "there is no scenario %q", name).WithHint("%s", l.suggest(name))
		return "", nil, false
	case err != nil: // whatever the name is: nobody can tell whether a file shadows a built-in one
		unreadable(own, err, problems)
		return "", nil, false
	case builtin(name, true) != nil:
		*problems = append(*problems, shadowing(own, name))
		return "", nil, false
	default:
		file = own
	}
	l.Sources[file] = text
	return file, text, true
}

func unreadable(file string, err error, problems *diag.List) {
	p := problems.Errorf(diag.CodeUnreadable, diag.Pos{File: file}, "the scenario cannot be read: %v", err)
	if errors.Is(err, fs.ErrPermission) {
		p.Hint = "the user that runs the tool must be able to read the folder; in a container see docker run --user"
	}
}

func (l *Library) suggest(name string) string {
	own, _ := l.ownNames()
	known := slices.Concat(builtinNames(), own)
	if hint := diag.Suggest(name, known); hint != "" {
		return hint
	}
	return "list-scenarios shows them all"
}
