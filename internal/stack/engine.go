package stack

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

// api is what the engine needs of *cloudformation.Client.
type api interface {
	DescribeStacks(context.Context, *cloudformation.DescribeStacksInput, ...func(*cloudformation.Options)) (*cloudformation.DescribeStacksOutput, error)
	DescribeStackEvents(context.Context, *cloudformation.DescribeStackEventsInput, ...func(*cloudformation.Options)) (*cloudformation.DescribeStackEventsOutput, error)
	ListStackResources(context.Context, *cloudformation.ListStackResourcesInput, ...func(*cloudformation.Options)) (*cloudformation.ListStackResourcesOutput, error)
	CreateChangeSet(context.Context, *cloudformation.CreateChangeSetInput, ...func(*cloudformation.Options)) (*cloudformation.CreateChangeSetOutput, error)
	DescribeChangeSet(context.Context, *cloudformation.DescribeChangeSetInput, ...func(*cloudformation.Options)) (*cloudformation.DescribeChangeSetOutput, error)
	ListChangeSets(context.Context, *cloudformation.ListChangeSetsInput, ...func(*cloudformation.Options)) (*cloudformation.ListChangeSetsOutput, error)
	ExecuteChangeSet(context.Context, *cloudformation.ExecuteChangeSetInput, ...func(*cloudformation.Options)) (*cloudformation.ExecuteChangeSetOutput, error)
	DeleteChangeSet(context.Context, *cloudformation.DeleteChangeSetInput, ...func(*cloudformation.Options)) (*cloudformation.DeleteChangeSetOutput, error)
	DeleteStack(context.Context, *cloudformation.DeleteStackInput, ...func(*cloudformation.Options)) (*cloudformation.DeleteStackOutput, error)
	UpdateTerminationProtection(context.Context, *cloudformation.UpdateTerminationProtectionInput, ...func(*cloudformation.Options)) (*cloudformation.UpdateTerminationProtectionOutput, error)
	ContinueUpdateRollback(context.Context, *cloudformation.ContinueUpdateRollbackInput, ...func(*cloudformation.Options)) (*cloudformation.ContinueUpdateRollbackOutput, error)
	RollbackStack(context.Context, *cloudformation.RollbackStackInput, ...func(*cloudformation.Options)) (*cloudformation.RollbackStackOutput, error)
	GetTemplate(context.Context, *cloudformation.GetTemplateInput, ...func(*cloudformation.Options)) (*cloudformation.GetTemplateOutput, error)
	DescribeEvents(context.Context, *cloudformation.DescribeEventsInput, ...func(*cloudformation.Options)) (*cloudformation.DescribeEventsOutput, error)
	ListHookResults(context.Context, *cloudformation.ListHookResultsInput, ...func(*cloudformation.Options)) (*cloudformation.ListHookResultsOutput, error)
}

// Options adjust an Engine. The zero value is ready to use.
type Options struct {
	// Emit receives every event, in order, from the goroutine that called the Engine. Nil: nobody listens.
	Emit func(Event)

	// Timeout bounds each call of a method that waits for CloudFormation. Zero: no bound but the context's.
	Timeout time.Duration

	// Poll is the average distance of two looks at an operation under way. Zero: one second.
	Poll time.Duration

	// Tool names the change sets, Owner tells who makes them (a caller's ARN, say). A plan that a killed run of the same
	// tool and owner left behind is removed by the next Discard; those of others are never touched.
	Tool, Owner string
}

// Engine deploys and deletes stacks. It holds no state between calls and may be used by one goroutine at a time.
type Engine struct {
	api  api
	opt  Options
	mine string // what the names of this owner's change sets begin with
}

// New makes an Engine on a CloudFormation client.
func New(client api, opt Options) *Engine {
	opt.Poll = cmp.Or(opt.Poll, time.Second)
	opt.Tool = cmp.Or(opt.Tool, "provisioner")
	owner := sha256.Sum256([]byte(opt.Owner))
	return &Engine{api: client, opt: opt, mine: opt.Tool + "-" + hex.EncodeToString(owner[:4]) + "-"}
}

