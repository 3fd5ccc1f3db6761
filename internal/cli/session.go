package cli

import (
	"cmp"
	"context"
	"maps"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"mlops-infra-suite/internal/config"
	"mlops-infra-suite/internal/diag"
	"mlops-infra-suite/internal/sg/check"
	"mlops-infra-suite/internal/sg/reach"
	"mlops-infra-suite/internal/sg/ruleset"
	"mlops-infra-suite/internal/sg/scenario"
	"mlops-infra-suite/internal/sg/template"
)

// session is one action at work: what it has read so far, what it found, and the document it will print.
type session struct {
	app      *app
	action   string
	doc      document
	tell     *narrator
	log      *logFile // nil until the action opens it
	story    story    // what the stack did, for the report
	settings config.Settings
	cfg      *config.Config
	scenario *scenario.Scenario
	set      ruleset.Set
	template *template.Template
	findings diag.List
	verdicts []reach.Verdict // on the config's assertions
	sources  diag.Sources

	realNames config.Names // of the set that a test set stands in for; zero: this is no test set
	connected bool         // the account is the right one, so that something may have been written
	begun     bool         // the user has agreed, if asked, and changes are on their way

	category string // of what is judged, where it is no config: for code scanning

	findingsOnStdout bool      // where they are the result
	shown            diag.List // the findings that people have seen already
}

// action makes the command of one action: doc is what it prints, run what it does once the license is there.
func (a *app) action(name, short string, doc document, run func(context.Context, *session) error) *cobra.Command {
	return a.command(name, short, doc, func(ctx context.Context, s *session) error {
		if err := s.licensed(ctx); err != nil {
			return err
		}
		return run(ctx, s)
	})
}

// command is an action that needs no license. An error of run is printed here, in the document or on stderr, and becomes the
// exit code.
func (a *app) command(name, short string, doc document, run func(context.Context, *session) error) *cobra.Command {
	c := &cobra.Command{
		Use:         name,
		Short:       short,
		Args:        cobra.NoArgs,
		Annotations: map[string]string{formatsKey: strings.Join(formatsOf(doc), " ")},
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkFormat(cmd, a.opt.output); err != nil {
				return err
			}
			if err := a.chooseAWS(cmd); err != nil {
				return err
			}
			s := &session{app: a, action: name, doc: doc, tell: a.narrator(), sources: diag.Sources{}}
			return s.finish(run(cmd.Context(), s))
		},
	}
	a.results[c] = doc
	return c
}

func (a *app) narrator() *narrator {
	return &narrator{
		w:       a.env.Stderr,
		colour:  a.env.StderrTerminal && a.env.getenv("NO_COLOR") == "" && a.env.getenv("TERM") != "dumb",
		verbose: a.opt.verbose,
		now:     a.env.Now,
		last:    a.env.Now(),
	}
}

// finish prints the document with what went wrong, and sets the exit code.
func (s *session) finish(err error) error {
	h := s.doc.head()
	h.Action = s.action
	if s.cfg != nil && s.cfg.Names.SGName != "" {
		h.SGName, h.StackName = s.cfg.Names.SGName, s.cfg.Names.Stack()
	}
	s.findings.Sort()
	h.Findings = findingsOf(s.findings)
	if h.Status == "" {
		h.Status = statusOK
	}
	if err != nil {
		e := classify(err).interrupted(s.begun)
		s.app.exit = e.exit
		h.Error = &errorInfo{e.code, e.Error(), e.hint}
		h.Status = statusFailed
		if e.exit == exitInsecure || e.exit == exitBlocked {
			h.Status = statusBlocked
		}
	}
	if err := s.log.close(h); err != nil {
		s.tell.say("warning: %v", err)
	}
	if err := s.print(h.Error); err != nil {
		s.tellFailure(h.Error)
		return &exitError{exit: cmp.Or(s.app.exit, exitFailed), code: "UNWRITABLE", err: err}
	}
	return nil
}

// path is a folder or file of the settings, where the working directory has it.
func (s *session) path(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(s.app.opt.workdir, name)
}

// loadSettings reads the app settings; every action begins with it.
func (s *session) loadSettings() error {
	settings, problems, sources, err := config.LoadSettings(s.app.opt.workdir)
	if err != nil {
		return err
	}
	s.settings = settings
	maps.Copy(s.sources, sources)
	return s.accept(problems)
}

func (s *session) library() *scenario.Library {
	return scenario.NewLibrary(s.path(s.settings.Folders.Scenarios), s.settings.Folders.Scenarios)
}

// accept keeps diagnostics of the input and returns an error if any of them is one.
func (s *session) accept(problems diag.List) error {
	s.findings = append(s.findings, problems...)
	if problems.HasErrors() {
		return invalid(s.findings)
	}
	return nil
}

// load reads everything that the config leads to and judges it: settings, config, scenario, rule set, template, findings.
// It stops with an error where the text is wrong, never because of what the checks found: blocked says that.
func (s *session) load() error {
	if s.app.opt.config == "" {
		return usagef("%s needs a config: -con FILE", s.action)
	}
	if err := config.CheckName(s.app.opt.config); err != nil {
		return usagef("%w", err)
	}
	if err := s.loadSettings(); err != nil {
		return err
	}
	problems, err := s.resolve()
	if err != nil {
		return err
	}
	if err := s.accept(problems); err != nil {
		return err
	}
	s.tell.step("resolved %s: %d tiers, %d resources", s.cfg.Scenario, len(s.set.Tiers), s.template.Resources)
	return s.judge()
}

