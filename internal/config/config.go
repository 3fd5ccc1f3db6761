// Package config reads what a team writes: the config file and the tool's settings. It promises that a Config came from a
// file whose shape is right, or that everything wrong with it is reported with its place; and it derives every name the
// product uses (section "Names" of the reference) from that file alone.
//
// Rules are handed on as they are written: what they mean is for the rule set packages to say.
package config

import (
	_ "embed"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"mlops-infra-suite/internal/diag"
	"mlops-infra-suite/internal/yamldoc"
)

// Config is one config file. Where the file has problems, what they touch reads as empty.
type Config struct {
	File   string // as messages name it: configs/NAME
	Source []byte

	CompanyName string
	Prefix      string
	AccountID   string
	TenantID    string
	Env         string
	Region      string

	Scenario    string
	ScenarioPos diag.Pos
	VPCID       string // when the VPC is given directly
	VPCPath     string // the SSM parameter that holds it, else
	Workload    string
	Names       Names
	Overrides   []Override
	Assertions  []Assertion
	Waivers     []Waiver
	Tags        map[string]string
}

// Override is what a config changes in one tier, each change as it is written.
type Override struct {
	Tier          string
	Pos           diag.Pos // of the tier's name
	PortOverrides []yamldoc.Map
	Ingress       []yamldoc.Map
	Egress        []yamldoc.Map
}

// Assertion is a claim about who reaches whom.
type Assertion struct {
	Allow    bool // false: deny
	From, To string
	Ports    []string // none: all traffic
	Pos      diag.Pos
}

// Waiver accepts the findings of a check until the end of a day.
type Waiver struct {
	Check, Tier, Reason string // an empty Tier: every tier
	Expires             time.Time
	Pos                 diag.Pos
}

// Production reports whether the set is one for production, which is guarded against deletion.
func (c *Config) Production() bool { return c.Env == "prod" }

// Schema is the published JSON Schema of config files, as text: the one that validates.
//
//go:embed schema/config.schema.json
var Schema []byte

var compiled = sync.OnceValues(func() (*yamldoc.Schema, error) { return yamldoc.CompileSchema(Schema) })

// CheckName reports why a name can't be that of a config file: -con takes a name inside of the folder, never a path.
func CheckName(name string) error {
	switch {
	case name == "":
		return fmt.Errorf("no config file is named")
	case strings.ContainsAny(name, "/\\\x00") || strings.Contains(name, ".."):
		return fmt.Errorf("%q is not a file name: a config is named without its folder", name)
	}
	return nil
}

// Load reads the config file of that name in folder, which messages call shown. What is wrong with the file is in the list; if
// that has errors, the Config is only good for further diagnostics. The error is about the tool itself, whose schema can't be
// compiled; only then is the Config nil.
func Load(folder, shown, name string) (*Config, diag.List, error) {
	file := filepath.ToSlash(filepath.Join(shown, name))
	src, err := yamldoc.ReadFile(filepath.Join(folder, name))
	if err != nil {
		var problems diag.List
		problems.Errorf(diag.CodeUnreadable, diag.Pos{File: file}, "the config cannot be read: %v", plain(err)).
			WithHint("%s", unreadableHint(err, folder, name))
		return &Config{File: file}, problems, nil
	}
	schema, err := compiled()
	if err != nil {
		return nil, nil, err
	}
	return parse(file, src, schema)
}

func parse(file string, src []byte, schema *yamldoc.Schema) (*Config, diag.List, error) {
	doc := yamldoc.Parse(file, src)
	doc.Validate(schema)
	c := decode(doc)
	c.Names.check(doc.Root(), &doc.Problems)
	c.check(doc.Root(), &doc.Problems)
	return c, doc.Problems, nil
}

func plain(err error) string {
	switch {
	case os.IsNotExist(err):
		return "there is no such file"
	case os.IsPermission(err):
		return "permission denied"
	default:
		return err.Error()
	}
}

func unreadableHint(err error, folder, name string) string {
	switch {
	case os.IsPermission(err):
		return "the user that runs the tool must be able to read it; in a container see docker run --user"
	case !os.IsNotExist(err):
		return ""
	}
	entries, dirErr := os.ReadDir(folder)
	if os.IsNotExist(dirErr) {
		return fmt.Sprintf("the folder %s does not exist; --workdir names the folder that holds it", folder)
	}
	var names []string
	for _, e := range entries {
		if e.Type().IsRegular() || e.Type()&fs.ModeSymlink != 0 {
			names = append(names, e.Name())
		}
	}
	if hint := diag.Suggest(name, names); hint != "" {
		return hint
	}
	return fmt.Sprintf("configs are looked for in %s", folder)
}