// Stack is what CloudFormation tells of a stack.
type Stack struct {
	ID                    string // the ARN
	Name                  string
	Status                Status
	StatusReason          string
	Outputs               map[string]string // by output key
	Exports               []string          // the names under which outputs are exported
	Parameters            map[string]string
	Tags                  map[string]string
	TerminationProtection bool
	Created, Updated      time.Time // Updated is zero before the first update
}

// Status describes the stack with that name or ID. A name that no stack has gives ErrNotFound; a deleted stack can be
// described by its ID.
func (e *Engine) Status(ctx context.Context, name string) (Stack, error) {
	out, err := e.api.DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: aws.String(name)})
	switch {
	case isNotFound(err), err == nil && len(out.Stacks) == 0:
		return Stack{}, fmt.Errorf("describe stack %s: %w", name, ErrNotFound)
	case err != nil:
		return Stack{}, fmt.Errorf("describe stack %s: %w", name, err)
	}
	return stackOf(out.Stacks[0]), nil
}

func stackOf(s types.Stack) Stack {
	st := Stack{
		ID:                    aws.ToString(s.StackId),
		Name:                  aws.ToString(s.StackName),
		Status:                Status(s.StackStatus),
		StatusReason:          aws.ToString(s.StackStatusReason),
		Outputs:               map[string]string{},
		Parameters:            map[string]string{},
		Tags:                  map[string]string{},
		TerminationProtection: aws.ToBool(s.EnableTerminationProtection),
		Created:               aws.ToTime(s.CreationTime),
		Updated:               aws.ToTime(s.LastUpdatedTime),
	}
	for _, o := range s.Outputs {
		st.Outputs[aws.ToString(o.OutputKey)] = aws.ToString(o.OutputValue)
		if name := aws.ToString(o.ExportName); name != "" {
			st.Exports = append(st.Exports, name)
		}
	}
	for _, p := range s.Parameters {
		st.Parameters[aws.ToString(p.ParameterKey)] = aws.ToString(p.ParameterValue)
	}
	for _, t := range s.Tags {
		st.Tags[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	return st
}

// Template is the text of the template that a stack was deployed with last, or is being deployed with: after a failed
// creation (ROLLBACK_COMPLETE) that of what doesn't exist any more. A stack that was never deployed (REVIEW_IN_PROGRESS) has
// an empty one, {}. A name that no stack has gives ErrNotFound.
func (e *Engine) Template(ctx context.Context, nameOrID string) (string, error) {
	out, err := e.api.GetTemplate(ctx, &cloudformation.GetTemplateInput{
		StackName: aws.String(nameOrID), TemplateStage: types.TemplateStageOriginal,
	})
	if isNotFound(err) {
		err = ErrNotFound
	}
	if err != nil {
		return "", fmt.Errorf("get template of stack %s: %w", nameOrID, err)
	}
	return cmp.Or(aws.ToString(out.TemplateBody), "{}"), nil
}

// Protect switches a stack's termination protection on or off.
func (e *Engine) Protect(ctx context.Context, name string, on bool) error {
	_, err := e.api.UpdateTerminationProtection(ctx, &cloudformation.UpdateTerminationProtectionInput{
		StackName:                   aws.String(name),
		EnableTerminationProtection: aws.Bool(on),
	})
	if err != nil {
		return fmt.Errorf("set termination protection of stack %s: %w", name, err)
	}
	return nil
}

func (e *Engine) emit(ev Event) {
	if e.opt.Emit != nil {
		e.opt.Emit(ev)
	}
}

func (e *Engine) notice(format string, args ...any) {
	e.emit(Notice{Time: time.Now(), Text: fmt.Sprintf(format, args...)})
}

// bounded applies the engine's timeout to ctx.
func (e *Engine) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	if e.opt.Timeout <= 0 {
		return ctx, func() {}
	}
	return context.WithTimeoutCause(ctx, e.opt.Timeout, errTimeout)
}

// newToken is a client request token: unique per operation, so that a request repeated after a lost response does its
// work once and the operation's events can be told from all others.
func (e *Engine) newToken() string { return e.opt.Tool + "-" + randomHex(16) }

func randomHex(bytes int) string {
	b := make([]byte, bytes)
	rand.Read(b) // never fails: crypto/rand
	return hex.EncodeToString(b)
}

// sleep waits for d or for the end of ctx, whichever comes first.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
