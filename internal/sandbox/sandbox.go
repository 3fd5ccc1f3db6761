// Package sandbox is an AWS of its own: CloudFormation, EC2 security groups, SSM
// parameters, S3 objects, STS, CloudTrail's history and identity policies over
// their real wire protocols, kept in one file.
//
// Its promise: what a client does to the sandbox has the effects, and gives the
// answers and errors, that AWS documents; what the sandbox doesn't know it
// refuses with a modelled error. Each part's documentation labels what is
// documented, reported or assumed. It shares no code with the rest of this
// module and none with the AWS SDK: it is what they are tested against.
//
// A Sandbox is an http.Handler: an in-process transport may call it directly, or
// Serve opens it on a loopback port for other programs. Credentials choose the
// account and who calls: an access key of 12 digits is the account; one that
// AssumeRole has given acts as the role, in the role's account; any other means
// the account written last, at first 123456789012. Any secret will do, and a
// request without a signature is accepted too, unless the caller has been given a
// policy (see PutPolicy), which then counts.
//
// A handler that panics with http.ErrAbortHandler drops the connection, which is
// how injected faults do it: an in-process transport must turn that into an error.
package sandbox

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"mlops-infra-suite/internal/sandbox/cfn"
	"mlops-infra-suite/internal/sandbox/cloudtrail"
	"mlops-infra-suite/internal/sandbox/ec2"
	"mlops-infra-suite/internal/sandbox/marketplace"
	"mlops-infra-suite/internal/sandbox/s3"
	"mlops-infra-suite/internal/sandbox/ssm"
	"mlops-infra-suite/internal/sandbox/store"
	"mlops-infra-suite/internal/sandbox/wire"
)

// ErrLocked says that another process, or another Sandbox of this one, has the
// store open. The error that wraps it names the process and, for a server, its
// address where they are known.
var ErrLocked = store.ErrLocked

// ErrDamaged says that the file of the store can't be read as one. MoveAside makes
// room for a new one.
var ErrDamaged = store.ErrDamaged

// ErrFault says that a fault of Options names nothing that the sandbox has.
var ErrFault = errors.New("no such fault")

// DefaultAccount is the account of keys that select none, before anything has
// been written.
const DefaultAccount = "123456789012"

// Options tune Open. The zero value is a sandbox without delays or faults.
type Options struct {
	Latency    time.Duration // of each operation on a resource of a stack
	TrailDelay time.Duration // between a call and its event in CloudTrail
	Faults     []Fault
	Decided    func(Decision) // hears what policies decide, Need being zero for a call that needs nothing; nil for nobody
	// TagsAfterCreation has CloudFormation make a security group without tags, change its rules and tag it then (reported of
	// it, the order assumed). Else it tags what it makes as it makes it (documented: tagOnCreate in the type's schema).
	TagsAfterCreation bool
	Seed              uint64 // of resource IDs in a new store, and of the faults' dice
	NoSync            bool   // leave flushing to the operating system: see store.Options
}

// Sandbox is an open sandbox. It is safe for concurrent use.
type Sandbox struct {
	dir    string
	opts   Options
	db     *store.DB
	faults *injector
	trail  *cloudtrail.Trail
	admin  http.Handler
	close  func() error // once

	// A reset replaces the content, and with it the engine that works on it.
	// Requests hold mu for reading while they run, a reset for writing.
	mu      sync.RWMutex
	content *content
}

// content is what works on the present content of the store.
type content struct {
	router *wire.Router
	engine *cfn.Engine
}

// Names of files in the sandbox's folder.
const (
	storeFile   = "sandbox.db"
	addressFile = "address" // of a server, host:port
	pidFile     = "pid"     // of whoever has the store open
)

// Open opens the sandbox in dir, which it creates with mode 0700, and lets the
// stack operations go on that were under way when it was closed. The error wraps
// ErrLocked, within 2 seconds, when the store is open elsewhere.
func Open(dir string, opts Options) (*Sandbox, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("open sandbox: %w", err)
	}
	db, err := store.Open(filepath.Join(dir, storeFile), store.Options{NoSync: opts.NoSync})
	if errors.Is(err, store.ErrLocked) {
		return nil, lockedBy(dir)
	}
	if err != nil {
		return nil, fmt.Errorf("open sandbox: %w", err)
	}
	s := &Sandbox{dir: dir, opts: opts, db: db, faults: newInjector(opts.Faults, opts.Seed), trail: cloudtrail.New(db, opts.TrailDelay)}
	s.admin = s.adminRoutes()
	s.close = sync.OnceValue(s.release)
	if err := s.start(); err != nil {
		return nil, errors.Join(fmt.Errorf("open sandbox: %w", err), db.Close())
	}
	// Only for others' error messages: no reason to fail.
	_ = os.WriteFile(filepath.Join(dir, pidFile), []byte(strconv.Itoa(os.Getpid())+"\n"), 0o600)
	return s, nil
}

// MoveAside renames the store in dir, which must not be open, and returns its new
// path.
func MoveAside(dir string) (string, error) {
	path := filepath.Join(dir, storeFile)
	kept := path + ".damaged"
	for n := 2; ; n++ {
		if _, err := os.Lstat(kept); errors.Is(err, os.ErrNotExist) {
			break
		}
		kept = fmt.Sprintf("%s.damaged-%d", path, n)
	}
	if err := os.Rename(path, kept); err != nil {
		return "", fmt.Errorf("move damaged sandbox aside: %w", err)
	}
	return kept, nil
}

// lockedBy is the error for a store that is open elsewhere.
func lockedBy(dir string) error {
	holder := "another process"
	if pid, err := os.ReadFile(filepath.Join(dir, pidFile)); err == nil {
		holder = "process " + strings.TrimSpace(string(pid))
	}
	if address, ok := Address(dir); ok {
		holder += ", which serves it on " + address
	}
	return fmt.Errorf("open sandbox %s: %w by %s", dir, ErrLocked, holder)
}

