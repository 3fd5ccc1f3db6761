package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"mlops-infra-suite/internal/config"
	"mlops-infra-suite/internal/diag"
	"mlops-infra-suite/internal/sg/template"
	"mlops-infra-suite/internal/yamldoc"
)

// Who has checked a template: validateTemplateResult.CheckedBy.
const (
	checkedHere  = "sg-provisioner"
	checkedByAWS = "cloudformation"
)

type validateTemplateResult struct {
	header
	Template  string   `json:"template"` // the file, or the one that the config gives
	Resources int      `json:"resources"`
	CheckedBy []string `json:"checked_by"`
	NotAsked  string   `json:"not_asked,omitempty"` // why CloudFormation was not

	count string
}

func (r *validateTemplateResult) summary() string {
	return fmt.Sprintf("%s is valid: %s, %s; checked by %s", r.Template, plural(r.Resources, "resource"), r.count, strings.Join(r.CheckedBy, " and "))
}

func (r *validateTemplateResult) writeText(w io.Writer) {
	if r.Error == nil {
		fmt.Fprintln(w, r.summary())
	}
}

func (r *validateTemplateResult) writeMarkdown(m *markdown) {
	if r.Error == nil {
		m.paragraph("%s", r.summary())
	}
	if r.NotAsked != "" {
		m.paragraph("CloudFormation was not asked: %s", r.NotAsked)
	}
}

func (*validateTemplateResult) scans() {}

func (a *app) validateTemplate() *cobra.Command {
	r := &validateTemplateResult{CheckedBy: []string{}}
	file := ""
	c := a.action("validate-template", "Check the template of a config, or any other, here and with CloudFormation", r, func(ctx context.Context, s *session) error {
		s.findingsOnStdout = true
		t, err := s.subject(file)
		if err != nil {
			return err
		}
		return s.validateTemplate(ctx, t, r)
	})
	c.Flags().StringVar(&file, "template", "", "a template to check in the place of the config's: a file, or - for stdin")
	return c
}

// subject is a template to check.
type subject struct {
	name    string
	text    []byte // as findings show it
	request string // as it is sent to CloudFormation; too long: it is not
	own     bool   // the tool's own, whose rules were judged with the config
}

// subject reads the template to check: a file, or what the config gives.
func (s *session) subject(file string) (*subject, error) {
	switch {
	case file != "" && s.app.opt.config != "":
		return s.foreignTemplate(file, s.loadAddress)
	case file != "":
		return s.foreignTemplate(file, s.loadSettings)
	case s.app.opt.config == "":
		return nil, usagef("validate-template needs a config, or a template: -con FILE or --template FILE")
	}
	if err := s.load(); err != nil {
		return nil, err
	}
	text, err := s.template.YAML()
	if err != nil {
		return nil, err
	}
	request := string(text)
	if len(text) > s.settings.TemplateBytes {
		short, err := s.template.JSON()
		if err != nil {
			return nil, err
		}
		request = string(short)
	}
	return &subject{s.cfg.Names.Template(s.settings.Folders.Templates), text, request, true}, nil
}

// foreignTemplate reads a template that is not the config's. load reads what it needs of the settings and the config.
func (s *session) foreignTemplate(file string, load func() error) (*subject, error) {
	if err := load(); err != nil {
		return nil, err
	}
	s.category = filepath.Base(file)
	name := filepath.ToSlash(file)
	var text []byte
	var err error
	if file == "-" {
		name = "stdin"
		text, err = yamldoc.ReadUpTo(s.app.env.Stdin, yamldoc.MaxTemplateSize)
	} else {
		text, err = s.readTemplate(file)
	}
	if err != nil {
		problem := s.findings.Errorf(diag.CodeUnreadable, diag.Pos{File: name}, "the template cannot be read: %v", plainError(err))
		if errors.Is(err, fs.ErrNotExist) {
			problem.Hint = "the path is looked for in --workdir and in the current folder"
		}
		return nil, invalid(s.findings)
	}
	return &subject{name: name, text: text, request: string(text)}, nil
}

// readTemplate reads a file whose path is relative to the working directory, as the tool names its own templates, or to the
// folder that the program was started in, as a shell completes it.
func (s *session) readTemplate(file string) ([]byte, error) {
	text, err := yamldoc.ReadTemplate(s.path(file))
	if errors.Is(err, fs.ErrNotExist) {
		return yamldoc.ReadTemplate(file)
	}
	return text, err
}

func plainError(err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "there is no such file"
	case errors.Is(err, fs.ErrPermission):
		return "permission denied"
	default:
		return err.Error()
	}
}

// loadAddress reads the config for the account and region that its template would be deployed to, and nothing that it leads to.
func (s *session) loadAddress() error {
	if err := config.CheckName(s.app.opt.config); err != nil {
		return usagef("%w", err)
	}
	if err := s.loadSettings(); err != nil {
		return err
	}
	problems, err := s.readConfig()
	if err != nil {
		return err
	}
	return s.accept(problems)
}

// validateTemplate checks a template here, and asks CloudFormation where nothing was found.
func (s *session) validateTemplate(ctx context.Context, t *subject, r *validateTemplateResult) error {
	r.Template = t.name
	s.sources[t.name] = t.text
	found := template.Validate(t.name, t.text, s.checkInput())
	r.Resources, r.CheckedBy = found.Resources, append(r.CheckedBy, checkedHere)
	wrong := false
	for _, d := range found.Problems {
		text := strings.HasPrefix(d.ID, "CFG")
		wrong = wrong || text && d.IsError()
		if !t.own || text && d.IsError() { // of the own template the config's findings say the rest
			s.findings = append(s.findings, d)
		}
	}
	s.tell.step("checked %s: %s", t.name, found.Problems.Count())
	if wrong {
		return invalid(s.findings)
	}
	if err := s.ask(ctx, t, r); err != nil {
		return err
	}
	r.count = s.findings.Count()
	return s.blocked()
}
