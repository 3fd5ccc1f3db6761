package cli

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"mlops-infra-suite/internal/awsenv"
	"mlops-infra-suite/internal/live"
	"mlops-infra-suite/internal/stack"
)

// fixJSON is what --fix did, or would do.
type fixJSON struct {
	Steps []fixStepJSON `json:"steps"`
	Left  []string      `json:"left"` // what it can't put right, and what does
}

type fixStepJSON struct {
	Action string `json:"action"` // authorize, modify, revoke, describe, put-parameter or tag
	Text   string `json:"text"`
	Done   bool   `json:"done"`
}

func (f *fixJSON) writeText(w io.Writer) {
	if len(f.Steps)+len(f.Left) == 0 {
		fmt.Fprintln(w, "\nNothing to put right")
		return
	}
	fmt.Fprintln(w, "\nPutting it right")
	for i, step := range f.Steps {
		state := "to do"
		if step.Done {
			state = "done "
		}
		fmt.Fprintf(w, "  %2d. %s  %s\n", i+1, state, step.Text)
	}
	for _, text := range f.Left {
		fmt.Fprintf(w, "   !  %s\n", text)
	}
}

func (f *fixJSON) writeMarkdown(m *markdown) {
	m.heading(3, "Putting it right")
	var rows [][]string
	for _, step := range f.Steps {
		rows = append(rows, []string{map[bool]string{true: "done", false: "to do"}[step.Done], step.Text})
	}
	for _, text := range f.Left {
		rows = append(rows, []string{"left", text})
	}
	if len(rows) == 0 {
		m.paragraph("Nothing to put right.")
		return
	}
	m.table([]string{"State", "Step"}, rows)
}

// fixStep is one call that puts something right.
type fixStep struct {
	action string
	text   string
	run    func(context.Context) error

	mayWait bool // until rules were revoked, if its group is full
}

// fixer puts drift right.
type fixer struct {
	*session
	cloud     *cloud
	engine    *stack.Engine
	scene     *scene
	drift     *drift
	result    *driftResult
	onlyAdded bool
}

// fixDrift shows what it would do, asks, does it and looks whether it is done.
func (s *session) fixDrift(ctx context.Context, f *fixer) error {
	steps := f.plan()
	f.result.Fix.Steps = make([]fixStepJSON, len(steps))
	for i, step := range steps {
		f.result.Fix.Steps[i] = fixStepJSON{Action: step.action, Text: step.text}
	}
	if len(steps) > 0 && !s.app.opt.dryRun {
		if err := f.ask(ctx, len(steps)); err != nil {
			return err
		}
		if err := f.stillStands(ctx); err != nil {
			return err
		}
		f.begun = true
		if err := f.carryOut(ctx, steps); err != nil {
			return err
		}
		if err := f.verify(ctx); err != nil {
			return err
		}
	}
	if len(f.result.Fix.Left) > 0 && !s.app.opt.dryRun {
		return blockedf("NOT_FIXED", f.result.Fix.Left[0], "%s can't be put right by changing rules", plural(len(f.result.Fix.Left), "thing"))
	}
	return nil
}

// ask shows what was found and what is to be done, and asks.
func (f *fixer) ask(ctx context.Context, n int) error {
	if !f.app.opt.force && f.app.opt.output == formatText {
		if err := f.showFindings(f.app.env.Stderr); err != nil {
			return err
		}
		f.result.writeDrift(f.app.env.Stderr)
		f.result.Fix.writeText(f.app.env.Stderr)
		f.result.shown = true
	}
	return f.confirm(ctx, fmt.Sprintf("Put %s right with %s to AWS?", f.result.StackName, plural(n, "call")))
}

// stillStands makes sure that the stack is still the one that was looked at: what was meant then may not be meant any more when the
// question is answered.
func (f *fixer) stillStands(ctx context.Context) error {
	changed, err := f.scene.hasChanged(ctx, f.engine)
	if err == nil && changed {
		err = stackChanged(f.scene.stack.Name)
	}
	return err
}

// plan finds the calls in their order, and what no call puts right.
func (f *fixer) plan() []fixStep {
	f.result.Fix = &fixJSON{Steps: []fixStepJSON{}, Left: []string{}}
	wanted := &drift{added: f.drift.added}
	if !f.onlyAdded {
		wanted = f.drift.reparable()
		f.result.Fix.Left = append(f.result.Fix.Left, f.drift.beyondRepair()...)
	}
	var steps []fixStep
	for _, step := range newRuleOrder(f.scene, f.settings.RulesPerDirection).steps(wanted) {
		steps = append(steps, f.ruleStep(step))
	}
	for _, p := range wanted.parameters {
		steps = append(steps, fixStep{
			action: "put-parameter", text: fmt.Sprintf("set the parameter %s to %s", p.name, p.expected),
			run: func(ctx context.Context) error { return live.PutParameter(ctx, f.cloud.ssm, p.name, p.expected) },
		})
		if !p.exists {
			steps = append(steps, f.tagStep(p.name, true, f.scene.expectedTags(f.scene.template.Parameters[p.tier].Tags), nil))
		}
	}
	return append(steps, f.tagSteps(wanted.tags)...)
}

