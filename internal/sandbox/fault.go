package sandbox

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"mlops-infra-suite/internal/sandbox/cfn"
	"mlops-infra-suite/internal/sandbox/ec2"
	"mlops-infra-suite/internal/sandbox/marketplace"
	"mlops-infra-suite/internal/sandbox/s3"
	"mlops-infra-suite/internal/sandbox/wire"
)

// FaultKind is what goes wrong.
type FaultKind string

// The faults. All but Fail and Warn belong to an API action, Fail to a resource of a
// stack, both to a hook. Denied also meets CloudFormation where it calls the action.
const (
	Throttle FaultKind = "throttle" // refused as too many requests
	Internal FaultKind = "error"    // refused with status 5xx
	Drop     FaultKind = "drop"     // the connection is dropped before anything happens
	Lost     FaultKind = "lost"     // the action is done, then the connection is dropped
	Denied   FaultKind = "denied"   // refused as not authorized
	Slow     FaultKind = "slow"     // done after Fault.Delay
	Fail     FaultKind = "fail"     // the stack operation on the resource fails, or the hook
	Warn     FaultKind = "warn"     // the hook fails in the mode WARN, which forbids nothing
	Refuse   FaultKind = "refuse"   // refused with Fault.Code, an error that AWS documents for the action
)

// Fault is something that goes wrong on purpose.
type Fault struct {
	// Name is an action such as CreateChangeSet, or "*" for all; for Fail a
	// resource's logical ID or "*", "Rollback:" and such an ID, or "Hook:" and a
	// hook's type.
	Name        string
	Kind        FaultKind
	Delay       time.Duration // of Slow
	Code        string        // of Refuse
	Probability float64       // above 0, up to 1
}

// ParseFaults reads faults in the form of the command line and the environment:
// NAME=KIND, NAME=KIND:PROBABILITY, NAME=slow:DURATION or
// NAME=slow:DURATION:PROBABILITY, separated by commas. A kind that ends in
// Exception is the code of an error that AWS documents for the action.
//
//	CreateChangeSet=throttle:0.3,WebSecurityGroup=fail,Hook:MyCompany::Network::Guard=fail,*=slow:50ms
func ParseFaults(text string) ([]Fault, error) {
	var faults []Fault
	for entry := range strings.SplitSeq(text, ",") {
		entry = strings.TrimSpace(entry)
		if entry == "" {
			continue
		}
		f, err := parseFault(entry)
		if err != nil {
			return nil, fmt.Errorf("parse fault %q: %w", entry, err)
		}
		faults = append(faults, f)
	}
	return faults, nil
}

func parseFault(entry string) (Fault, error) {
	name, rest, ok := strings.Cut(entry, "=")
	if !ok || name == "" {
		return Fault{}, fmt.Errorf("want NAME=KIND, for example CreateChangeSet=throttle:0.3")
	}
	parts := strings.Split(rest, ":")
	f := Fault{Name: name, Kind: FaultKind(parts[0]), Probability: 1}
	parts = parts[1:]
	switch f.Kind {
	case Throttle, Internal, Drop, Lost, Denied, Fail, Warn:
	case Slow:
		if len(parts) == 0 {
			return Fault{}, fmt.Errorf("slow needs a duration, for example slow:50ms")
		}
		delay, err := time.ParseDuration(parts[0])
		if err != nil || delay < 0 {
			return Fault{}, fmt.Errorf("%q is no duration such as 50ms or 2s", parts[0])
		}
		f.Delay, parts = delay, parts[1:]
	default:
		if !strings.HasSuffix(string(f.Kind), "Exception") {
			return Fault{}, fmt.Errorf("%q is none of throttle, error, drop, lost, denied, fail, warn, slow:DURATION", f.Kind)
		}
		f.Kind, f.Code = Refuse, string(f.Kind)
	}
	if len(parts) > 1 {
		return Fault{}, fmt.Errorf("%q is too much", strings.Join(parts[1:], ":"))
	}
	if len(parts) == 1 {
		p, err := strconv.ParseFloat(parts[0], 64)
		if err != nil || !(p > 0 && p <= 1) {
			return Fault{}, fmt.Errorf("%q is no probability above 0, up to 1", parts[0])
		}
		f.Probability = p
	}
	return f, nil
}

// injector decides which faults happen. The same seed and the same order of
// questions give the same answers.
type injector struct {
	faults []Fault
	mu     sync.Mutex
	random *rand.Rand
}

func newInjector(faults []Fault, seed uint64) *injector {
	return &injector{faults: faults, random: rand.New(rand.NewPCG(seed, seed))}
}

// pick returns those faults of the name that happen this time.
func (i *injector) pick(name string, kinds ...FaultKind) (picked []Fault) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, f := range i.faults {
		if (f.Name == name || f.Name == "*") && slices.Contains(kinds, f.Kind) && i.random.Float64() < f.Probability {
			picked = append(picked, f)
		}
	}
	return picked
}

// before is what happens to a request before its action: a delay, an error, or
// a dropped connection.
func (i *injector) before(ctx context.Context, req *wire.Request) error {
	for _, f := range i.pick(req.Operation.Name, Slow, Drop, Throttle, Internal, Denied, Refuse) {
		switch f.Kind {
		case Slow:
			if err := sleep(ctx, f.Delay); err != nil {
				return err
			}
		case Drop:
			drop()
		case Refuse:
			return marketplace.Documented(f.Name, f.Code)
		default:
			return injected(f.Kind, req.Service.Name, req.Operation.Name)
		}
	}
	return nil
}