// start sets the content going: the services, and an engine that goes on with
// what was under way.
func (s *Sandbox) start() error {
	if err := wire.Seed(s.db, s.opts.Seed); err != nil {
		return err
	}
	engine := cfn.New(s.db, cfn.Options{
		Latency: func() time.Duration { return s.opts.Latency },
		Fail:    s.faults.failure, FailRollback: s.faults.rollbackFailure,
		Fault:  s.faults.nested,
		Hooks:  s.faults.hooks,
		Around: s.nested, TagsAfterCreation: s.opts.TagsAfterCreation,
	})
	services := []wire.Service{engine.Service(), ec2.Service(), ssm.Service(), s3.Service(), stsService(), s.trail.Service(),
		marketplace.Metering(), marketplace.LicenseManager()}
	if err := s.faults.check(services); err != nil {
		return err
	}
	s.content = &content{router: wire.NewRouter(services...), engine: engine}
	return engine.Resume(context.Background()) //nolint:forbidigo // it outlives requests and ends with Close
}

// Close stops stack operations where they are, to be resumed by the next Open,
// and releases the store.
func (s *Sandbox) Close() error { return s.close() }

func (s *Sandbox) release() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.content.engine.Close()
	_ = os.Remove(filepath.Join(s.dir, pidFile))
	return s.db.Close()
}

// replace stops everything, has change work on the store, and starts anew.
func (s *Sandbox) replace(change func() error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.content.engine.Close()
	return errors.Join(change(), s.start())
}

// ServeHTTP answers API requests, and the sandbox's own below /_sandbox/. It
// refuses whatever a browser sends on behalf of a page.
func (s *Sandbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case ofPage(r):
		http.Error(w, "The sandbox answers no requests of web pages: with an Origin, or a Sec-Fetch-Site but none.", http.StatusForbidden)
	case strings.HasPrefix(r.URL.Path, "/_sandbox/"):
		s.admin.ServeHTTP(w, r)
	default:
		s.serveAPI(w, r)
	}
}

// ofPage reports whether a browser sends a request because a page wants it. Images and
// links, which are enough for an action in a query string, have no Origin; the other
// header is there on loopback addresses, "none" for an address that a user has typed.
func ofPage(r *http.Request) bool {
	site := r.Header.Get("Sec-Fetch-Site")
	return r.Header.Get("Origin") != "" || site != "" && site != "none"
}

func (s *Sandbox) serveAPI(w http.ResponseWriter, r *http.Request) {
	s.mu.RLock()
	now := s.content
	s.mu.RUnlock()
	var out any
	req, err := now.router.Parse(r)
	if err == nil {
		out, err = s.run(r.Context(), now, req, s.faults.before(r.Context(), req))
	}
	if err == nil {
		s.faults.after(req)
	}
	req.Respond(w, out, err)
}

// run executes a request's operation in one transaction, or refuses it where
// there is a reason to.
func (s *Sandbox) run(ctx context.Context, parsedBy *content, req *wire.Request, refusal error) (out any, err error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if parsedBy != s.content {
		return nil, &wire.Error{Code: "ServiceUnavailable", Message: "The sandbox has just been reset.",
			Status: http.StatusServiceUnavailable, Receiver: true}
	}
	transact := s.db.View
	if req.Operation.Writes {
		transact = s.db.Update
	}
	err = transact(func(tx *store.Tx) error {
		from, err := identify(tx, req)
		if err != nil {
			return err
		}
		call := req.Call(ctx, tx, from.account)
		call.Caller, call.Around = from.caller, s.nested
		if err := verify(call, req, from); err != nil {
			return err
		}
		out, err = s.perform(call, req.Operation.Writes, req.Input, func() (any, error) {
			if refusal != nil {
				return nil, refusal
			}
			return req.Operation.Run(call, req.Input)
		})
		if err == nil && req.Operation.Writes && req.Service.Name != "sts" { // a session is nothing in an account
			remember(tx, call.Account)
		}
		return err
	})
	return out, err
}

// perform has an action done, if its caller may, and recorded, if it writes.
func (s *Sandbox) perform(call *wire.Call, writes bool, in any, do func() (any, error)) (out any, err error) {
	if err = s.authorize(call, in); err == nil {
		out, err = do()
	}
	if writes && !(call.Service == "s3" && s3.IsData(call.Action)) {
		s.trail.Record(call, in, out, err)
	}
	return out, err
}

// nested has an action done that CloudFormation calls.
func (s *Sandbox) nested(call *wire.Call, in any, do func() (any, error)) (any, error) {
	return s.perform(call, writes(call), in, do)
}

// callees are the services that CloudFormation calls.
var callees = []wire.Service{ec2.Service(), ssm.Service()}

// writes tells whether an action of theirs does.
func writes(call *wire.Call) bool {
	return slices.ContainsFunc(callees, func(s wire.Service) bool { return s.Name == call.Service && s.Writes(call.Action) })
}

var accountKey = regexp.MustCompile(`^[0-9]{12}$`)

const (
	accountTable = "account"
	lastWritten  = "last-written"
)

// account is the account that an access key selects.
func account(tx *store.Tx, accessKey string) string {
	if accountKey.MatchString(accessKey) {
		return accessKey
	}
	if last, ok := store.Get[string](tx, accountTable, lastWritten); ok {
		return last
	}
	return DefaultAccount
}

// remember makes the account the one written last.
func remember(tx *store.Tx, account string) {
	if last, _ := store.Get[string](tx, accountTable, lastWritten); last != account {
		store.Put(tx, accountTable, lastWritten, account)
	}
}
