package stack

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

// prepare makes the plan's change set and reads it. Whatever goes wrong, it tries to leave nothing behind.
func (e *Engine) prepare(ctx context.Context, p *Plan) error {
	asked := time.Now()
	at := activity{name: p.StackName, id: p.StackID, doing: "preparing the change set"}
	name := e.mine + randomHex(8)
	if err := e.createChangeSet(ctx, p, name); err != nil {
		if !isAnswer(err) { // the request may have arrived
			p.ChangeSetID = name
			at.left = e.giveUp(ctx, p)
		}
		return e.stopped(ctx, err, at)
	}
	status, reason, err := e.readChangeSet(ctx, p, time.Since(asked)/2)
	switch {
	case err != nil:
		at.id, at.left = p.StackID, e.giveUp(ctx, p)
		return e.stopped(ctx, err, at)
	case status == types.ChangeSetStatusFailed && isNoChange(reason):
		p.Empty = true
		return e.Discard(ctx, p)
	case status == types.ChangeSetStatusFailed:
		e.giveUp(ctx, p)
		return &ChangeSetError{StackName: p.StackName, Reason: reason}
	}
	p.took = time.Since(asked)
	return nil
}

func (e *Engine) createChangeSet(ctx context.Context, p *Plan, name string) error {
	kind := types.ChangeSetTypeUpdate
	if p.Kind == Create {
		kind = types.ChangeSetTypeCreate
	}
	out, err := e.api.CreateChangeSet(ctx, &cloudformation.CreateChangeSetInput{
		StackName:     aws.String(p.StackName),
		ChangeSetName: aws.String(name),
		ChangeSetType: kind,
		ClientToken:   aws.String(name), // a request repeated after a lost response makes no second change set
		TemplateBody:  aws.String(p.spec.Template),
		Parameters:    p.spec.parameters(),
		Tags:          p.spec.tags(),
	})
	if isAlreadyThere(err) { // the name is random: this is ours, and only the response was lost
		p.ChangeSetID = name
		return nil
	}
	if reason, refused := refusal(err); refused {
		return &ChangeSetError{StackName: p.StackName, Reason: reason, Err: err}
	}
	if err != nil {
		return fmt.Errorf("create change set of stack %s: %w", p.StackName, err)
	}
	p.StackID, p.ChangeSetID = aws.ToString(out.StackId), aws.ToString(out.Id)
	return nil
}

// readChangeSet waits until the plan's change set is made or has failed, and reads all of it. The first look is worth it
// after the time given.
func (e *Engine) readChangeSet(ctx context.Context, p *Plan, first time.Duration) (types.ChangeSetStatus, string, error) {
	in := &cloudformation.DescribeChangeSetInput{
		ChangeSetName:         aws.String(p.ChangeSetID),
		StackName:             aws.String(p.StackName),
		IncludePropertyValues: aws.Bool(true),
	}
	pace := newPace(first, 0, e.opt.Poll)
	for {
		if in.NextToken == nil {
			if err := sleep(ctx, pace.next(time.Now())); err != nil {
				return "", "", err
			}
		}
		out, err := e.api.DescribeChangeSet(ctx, in)
		if err != nil {
			return "", "", fmt.Errorf("describe change set of stack %s: %w", p.StackName, err)
		}
		switch out.Status {
		case types.ChangeSetStatusCreatePending, types.ChangeSetStatusCreateInProgress:
			continue
		}
		p.StackID, p.ChangeSetID = aws.ToString(out.StackId), aws.ToString(out.ChangeSetId)
		p.created = aws.ToTime(out.CreationTime)
		p.Changes = append(p.Changes, changesOf(out.Changes)...)
		if in.NextToken = out.NextToken; in.NextToken == nil {
			return out.Status, aws.ToString(out.StatusReason), nil
		}
	}
}

// cleanUpTime bounds what is done after an interrupt to leave nothing behind.
const cleanUpTime = 3 * time.Second

// giveUp discards a plan that came to nothing, even if ctx has ended, and names what it had to leave behind.
func (e *Engine) giveUp(ctx context.Context, p *Plan) (left string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanUpTime)
	defer cancel()
	switch err := e.Discard(ctx, p); {
	case err == nil:
		return ""
	case p.ChangeSetID != "":
		return "change set " + p.ChangeSetID
	default:
		return "the empty stack " + p.StackName
	}
}

// Discard takes a plan back: it deletes the change set, others that a killed run of this owner left, and the empty stack
// that exists only for them. It does nothing for a plan that is discarded already.
func (e *Engine) Discard(ctx context.Context, p *Plan) error {
	if p.ChangeSetID == "" {
		return nil
	}
	if err := e.deleteChangeSet(ctx, p.StackName, p.ChangeSetID); err != nil {
		return err
	}
	p.ChangeSetID = ""
	others, err := e.deleteLeftovers(ctx, p.StackName)
	if err != nil {
		return err
	}
	if p.Kind == Create && others == 0 {
		return e.deleteReviewed(ctx, p.StackName)
	}
	return nil
}

func (e *Engine) deleteChangeSet(ctx context.Context, stack, changeSet string) error {
	_, err := e.api.DeleteChangeSet(ctx, &cloudformation.DeleteChangeSetInput{
		ChangeSetName: aws.String(changeSet),
		StackName:     aws.String(stack),
	})
	if err != nil && !isNotFound(err) {
		return fmt.Errorf("delete change set %s of stack %s: %w", changeSet, stack, err)
	}
	return nil
}

// deleteLeftovers deletes the change sets of this owner that a killed run left on a stack, and counts the others.
func (e *Engine) deleteLeftovers(ctx context.Context, stack string) (others int, err error) {
	pages := cloudformation.NewListChangeSetsPaginator(e.api, &cloudformation.ListChangeSetsInput{StackName: aws.String(stack)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if isNotFound(err) {
			return 0, nil
		}
		if err != nil {
			return 0, fmt.Errorf("list change sets of stack %s: %w", stack, err)
		}
		for _, cs := range page.Summaries {
			if !strings.HasPrefix(aws.ToString(cs.ChangeSetName), e.mine) {
				others++
				continue
			}
			err := e.deleteChangeSet(ctx, stack, aws.ToString(cs.ChangeSetId))
			if isPlanGone(err) { // it is being executed, by a run that is alive
				others++
			} else if err != nil {
				return 0, err
			}
		}
	}
	return others, nil
}
