package cli

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"mlops-infra-suite/internal/awsenv"
	"mlops-infra-suite/internal/config"
	"mlops-infra-suite/internal/sg/template"
	"mlops-infra-suite/internal/stack"
)

// What became of a test set: testResult.Cleanup.
const (
	testDeleted = "deleted"
	testKept    = "kept"
	testLeft    = "left" // it could not be deleted
)

type testResult struct {
	deployResult
	Cleanup   string   `json:"cleanup"`   // empty where nothing was deployed
	Leftovers []string `json:"leftovers"` // stacks of test sets that earlier runs left
}

func (r *testResult) writeText(w io.Writer) {
	r.deployResult.writeText(w)
	if r.Cleanup != "" {
		fmt.Fprintf(w, "%s %s\n", r.StackName, r.Cleanup)
	}
}

func (r *testResult) writeMarkdown(m *markdown) {
	r.deployResult.writeMarkdown(m)
	if r.Cleanup != "" {
		m.paragraph("The test set %s is %s.", r.SGName, r.Cleanup)
	}
	if len(r.Leftovers) > 0 {
		m.paragraph("Earlier runs left: %s.", strings.Join(r.Leftovers, ", "))
	}
}

func (a *app) testDeploy() *cobra.Command {
	r := &testResult{deployResult: *newDeployResult(), Leftovers: []string{}}
	keep := false
	c := a.action("test-deploy", "Deploy the set under a random name, verify it, delete it again", r, func(ctx context.Context, s *session) error {
		if err := s.loadDeployable(); err != nil {
			return err
		}
		return s.testDeploy(ctx, r, keep)
	})
	c.Flags().BoolVar(&keep, "keep", false, "leave the test set")
	return c
}

// testDeploy deploys the set under other names, and deletes it again whatever happens: also after a failure or an interrupt.
func (s *session) testDeploy(ctx context.Context, r *testResult, keep bool) error {
	if err := s.rename(); err != nil {
		return err
	}
	s.tell.say("test set %s", s.cfg.Names.SGName)
	err := s.deploy(ctx, &r.deployResult)
	if !s.connected {
		return err // nothing was written, and nothing can be
	}
	var cleanup error
	if ctx.Err() == nil {
		cleanup = s.cleanUp(ctx, r, keep)
	}
	interrupted := ctx.Err() != nil // also while it was cleaning up
	if interrupted {
		s.tell.say("interrupted: removing the test set %s; Ctrl-C once more stops at once", s.cfg.Names.SGName)
		ctx, stop := s.app.env.untilNext(ctx)
		defer stop()
		cleanup = s.cleanUp(ctx, r, keep)
	}
	return s.conclude(r, err, cleanup, interrupted)
}

// isTest reports whether the session is about a test set.
func (s *session) isTest() bool { return s.realNames.SGName != "" }

// rename gives the session's set the names of a test set, from which everything that is deployed takes its name. The config on
// disk and the real set stay as they are.
func (s *session) rename() error {
	digits := make([]byte, 3)
	rand.Read(digits) // never fails: crypto/rand
	test := *s.cfg
	s.realNames, test.Names = test.Names, test.Names.Test(hex.EncodeToString(digits))
	s.cfg = &test
	return s.accept(s.buildTemplate())
}

// cleanUp deletes the test set, if there is one, and looks for those that earlier runs left.
func (s *session) cleanUp(ctx context.Context, r *testResult, keep bool) (err error) {
	c, err := s.connect(ctx)
	if err != nil {
		r.Cleanup = testLeft // as far as is known
		return err
	}
	defer func() { err = errors.Join(err, c.close()) }()
	engine, show := s.engine(c, s.settings.DeleteTimeout)
	defer func() { err = errors.Join(err, show.Close()) }()
	st, err := engine.Status(ctx, s.cfg.Names.Stack())
	switch {
	case errors.Is(err, stack.ErrNotFound):
		r.Cleanup, err = "", nil
	case err != nil:
		r.Cleanup = testLeft
		return awsenv.Explain(err)
	case keep:
		r.Cleanup = testKept
		s.tell.say("the test set is kept; to remove it: %s", s.removal())
	default:
		r.Cleanup = testLeft
		del := &deleter{session: s, cloud: c, engine: engine, result: newDeleteResult()}
		if err := del.erase(ctx, st); err != nil {
			s.tellBlockers(del.result.Blockers)
			return err
		}
		r.Cleanup = testDeleted
	}
	r.Leftovers = s.leftovers(ctx, engine)
	return err
}