func (f *fixer) ruleStep(s ruleStep) fixStep {
	rule, api := ruleForEC2(s.rule, s.id, f.scene.groups), f.cloud.ec2
	step := fixStep{text: s.String(), mayWait: s.mayWait}
	switch s.verb {
	case live.Authorized:
		step.action, step.run = "authorize", func(ctx context.Context) error { return live.Authorize(ctx, api, rule) }
	case live.Modified:
		step.action, step.run = "modify", func(ctx context.Context) error { return live.Modify(ctx, api, rule) }
	case live.Described:
		step.action, step.run = "describe", func(ctx context.Context) error { return live.Describe(ctx, api, rule) }
	case live.Revoked:
		step.action, step.run = "revoke", func(ctx context.Context) error { return live.Revoke(ctx, api, rule) }
	}
	return step
}

// tagSteps puts the tags right, resource by resource.
func (f *fixer) tagSteps(tags []*tagDrift) []fixStep {
	var steps []fixStep
	for len(tags) > 0 {
		first := tags[0]
		set, remove := map[string]string{}, []string(nil)
		for len(tags) > 0 && tags[0].resource == first.resource {
			if t := tags[0]; t.expected != nil {
				set[t.key] = *t.expected
			} else {
				remove = append(remove, t.key)
			}
			tags = tags[1:]
		}
		steps = append(steps, f.tagStep(first.resource, first.parameter, set, remove))
	}
	return steps
}

func (f *fixer) tagStep(resource string, parameter bool, set map[string]string, remove []string) fixStep {
	var parts []string
	for _, key := range slices.Sorted(maps.Keys(set)) {
		parts = append(parts, fmt.Sprintf("set %s to %q", key, set[key]))
	}
	for _, key := range remove {
		parts = append(parts, "remove "+key)
	}
	text := fmt.Sprintf("tags of %s: %s", resource, strings.Join(parts, ", "))
	return fixStep{action: "tag", text: text, run: func(ctx context.Context) error {
		if parameter {
			return live.TagParameter(ctx, f.cloud.ssm, resource, set, remove)
		}
		return live.Tag(ctx, f.cloud.ec2, resource, set, remove)
	}}
}

// carryOut makes the calls. A call that finds its group full is tried again when others have made room.
func (f *fixer) carryOut(ctx context.Context, steps []fixStep) error {
	var full []int
	run := func(i int, again bool) error {
		step := steps[i]
		err := step.run(ctx)
		if !again && step.mayWait && live.IsRuleQuota(err) {
			full = append(full, i)
			return nil
		}
		if err != nil {
			return f.stopped(err, step)
		}
		f.result.Fix.Steps[i].Done = true
		f.tell.step("%s", step.text)
		f.log.record("fixed", "step", step.text)
		return nil
	}
	for i := range steps {
		if err := run(i, false); err != nil {
			return err
		}
	}
	for _, i := range full {
		if err := run(i, true); err != nil {
			return err
		}
	}
	return nil
}

// stopped says how far it came: what is done stays done, and the same command goes on from there.
func (f *fixer) stopped(err error, step fixStep) error {
	done := 0
	for _, s := range f.result.Fix.Steps {
		if s.Done {
			done++
		}
	}
	e := classify(awsenv.Explain(fmt.Errorf("%s (%d of %d steps are done): %w", step.text, done, len(f.result.Fix.Steps), err)))
	if e.hint == "" {
		e.hint = "run the same command again: it looks anew and does what is left"
	}
	return e
}

// verify looks until what was to be put right is right.
func (f *fixer) verify(ctx context.Context) error {
	var left *drift
	ok, err := live.Settle(ctx, f.settings.VerifyTimeout, func(ctx context.Context) (bool, error) {
		if err := f.scene.readLive(ctx, f.cloud); err != nil {
			return false, err
		}
		left = findDrift(f.scene, nil)
		return f.isRight(left), nil
	})
	if err != nil {
		return awsenv.Explain(fmt.Errorf("verify what was put right: %w", err))
	}
	f.result.markFixed(f.scene, left)
	if !ok {
		return notVerified("not right yet: %s", strings.Join(textsOf(left), "; "))
	}
	f.tell.step("verified what EC2 and SSM hold")
	f.result.fillNotes(f.scene)
	if left.isEmpty() {
		f.result.DriftStatus, f.result.Status, f.app.exit = inSync, "", exitDone
	}
	return nil
}

// isRight reports whether all that can be put right is.
func (f *fixer) isRight(left *drift) bool {
	if f.onlyAdded {
		return len(left.added) == 0
	}
	return left.reparable().isEmpty()
}

func textsOf(d *drift) []string {
	var texts []string
	for _, line := range d.lines() {
		texts = append(texts, line.text)
	}
	return texts
}
