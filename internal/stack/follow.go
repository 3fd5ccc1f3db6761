package stack

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

// operation is one operation on a stack, as far as its events have been read.
type operation struct {
	kind      Operation
	stackName string
	stackID   string
	token     string        // its client request token; empty: somebody else's, unknown
	since     time.Time     // no event of it is older, by CloudFormation's clock
	resources int           // operations on resources that are foreseen; 0: not known
	first     time.Duration // when the first look is worth it

	events []ResourceEvent
	newest string // ID of the newest event read, of whatever operation
	status Status // the stack's last status seen
	ended  bool
}

const watchingDeletion = "watching the deletion"

func (op *operation) activity() activity {
	doing := map[Operation]string{
		Create: "watching the creation", Update: "watching the update", Delete: watchingDeletion,
		Revert: "watching the rollback", Attach: "waiting for another operation",
	}
	kind := op.kind
	if kind == Attach && op.status == DeleteInProgress { // maybe our own, of a moment ago
		kind = Delete
	}
	return activity{name: op.stackName, id: op.stackID, doing: doing[kind], status: op.status}
}

// outOfSight says that an operation can't be watched any longer, and that this doesn't end it.
func (op *operation) outOfSight(err error) error {
	return fmt.Errorf("%s of stack %s, which goes on without this command: %w", op.activity().doing, op.stackName, err)
}

// follow reads an operation's events until it ends. Its error tells how, unless it was meant to or isn't ours.
func (e *Engine) follow(ctx context.Context, op *operation) error {
	e.emit(Started{
		Time: time.Now(), Operation: op.kind, StackName: op.stackName, StackID: op.stackID, Resources: op.resources,
	})
	err := e.watch(ctx, op)
	if err == nil {
		err = op.failure()
	}
	e.emit(Ended{Time: time.Now(), Operation: op.kind, StackName: op.stackName, Status: op.status, Err: err})
	return err
}

// watch hands the events of op on, at op's pace, until one of them ends it or its status does.
func (e *Engine) watch(ctx context.Context, op *operation) error {
	pace := newPace(op.first, op.resources, e.opt.Poll)
	news := time.Now()
	for !op.ended {
		if op.kind != Attach || op.newest != "" { // an operation that is under way has something to tell at once
			if err := sleep(ctx, pace.next(time.Now())); err != nil {
				return e.stopped(ctx, err, op.activity())
			}
		}
		fresh, err := e.fresh(ctx, op)
		if err != nil {
			return e.stopped(ctx, op.outOfSight(err), op.activity())
		}
		now := time.Now()
		for _, ev := range fresh {
			news = now
			ev = op.record(ev)
			pace.note(ev, now)
			e.emit(ev)
			if op.ended {
				break
			}
		}
		if now.Sub(news) > quiet*e.opt.Poll {
			news = now
			if err := e.missed(ctx, op); err != nil {
				return e.stopped(ctx, op.outOfSight(err), op.activity())
			}
		}
	}
	return nil
}

// quiet is for how many periods nothing need happen before a look at the status is worth its call.
const quiet = 5

// missed looks whether an operation has ended whose events don't show it: somebody else's, or a deletion that somebody else
// asked for a moment before us, so that the events are those of their request.
func (e *Engine) missed(ctx context.Context, op *operation) error {
	if op.kind != Attach && (op.kind != Delete || len(op.events) > 0) {
		return nil
	}
	st, err := e.Status(ctx, op.stackID)
	if errors.Is(err, ErrNotFound) {
		st.Status, err = DeleteComplete, nil
	}
	if err != nil {
		return err
	}
	op.status = st.Status
	op.ended = st.Status == DeleteComplete || st.Status == DeleteFailed || op.kind == Attach && !st.Status.InProgress()
	return nil
}

// fresh reads the events of op that weren't read before, oldest first. CloudFormation gives the newest first.
func (e *Engine) fresh(ctx context.Context, op *operation) ([]ResourceEvent, error) {
	var fresh []ResourceEvent
	var newest string
	pages := cloudformation.NewDescribeStackEventsPaginator(e.api, &cloudformation.DescribeStackEventsInput{
		StackName: aws.String(op.stackID),
	})
reading:
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, raw := range page.StackEvents {
			if op.isBefore(raw) {
				break reading
			}
			if newest == "" {
				newest = aws.ToString(raw.EventId)
			}
			if op.token == "" || op.token == aws.ToString(raw.ClientRequestToken) {
				fresh = append(fresh, resourceEvent(raw))
			}
		}
	}
	if newest != "" {
		op.newest = newest
	} else if op.newest == "" && op.token == "" {
		op.ended = true // it ended before the first look
	}
	slices.Reverse(fresh)
	return fresh, nil
}

// isBefore reports whether an event, and so all that are older, is known or belongs to an earlier operation.
func (op *operation) isBefore(raw types.StackEvent) bool {
	switch {
	case aws.ToString(raw.EventId) == op.newest:
		return true
	case op.token != "":
		return aws.ToTime(raw.Timestamp).Before(op.since)
	case op.newest != "":
		return false // the operation began before the first look; everything since is new
	default: // operations on a stack don't overlap: before this one stands the end of the one before
		ev := resourceEvent(raw)
		return ev.OfStack(op.stackID) && !Status(ev.Status).InProgress()
	}
}

// record takes an event in. A failure that only says that hooks have failed gets what they said, which is in earlier events.
func (op *operation) record(ev ResourceEvent) ResourceEvent {
	if ev.Failed() && isHookFailure(ev.Reason) {
		for _, earlier := range op.events {
			if earlier.LogicalID == ev.LogicalID && earlier.Hook != "" {
				ev.Reason += " " + earlier.Hook
			}
		}
	}
	op.events = append(op.events, ev)
	if ev.OfStack(op.stackID) {
		op.status = Status(ev.Status)
		op.ended = !op.status.InProgress() && op.status != ReviewInProgress
	}
	return ev
}

// failure says why op didn't do what it was meant to; nil if it did, or if it isn't ours.
func (op *operation) failure() error {
	switch {
	case op.kind == Attach, op.status == DeleteComplete && op.kind == Delete:
		return nil
	case op.kind != Revert && op.kind != Delete && op.status.Succeeded(): // a deletion that is cancelled leaves a status of success
		return nil
	case op.kind == Revert && (op.status == UpdateRollbackComplete || op.status == RollbackComplete || op.status == DeleteComplete):
		return nil
	}
	err := &FailedError{
		StackName: op.stackName, StackID: op.stackID, Operation: op.kind, Status: op.status, Events: op.events,
	}
	for _, ev := range op.events {
		if ev.Failed() && !ev.OfStack(op.stackID) && !isCauseless(ev) {
			err.Failures = append(err.Failures, ev)
		}
	}
	if len(err.Failures) > 0 {
		err.First = err.Failures[0]
	} else {
		err.First = op.ownFailure()
	}
	return err
}

// ownFailure is the first event by which the stack itself failed or turned back, without any resource that did (a name of
// an export that is taken, say).
func (op *operation) ownFailure() ResourceEvent {
	i := slices.IndexFunc(op.events, func(ev ResourceEvent) bool {
		return ev.OfStack(op.stackID) && ev.Reason != "" &&
			(ev.Failed() || strings.Contains(ev.Status, "ROLLBACK") || op.kind == Delete && !ev.InProgress())
	})
	if i < 0 {
		return ResourceEvent{}
	}
	return op.events[i]
}
