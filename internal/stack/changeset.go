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
	if err := e.upload(ctx, p); err != nil {
		return e.failed(ctx, p, err, e.giveUp(ctx, p))
	}
	asked := time.Now()
	name := e.prefix(p) + randomHex(8)
	if err := e.createChangeSet(ctx, p, name); err != nil {
		return e.failed(ctx, p, err, e.clear(ctx, p, name, err))
	}
	status, reason, err := e.readChangeSet(ctx, p, time.Since(asked)/2)
	switch {
	case err != nil:
		return e.failed(ctx, p, err, e.giveUp(ctx, p))
	case status == types.ChangeSetStatusFailed && isNoChange(reason):
		p.Empty = true
		return e.takeBack(ctx, p)
	case status == types.ChangeSetStatusFailed:
		refused := &ChangeSetError{StackName: p.StackName, Reason: reason, Problems: e.problems(ctx, p, reason)}
		return e.failed(ctx, p, refused, e.giveUp(ctx, p))
	}
	if err := e.checkUpload(ctx, p); err != nil {
		return e.failed(ctx, p, err, e.giveUp(ctx, p))
	}
	p.took = time.Since(asked)
	p.Warnings = e.warnings(ctx, p)
	return nil
}

// prefix is what the names of change sets of p's kind begin with. The prefix of plans takes in those of previews.
func (e *Engine) prefix(p *Plan) string {
	if p.preview {
		return e.mine + "preview-"
	}
	return e.mine
}

// failed is the error of a plan that came to nothing, but for what it had to leave.
func (e *Engine) failed(ctx context.Context, p *Plan, err error, left string) error {
	return e.stopped(ctx, leaving(left, err), activity{name: p.StackName, id: p.StackID, doing: "preparing the change set", left: left})
}

// templateLeft begins what is said of a template that is left in a bucket. Unlike a change set, the next run can't tell it
// from one that somebody needs, and lets it be.
const templateLeft = "the template "

// leaving adds to an error what is left behind; nothing if that is nothing.
func leaving(left string, err error) error {
	switch {
	case left == "":
		return err
	case strings.HasPrefix(left, templateLeft):
		return fmt.Errorf("%s: %w", left, err)
	}
	return fmt.Errorf("%s until the command is run again: %w", left, err)
}

// clear removes what a request for a change set may have made although err was its answer. Without an answer of AWS, the request
// may have been carried out; a refusal may have left an empty stack where there was none. It says what it had to leave behind.
func (e *Engine) clear(ctx context.Context, p *Plan, name string, err error) (left string) {
	if isAnswer(err) {
		if p.Before.Status != Absent {
			return e.giveUp(ctx, p)
		}
		if st, err := e.Status(ctx, p.StackName); err != nil || st.Status != ReviewInProgress {
			return e.giveUp(ctx, p)
		}
	}
	p.ChangeSetID = name
	return e.giveUp(ctx, p)
}

// createChangeSet asks for the plan's change set under a name of its own, so that a request which is repeated, or whose answer
// was lost, makes no second one.
func (e *Engine) createChangeSet(ctx context.Context, p *Plan, name string) error {
	kind := types.ChangeSetTypeUpdate
	if p.Kind == Create {
		kind = types.ChangeSetTypeCreate
	}
	in := &cloudformation.CreateChangeSetInput{
		StackName:     aws.String(p.StackName),
		ChangeSetName: aws.String(name),
		ChangeSetType: kind,
		ClientToken:   aws.String(name), // a request repeated after a lost response makes no second change set
		TemplateBody:  aws.String(p.spec.Template),
		Parameters:    p.spec.parameters(),
		Tags:          p.spec.tags(),
	}
	if p.object != nil {
		url, err := p.object.url(ctx)
		if err != nil {
			return err
		}
		in.TemplateBody, in.TemplateURL = nil, aws.String(url)
	}
	out, err := e.api.CreateChangeSet(ctx, in)
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

// readChangeSet waits until the plan's change set is made or has failed, and reads all of it. Before the time first, a look is
// hardly worth its call.
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

// giveUp discards a plan that came to nothing, even if ctx has ended, and says what it had to leave behind.
func (e *Engine) giveUp(ctx context.Context, p *Plan) (left string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanUpTime)
	defer cancel()
	pace := newPace(0, 0, e.opt.Poll)
	for {
		err := e.Discard(ctx, p)
		switch {
		case err == nil, isExecuting(err): // what has begun goes on
			return ""
		case !isPlanGone(err): // else it is being made still, and may not be deleted before it is (assumed)
			return p.remains(err)
		}
		if sleep(ctx, pace.next(time.Now())) != nil {
			return p.remains(err)
		}
	}
}

// remains says what a plan has left behind that couldn't be discarded, because of err. Where no answer came, the request may
// have done its work all the same.
func (p *Plan) remains(err error) string {
	is := " is left behind"
	if !isAnswer(err) || isNotFound(err) {
		is = " may be left behind"
	}
	switch {
	case p.ChangeSetID == "" && p.object.isOurs():
		return templateLeft + p.object.String() + is
	case p.ChangeSetID == "":
		return ""
	case !p.gone:
		return "change set " + changeSetName(p.ChangeSetID) + is
	case p.Kind == Create:
		return "the empty stack " + p.StackName + is
	default:
		return ""
	}
}

// changeSetName is the name of a change set, which its ID holds: arn:...:changeSet/NAME/UUID.
func changeSetName(nameOrID string) string {
	if _, rest, isID := strings.Cut(nameOrID, ":changeSet/"); isID {
		nameOrID, _, _ = strings.Cut(rest, "/")
	}
	return nameOrID
}

// Discard takes a plan back: it deletes the change set, others that a killed run of this owner left, and the empty stack
// that exists only for them, and the template that was uploaded for it alone. It does nothing for a plan that is discarded
// already.
//
// A run that is alive can't be told from one that was killed: if its change set goes, it is told that its plan has gone.
func (e *Engine) Discard(ctx context.Context, p *Plan) error {
	if err := e.discardChangeSet(ctx, p); err != nil {
		return err
	}
	return p.object.remove(ctx)
}

// discardChangeSet is Discard without the template. After an error it can be called again, and goes on where it was.
func (e *Engine) discardChangeSet(ctx context.Context, p *Plan) error {
	if p.ChangeSetID == "" {
		return nil
	}
	if !p.gone {
		if err := e.deleteChangeSet(ctx, p.StackName, p.ChangeSetID); err != nil {
			return err
		}
		p.gone = true
	}
	others, err := e.deleteLeftovers(ctx, p.StackName, e.prefix(p))
	if err != nil {
		return err
	}
	if p.Kind == Create && others == 0 {
		if err := e.deleteReviewed(ctx, p.StackName); err != nil {
			return err
		}
	}
	p.ChangeSetID = ""
	return nil
}

func (e *Engine) deleteChangeSet(ctx context.Context, stack, changeSet string) error {
	_, err := e.api.DeleteChangeSet(ctx, &cloudformation.DeleteChangeSetInput{
		ChangeSetName: aws.String(changeSet),
		StackName:     aws.String(stack),
	})
	if err != nil && !isNotFound(err) {
		return fmt.Errorf("delete change set %s of stack %s: %w", changeSetName(changeSet), stack, err)
	}
	return nil
}

// deleteLeftovers deletes the change sets that a killed run left on a stack, by the prefix of their names, and counts the others.
func (e *Engine) deleteLeftovers(ctx context.Context, stack, prefix string) (others int, err error) {
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
			if !strings.HasPrefix(aws.ToString(cs.ChangeSetName), prefix) {
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
