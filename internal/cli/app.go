package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"mlops-infra-suite/internal/diag"
)

// tool is the product's name, as its change sets, its reports and its user agent have it.
const tool = "sg-provisioner"

// options are the flags that every action takes.
type options struct {
	config           string
	workdir          string
	output           string
	profile          string
	force            bool
	dryRun           bool
	verbose          bool
	sandbox          bool
	strict           bool
	allowReplacement bool
	plan             planOptions // of the actions that show one
	open             bool        // of the actions that write a report
}

// app is one run of the program.
type app struct {
	env     Env
	opt     options
	exit    int
	answers *bufio.Reader               // from a terminal; nil before the first question
	results map[*cobra.Command]document // what each action prints
}

// Main runs the program and returns its exit code. args are those behind the program's name.
func Main(ctx context.Context, args []string, env Env) int {
	a := &app{env: env, results: map[*cobra.Command]document{}}
	root := a.root()
	at := root
	normal, err := normalise(args)
	if err == nil {
		root.SetArgs(normal)
		at, err = root.ExecuteContextC(ctx)
	}
	if err == nil {
		return a.exit
	}
	// Whatever an action itself returns has been printed: what arrives here is about the arguments.
	own, ok := errors.AsType[*exitError](err)
	if !ok {
		own = usagef("%w", err)
	}
	return a.refuse(at, own, wantsJSON(args))
}

// refuse prints an error that came before any action had begun. Where the action is known, its document has the action's keys
// all the same.
func (a *app) refuse(at *cobra.Command, e *exitError, asJSON bool) int {
	if asJSON {
		doc := document(&noResult{})
		if known, ok := a.results[at]; ok {
			doc = known
			doc.head().Action = at.Name()
		}
		h := doc.head()
		h.Status, h.Error = statusFailed, &errorInfo{e.code, e.Error(), e.hint}
		if h.Findings == nil {
			h.Findings = []finding{}
		}
		if err := writeJSON(a.env.Stdout, doc); err != nil {
			fmt.Fprintf(a.env.Stderr, "error: %v\n", err)
		}
		return e.exit
	}
	fmt.Fprintf(a.env.Stderr, "error: %v\n", e)
	if e.hint != "" {
		fmt.Fprintf(a.env.Stderr, "hint: %s\n", e.hint)
	}
	return e.exit
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "sg-provisioner ACTION",
		Short: "Security groups from a scenario and a small config, checked, deployed and verified",
		Long: strings.TrimSpace(`
SG Provisioner turns a scenario (3-tier web, 2-tier with PostgreSQL, ...) and a small YAML config into AWS security
groups: it resolves the rules, blocks dangerous ones, deploys them as one CloudFormation stack, verifies what EC2 holds
and publishes each group's ID in SSM Parameter Store.

With --sandbox everything happens in an AWS of its own inside the program: no account, no network.

  sg-provisioner validate-config -c my.yaml
  sg-provisioner -con my.yaml -act create-security-groups --sandbox`),
		SilenceErrors: true,
		SilenceUsage:  true,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownAction(a, args[0])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			if cmd.Flags().NFlag() > 0 { // flags without an action: a variable of a pipeline is empty, say
				return noAction()
			}
			return cmd.Help()
		},
	}
	root.SetIn(a.env.Stdin)
	root.SetOut(a.env.Stdout)
	root.SetErr(a.env.Stderr)
	root.SetFlagErrorFunc(wrongFlag)
	root.AddGroup(&cobra.Group{ID: "action", Title: "Actions:"}, &cobra.Group{ID: "other", Title: "Other commands:"})
	root.SetHelpCommandGroupID("other")
	root.SetCompletionCommandGroupID("other")
	root.AddCommand(a.commands()...)
	wantShell(root)
	a.flags(root)
	if width := a.env.StdoutWidth; width >= narrowest {
		root.Long = wrapProse(root.Long, width)
		root.SetUsageFunc(wrappedUsage(root.UsageFunc(), width))
	}
	return root
}

func (a *app) flags(root *cobra.Command) {
	f := root.PersistentFlags()
	f.StringVarP(&a.opt.config, "config", "c", "", "config file in the folder configs (also -con)")
	f.String("action", "", "the action (also -act), instead of naming it first")
	f.StringVar(&a.opt.workdir, "workdir", ".", "folder that holds configs, scenarios, templates, policies and reports")
	f.StringVarP(&a.opt.output, "output", "o", formatText, "text, json (one document on stdout), markdown or sarif")
	f.StringVar(&a.opt.profile, "profile", "", "profile of the AWS configuration")
	f.BoolVar(&a.opt.force, "force", false, "ask no question before writing")
	f.BoolVar(&a.opt.dryRun, "dry-run", false, "show what would be done, write nothing")
	f.BoolVar(&a.opt.verbose, "verbose", false, "tell each step, with durations")
	f.BoolVar(&a.opt.sandbox, "sandbox", false, "use the embedded AWS (also SG_SANDBOX=1)")
	f.BoolVar(&a.opt.strict, "strict", false, "let warnings block as errors do")
	f.BoolVar(&a.opt.allowReplacement, "allow-replacement", false, "let a change replace a security group")
	_ = root.RegisterFlagCompletionFunc("output", completeFormat) // fails only for a flag that there is not
}

// noAction is the error of flags without an action. No arguments at all are no error: they show the help.
func noAction() error {
	return usagef("no action is named").withHint("name it first, or with -act ACTION; sg-provisioner --help shows the actions")
}

func unknownAction(a *app, name string) error {
	e := usagef("there is no action %q", name)
	var known []string
	for _, c := range a.commands() {
		known = append(known, c.Name())
	}
	if hint := diag.Suggest(name, known); hint != "" {
		e.hint = hint
	}
	return e
}

// commands are all commands, in the order of the help.
func (a *app) commands() []*cobra.Command {
	actions := []*cobra.Command{
		a.validateConfig(), a.listScenarios(), a.showScenario(), a.showReachability(),
		a.createPolicy(), a.createTemplate(), a.validateTemplate(), a.createReviewReport(), a.showChanges(),
		a.testDeploy(), a.checkDrift(), a.createSecurityGroups(), a.deleteSecurityGroups(),
	}
	others := []*cobra.Command{a.explain(), a.schema(), a.sandboxCommand(), a.versionCommand()}
	for _, c := range actions {
		c.GroupID = "action"
	}
	for _, c := range others {
		c.GroupID = "other"
	}
	return append(actions, others...)
}
