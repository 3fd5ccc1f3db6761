package cfn

import (
	"context"
	"errors"
	"fmt"
	"time"

	"mlops-infra-suite/internal/sandbox/cfn/template"
	"mlops-infra-suite/internal/sandbox/store"
	"mlops-infra-suite/internal/sandbox/wire"
)

// job is something that a worker has to finish. It lies in pendingTable until
// then, so that it outlives the process.
type job struct {
	Kind            jobKind
	Account, Region string
	ID              string // of the stack or the detection, or "stack/changeset"
}

type jobKind string

const (
	pendingStack     jobKind = "stack"
	pendingChangeSet jobKind = "change-set"
	pendingDetection jobKind = "drift-detection"
)

func (j job) key() string { return store.Key(j.Account, j.Region, string(j.Kind), j.ID) }

// via is the service in whose name CloudFormation calls EC2 and SSM.
const via = wire.CloudFormation

// wake has the engine go on with a job once the call's transaction is committed.
func (e *Engine) wake(call *wire.Call, kind jobKind, id string) {
	j := job{kind, call.Account, call.Region, id}
	store.Put(call.Tx, pendingTable, j.key(), j)
	ctx := context.WithoutCancel(call.Context)
	call.Tx.OnCommit(func() { e.employ(ctx, j) })
}

// Resume goes on with what was under way when the store was closed, or when its
// process died. The workers it starts end with Close, not with ctx.
func (e *Engine) Resume(ctx context.Context) error {
	var jobs []job
	err := e.db.View(func(tx *store.Tx) error {
		for _, j := range store.Scan[job](tx, pendingTable, "") {
			jobs = append(jobs, j)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("resume operations: %w", err)
	}
	for _, j := range jobs {
		e.employ(context.WithoutCancel(ctx), j)
	}
	return nil
}

// employ goes on with a job. What can be done now is done at once, so that a caller without latency finds the job finished; a
// worker does the rest. A worker that has the job already is told to look again.
func (e *Engine) employ(ctx context.Context, j job) {
	e.mu.Lock()
	again, employed := e.wakers[j]
	if !employed && !e.closed {
		again = make(chan struct{}, 1)
		e.wakers[j] = again
		e.wg.Add(1)
	}
	e.mu.Unlock()
	switch {
	case employed:
		select {
		case again <- struct{}{}:
		default:
		}
	case again != nil:
		if next, more := e.goOn(ctx, j, again); more {
			go e.work(ctx, j, again, next)
		} else {
			e.wg.Done()
		}
	}
}

// work goes on with a job until it is finished, a transaction at each moment at
// which something ends.
func (e *Engine) work(ctx context.Context, j job, again chan struct{}, next time.Time) {
	defer e.wg.Done()
	for more := true; more; {
		timer := time.NewTimer(time.Until(next))
		select {
		case <-timer.C:
		case <-again:
		case <-e.done:
			timer.Stop()
			return
		}
		timer.Stop()
		next, more = e.goOn(ctx, j, again)
	}
}

// goOn takes steps until there is nothing to do now, and says when there will be more. A step fails only if the store does;
// that ends the work, and the job stays pending.
func (e *Engine) goOn(ctx context.Context, j job, again chan struct{}) (next time.Time, more bool) {
	for {
		next, finished, err := e.step(ctx, j)
		if !finished && err == nil {
			return next, true
		}
		if e.dismiss(j, again) {
			return next, false
		}
	}
}

// dismiss ends the work on a job, unless it has been told to look again.
func (e *Engine) dismiss(j job, again chan struct{}) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	select {
	case <-again:
		if !e.closed {
			return false
		}
	default:
	}
	delete(e.wakers, j)
	return true
}

// step does everything of a job that can be done now, in one transaction. If a handler fails, the transaction is repeated
// without it, so that none of its work remains.
func (e *Engine) step(ctx context.Context, j job) (next time.Time, finished bool, err error) {
	failures := map[int]string{}
	for {
		err = e.db.Update(func(tx *store.Tx) error {
			call := &wire.Call{
				Context: ctx, Tx: tx, Account: j.Account, Region: j.Region,
				Service: "cloudformation", Now: time.Now().UTC(), Via: via, Around: e.opts.Around,
			}
			call.RequestID = call.NewUUID()
			switch j.Kind {
			case pendingChangeSet:
				next, finished, err = e.advanceChangeSet(call, j.ID)
			case pendingDetection:
				next, finished = e.advanceDetection(call, j.ID)
			default:
				next, finished, err = e.advanceStack(call, j.ID, failures)
			}
			if finished {
				store.Delete(tx, pendingTable, j.key())
			}
			return err
		})
		failed, ok := errors.AsType[*givenUpError](err)
		if !ok {
			return next, finished, err
		}
		failures[failed.task] = failed.reason
	}
}

// advanceStack does the next steps of the stack's operation, and says when to come back, or that the operation has ended. It
// acts in the name of the caller who began the operation.
func (e *Engine) advanceStack(call *wire.Call, uuid string, failures map[int]string) (next time.Time, finished bool, err error) {
	s, ok := store.Get[*stack](call.Tx, stackTable, call.Key(uuid))
	if !ok || s.Operation == nil {
		return next, true, nil
	}
	call.Caller = s.Operation.Caller
	r := &run{Engine: e, call: call, stack: s, op: s.Operation, failures: failures}
	if err := r.load(); err != nil {
		return next, false, err
	}
	next, finished, err = r.advance()
	s.put(call)
	return next, finished, err
}

// load reads the template of the deployment under way.
func (r *run) load() error {
	if r.stack.Deployment.Template == "" { // a stack that was never deployed
		r.template = &template.Template{}
		return nil
	}
	t, err := r.settled(r.call, r.stack, r.stack.Deployment)
	if err != nil {
		return fmt.Errorf("read template of stack %s: %w", r.stack.Name, err)
	}
	r.template = t
	return nil
}