// conclude is the error of a test: what went wrong first, with what is left of the test set, if anything is.
func (s *session) conclude(r *testResult, err, cleanup error, interrupted bool) error {
	name := s.cfg.Names.SGName
	switch {
	case cleanup != nil && (err == nil || interrupted):
		e := classify(cleanup)
		return &exitError{
			exit: e.exit, code: e.code, err: fmt.Errorf("the test set %s is left: %w", name, cleanup), hint: "to remove it: " + s.removal(),
		}
	case cleanup != nil:
		s.tell.say("the test set %s is left: %v", name, cleanup)
		s.tell.say("to remove it: %s", s.removal())
		return err
	case interrupted && r.Cleanup == testKept:
		return &exitError{exit: exitInterrupted, code: codeInterrupted, err: fmt.Errorf("interrupted; the test set %s is kept", name)}
	case interrupted:
		return &exitError{exit: exitInterrupted, code: codeInterrupted, err: fmt.Errorf("interrupted; nothing of the test set %s is left", name)}
	default:
		return err
	}
}

func (s *session) tellBlockers(blockers []blockerJSON) {
	for _, b := range blockers {
		s.tell.say("in the way: %s %s: %s", b.Kind, b.ID, b.Detail)
	}
}

// removal is the command that removes the test sets of this config.
func (s *session) removal() string {
	return fmt.Sprintf("sg-provisioner -con %s -act delete-security-groups --test-sets", s.app.opt.config)
}

// leftovers are the stacks of this config's other test sets, of runs that were killed or are still at work. If it can't look,
// that is no failure.
func (s *session) leftovers(ctx context.Context, engine *stack.Engine) []string {
	names := []string{}
	stacks, err := s.testStacks(ctx, engine)
	if err != nil {
		s.tell.step("could not look for test sets of earlier runs: %v", err)
	}
	for _, st := range stacks {
		if st.Name != s.cfg.Names.Stack() {
			names = append(names, st.Name)
			s.tell.say("the test stack %s of another run exists (%s); to remove it: %s", st.Name, st.Status, s.removal())
		}
	}
	return names
}

// testTag marks the stacks of test sets; its value is the name of the real set. Only test-deploy sets it, so that a set which is
// meant to stay is never taken for a test set, whatever its name.
const testTag = config.OwnTagPrefix + "test-of"

// stackTags are the tags of the stack.
func (s *session) stackTags() map[string]string {
	tags := template.Tags(s.cfg)
	if s.isTest() {
		tags[testTag] = s.realNames.SGName
	}
	return tags
}

// testStacks are the stacks of this config's test sets, which have both the name and the mark of one. A stack that only has such
// a name is told and left alone.
func (s *session) testStacks(ctx context.Context, engine *stack.Engine) ([]stack.Stack, error) {
	names := s.cfg.Names
	if s.isTest() {
		names = s.realNames
	}
	stacks, err := engine.List(ctx, func(name string) bool {
		_, ok := names.TestSet(name)
		return ok
	})
	var ours []stack.Stack
	for _, st := range stacks {
		switch {
		case st.Tags[testTag] == names.SGName, st.Status == stack.ReviewInProgress && len(st.Tags) == 0: // holds nothing, may have no tags yet
			ours = append(ours, st)
		case !s.isTest():
			s.tell.say("%s is not touched: it has the name of a test set, and not the tag %s by which test-deploy marks them", st.Name, testTag)
		}
	}
	return ours, err
}