// after drops the connection of an action that has been done.
func (i *injector) after(req *wire.Request) {
	if len(i.pick(req.Operation.Name, Lost)) > 0 {
		drop()
	}
}

// failure is the reason for which the operation on a resource fails, "" when it
// doesn't.
func (i *injector) failure(logicalID string) string {
	if len(i.pick(logicalID, Fail)) == 0 {
		return ""
	}
	return "Failure injected by the sandbox for resource " + logicalID
}

// rollbackPrefix begins the names of faults that are failing rollbacks of a
// resource.
const rollbackPrefix = "Rollback:"

// rollbackFailure is the reason for which the rollback of a resource fails, ""
// when it doesn't. A "*" doesn't mean it.
func (i *injector) rollbackFailure(logicalID string) string {
	name := rollbackPrefix + logicalID
	if !slices.ContainsFunc(i.pick(name, Fail), func(f Fault) bool { return f.Name == name }) {
		return ""
	}
	return "Failure injected by the sandbox for the rollback of resource " + logicalID
}

// hookPrefix begins the names of faults that are failing hooks.
const hookPrefix = "Hook:"

// hooks are the account's hooks: the ones of which a fault says that they fail
// or warn, and whether they do so this time.
func (i *injector) hooks() []cfn.Hook {
	var hooks []cfn.Hook
	for _, f := range i.faults {
		if name, isHook := strings.CutPrefix(f.Name, hookPrefix); isHook {
			hooks = append(hooks, cfn.Hook{Type: name, Fails: slices.Contains(i.pick(f.Name, f.Kind), f), Warns: f.Kind == Warn})
		}
	}
	return hooks
}

// nested is the error of an action that CloudFormation calls on EC2, S3 or SSM:
// denied, where the action is named. Throttling and failures of the service are
// what CloudFormation retries until they are over (documented).
func (i *injector) nested(action string) error {
	for _, f := range i.pick(action, Denied) {
		if f.Name == action {
			return injected(Denied, serviceOf(action), action)
		}
	}
	return nil
}

// serviceOf is the service below CloudFormation that has the action.
func serviceOf(action string) string {
	for _, service := range []wire.Service{ec2.Service(), s3.Service()} {
		if service.Has(action) {
			return service.Name
		}
	}
	return "ssm"
}

// drop ends a request without an answer: a server closes the connection, and an
// in-process transport must return an error.
func drop() { panic(http.ErrAbortHandler) }

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}

// injected words a fault as the service does (codes documented).
func injected(kind FaultKind, service, action string) error {
	e := wording[service][kind]
	if kind == Denied {
		e.Message = fmt.Sprintf("%s is not authorized to perform: %s:%s", e.Message, service, action)
	}
	return &e
}

// query are the errors of services that speak the Query protocol.
var query = map[FaultKind]wire.Error{
	Throttle: {Code: "Throttling", Message: "Rate exceeded"},
	Internal: {Code: "InternalFailure", Message: "The request processing has failed because of an unknown error.", Receiver: true},
	Denied:   {Code: "AccessDenied", Message: "User: sandbox", Status: http.StatusForbidden},
}

var wording = map[string]map[FaultKind]wire.Error{
	"cloudformation": query,
	"sts":            query,
	"ec2": {
		Throttle: {Code: "RequestLimitExceeded", Message: "Request limit exceeded.", Status: http.StatusServiceUnavailable},
		Internal: {Code: "InternalError", Message: "An internal error has occurred", Receiver: true},
		Denied: {Code: "UnauthorizedOperation", Status: http.StatusForbidden,
			Message: "You are not authorized to perform this operation. User: sandbox"},
	},
	"aws-marketplace": {
		Throttle: {Code: "ThrottlingException", Message: "Rate exceeded"},
		Internal: {Code: "InternalServiceErrorException", Message: "An internal error has occurred. Retry your request.", Receiver: true},
		Denied:   {Code: "AccessDeniedException", Message: "User: sandbox"},
	},
	"license-manager": {
		Throttle: {Code: "RateLimitExceededException", Message: "Too many requests have been submitted. Try again after a brief wait."},
		Internal: {Code: "ServerInternalException", Message: "The server experienced an internal error", Receiver: true},
		Denied:   {Code: "AccessDeniedException", Message: "User: sandbox"},
	},
	"s3": {
		Throttle: {Code: "SlowDown", Message: "Please reduce your request rate.", Status: http.StatusServiceUnavailable},
		Internal: {Code: "InternalError", Message: "We encountered an internal error. Please try again.", Receiver: true},
		Denied:   {Code: "AccessDenied", Message: "User: sandbox", Status: http.StatusForbidden},
	},
	"ssm": {
		Throttle: {Code: "ThrottlingException", Message: "Rate exceeded"},
		Internal: {Code: "InternalServerError", Message: "An error occurred on the server side.", Receiver: true},
		Denied:   {Code: "AccessDeniedException", Message: "User: sandbox"},
	},
	"cloudtrail": {
		Throttle: {Code: "ThrottlingException", Message: "Rate exceeded"},
		Internal: {Code: "InternalFailure", Message: "The request processing has failed because of an unknown error.", Receiver: true},
		Denied:   {Code: "AccessDeniedException", Message: "User: sandbox"},
	},
}