// readConfig reads the config file, and nothing that it leads to.
func (s *session) readConfig() (diag.List, error) {
	folder := s.settings.Folders.Configs
	cfg, problems, err := config.Load(s.path(folder), folder, s.app.opt.config)
	if err != nil {
		return nil, err
	}
	s.cfg = cfg
	s.sources[cfg.File] = cfg.Source
	return problems, nil
}

// resolve reads all that the config leads to. It goes on past errors as far as their parts are sound, so that one run shows all of
// them.
func (s *session) resolve() (diag.List, error) {
	problems, err := s.resolveSet()
	if err != nil || !problems.HasErrors() {
		return problems, err
	}
	return append(problems, s.unjudged()...), nil
}

// unjudged is what is wrong with the text of assertions and waivers, where the rules that they are about are not judged.
func (s *session) unjudged() diag.List {
	if s.scenario == nil { // nor is it known which tiers there are
		return check.WaiverErrors(s.cfg.Waivers, nil, s.app.env.Now())
	}
	_, problems := reach.Claims(s.cfg.Assertions, s.set.TierNames())
	return append(problems, check.WaiverErrors(s.cfg.Waivers, s.set.TierNames(), s.app.env.Now())...)
}

// resolveSet reads config, scenario and overrides, and makes the template.
func (s *session) resolveSet() (diag.List, error) {
	problems, err := s.readConfig()
	if err != nil {
		return nil, err
	}
	cfg := s.cfg
	s.tell.step("read %s", cfg.File)
	if cfg.Scenario == "" {
		return problems, nil
	}
	library := s.library()
	loaded, found, err := library.Load(cfg.Scenario)
	if err != nil {
		return nil, err
	}
	maps.Copy(s.sources, library.Sources)
	for i := range found {
		if found[i].Pos.IsZero() {
			found[i].Pos = cfg.ScenarioPos
		}
	}
	problems = append(problems, found...)
	if found.HasErrors() {
		return problems, nil
	}
	set, found := loaded.Resolve(cfg.Overrides)
	problems = append(problems, found...)
	s.scenario, s.set = loaded, set
	if problems.HasErrors() {
		return problems, nil
	}
	return append(problems, s.buildTemplate()...), nil
}

// buildTemplate makes the template of the set, under the names that the config has by now.
func (s *session) buildTemplate() diag.List {
	var problems diag.List
	s.template, problems = template.Build(template.Input{
		Set: s.set, Scenario: s.cfg.Scenario, Names: s.cfg.Names, Tags: template.Tags(s.cfg), MaxResources: s.settings.ResourcesPerStack,
	})
	return problems
}

// judge runs the checks over the rule set.
func (s *session) judge() error {
	findings := check.Run(s.judged())
	problems := check.Waive(findings, s.cfg.Waivers, s.set.TierNames(), s.app.env.Now())
	s.findings = append(s.findings, findings...)
	return s.accept(append(problems, s.prove()...))
}

// judged is the rule set as the checks take it.
func (s *session) judged() check.Input {
	in := s.checkInput()
	in.Set, in.GroupDescription, in.Tags, in.Pos = s.set, s.cfg.Names.GroupDescription, s.cfg.Tags, diag.Pos{File: s.cfg.File}
	return in
}

// checkInput is what the checks take from the settings and the environment. Where no config says it, that is production.
func (s *session) checkInput() check.Input {
	in := check.Input{
		Env:                "prod",
		DatabasePorts:      s.settings.DatabasePorts,
		AdminPorts:         s.settings.AdminPorts,
		HighRiskPorts:      s.settings.HighRiskPorts,
		AmplificationPorts: s.settings.AmplificationPorts,
		RulesPerDirection:  s.settings.RulesPerDirection,
	}
	if s.cfg != nil {
		in.Env = s.cfg.Env
	}
	return in
}

// prove judges the assertions of the config, and returns what is wrong with their text.
func (s *session) prove() diag.List {
	claims, problems := reach.Claims(s.cfg.Assertions, s.set.TierNames())
	if len(claims) == 0 {
		return problems
	}
	matrix := reach.Compute(s.set, reach.Options{Zones: reach.Peers(claims)})
	for _, c := range claims {
		s.verdicts = append(s.verdicts, matrix.Prove(c))
	}
	s.findings = append(s.findings, reach.Findings(s.verdicts)...)
	return problems
}

// other is a session on another config of the same folder, beside this one.
func (s *session) other(config string) *session {
	beside := *s.app
	beside.opt.config = config
	return &session{app: &beside, action: s.action, doc: s.doc, tell: s.tell, sources: s.sources}
}

// blocked returns the error of a set that must not be deployed: an error of a check, or, with --strict, any warning.
func (s *session) blocked() error {
	if s.findings.HasErrors() || s.app.opt.strict && s.findings.Has(diag.Warning) {
		return insecure(s.findings, s.app.opt.strict)
	}
	return nil
}
