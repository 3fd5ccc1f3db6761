package cfn

import (
	"sync"
	"time"

	"mlops-infra-suite/internal/sandbox/cfn/resource"
	"mlops-infra-suite/internal/sandbox/store"
	"mlops-infra-suite/internal/sandbox/wire"
)

// Options tune an Engine. The zero value is the fastest CloudFormation there is.
type Options struct {
	// Latency is how long an operation on a resource, or the creation of a
	// change set, takes; nil for no time at all.
	Latency func() time.Duration
	// Fail gives the reason why a resource fails, by its logical ID, "" when it
	// doesn't. It is asked when a resource is made, changed or deleted because
	// the caller wants it; FailRollback when an operation is rolled back. Neither
	// is asked when an update is cleaned up.
	Fail, FailRollback func(logicalID string) string
	// Fault gives the error with which a writing action of EC2 or SSM answers
	// CloudFormation, nil for its real answer.
	Fault func(action string) error
	// Hooks are the hooks of the account and what they answer this time; nil for none.
	Hooks func() []Hook
	// Around stands around every action of EC2 and SSM that the engine calls for
	// an operation's caller; nil for nothing. In a request it is the call's own.
	Around wire.Around
	// TagsAfterCreation: see resource.Context.
	TagsAfterCreation bool
}

// Engine is the CloudFormation of all accounts in a store.
type Engine struct {
	db    *store.DB
	opts  Options
	types resource.Registry

	done   chan struct{} // closed by Close
	wg     sync.WaitGroup
	mu     sync.Mutex // guards what follows
	wakers map[job]chan struct{}
	closed bool
}

// New returns an Engine on db. It does nothing of its own until an action needs
// it to or Resume is called; Close ends it.
func New(db *store.DB, opts Options) *Engine {
	return &Engine{
		db: db, opts: opts, types: resource.Types(),
		done: make(chan struct{}), wakers: map[job]chan struct{}{},
	}
}

// Close ends the workers between two transactions. What they were at goes on
// with the next Engine's Resume. It may be called more than once.
func (e *Engine) Close() {
	e.mu.Lock()
	if !e.closed {
		e.closed = true
		close(e.done)
	}
	e.mu.Unlock()
	e.wg.Wait()
}
