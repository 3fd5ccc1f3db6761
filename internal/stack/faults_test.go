package stack_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mlops-infra-suite/internal/awsenv"
)

// door is a handler in front of the sandbox at which things go wrong.
type door struct {
	next   http.Handler
	action string // that is disturbed
	since  int    // from which call on, the first is 1
	times  int    // how often
	fault  fault

	mu  sync.Mutex
	met int
}

// fault answers a request in the place of the sandbox, or has it answered.
type fault func(w http.ResponseWriter, r *http.Request, next http.Handler)

func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if actionOf(r) == d.action && d.meets() {
		d.fault(w, r, d.next)
		return
	}
	d.next.ServeHTTP(w, r)
}

func (d *door) meets() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.met++
	return d.met >= d.since && (d.times < 0 || d.met < d.since+d.times)
}

func (d *door) wasMet() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.met >= d.since
}

// actionOf is the action of a request to CloudFormation, whose body can be read again.
func actionOf(r *http.Request) string {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	form, _ := url.ParseQuery(string(body))
	return form.Get("Action")
}

func refused(status int, code, message string) fault {
	return func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		w.WriteHeader(status)
		fmt.Fprintf(w, `<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error></ErrorResponse>`, code, message)
	}
}

// always is how often a fault happens that doesn't pass.
const always = -1

// mode says at which of an action's calls a fault happens.
type mode string

const (
	once   mode = "once"   // at the first
	lasts  mode = "lasts"  // at the first, and from then on
	atLast mode = "atLast" // at the last: much has been done by then
)

// faults are what can go wrong with a call, and when that is worth trying. The SDK gets over what happens once; of the refusals
// that pass, one lasts here and one doesn't: each would do.
var faults = []struct {
	name  string
	modes []mode
	fault fault
}{
	{"throttled", []mode{once}, refused(http.StatusBadRequest, "Throttling", "Rate exceeded")},
	{"failed", []mode{lasts}, refused(http.StatusInternalServerError, "InternalFailure", "The request processing has failed.")},
	{"dropped", []mode{once, lasts}, func(http.ResponseWriter, *http.Request, http.Handler) { panic(http.ErrAbortHandler) }},
	{"lost", []mode{once, lasts}, func(_ http.ResponseWriter, r *http.Request, next http.Handler) {
		next.ServeHTTP(httptest.NewRecorder(), r)
		panic(http.ErrAbortHandler)
	}},
	{"slow", []mode{once}, func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		select {
		case <-time.After(20 * time.Second):
			next.ServeHTTP(w, r)
		case <-r.Context().Done():
			panic(http.ErrAbortHandler)
		}
	}},
	{"unanswered", []mode{lasts, atLast}, func(_ http.ResponseWriter, r *http.Request, _ http.Handler) {
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	}},
	{"skewed", []mode{once}, clockAhead(time.Hour)},
	{"denied", []mode{lasts, atLast}, refused(http.StatusForbidden, "AccessDenied",
		"User: arn:aws:iam::123456789012:user/me is not authorized to perform: cloudformation:Something")},
	{"expired", []mode{lasts, atLast}, refused(http.StatusForbidden, "ExpiredToken", "The security token included in the request is expired")},
}

// clockAhead is a server whose clock is ahead of ours, and which refuses what is signed by another.
func clockAhead(by time.Duration) fault {
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		now := time.Now().Add(by)
		w.Header().Set("Date", now.UTC().Format(http.TimeFormat))
		signed, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
		if err == nil && now.Sub(signed).Abs() < 5*time.Minute {
			next.ServeHTTP(w, r)
			return
		}
		refused(http.StatusForbidden, "SignatureDoesNotMatch", "Signature expired: it is now earlier than that")(w, r, next)
	}
}

// diffEnd compares how a journey ended with how it should have.
func diffEnd(t *testing.T, when string, want, got end) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", when, diff)
	}
}

// distance is how long a request is on its way in the matrix: as to a real region. Looks at what takes seconds are fewer then.
const distance = 200 * time.Millisecond

// faultCases is how many cases the matrix has at least: none gets lost unnoticed.
const faultCases = 624

// Whatever goes wrong with whatever call, once or for ever: the journey ends as it should, or with an error that says what to
// do; and made again, it ends as it should. Nothing is done twice, and nothing is left behind.
func TestFaultMatrix(t *testing.T) {
	t.Parallel()
	met, cases := map[string]bool{}, 0
	for _, j := range journeys {
		c := j.undisturbed(t, distance, latency/4) // as few looks as there can be: each costs
		made := map[string]int{}
		for _, action := range c.calls {
			made[action]++
		}
		for action, n := range made {
			met[action] = true
			for _, f := range faults {
				for _, m := range f.modes {
					if m == atLast && n == 1 {
						continue
					}
					d := &door{action: action, since: map[mode]int{once: 1, lasts: 1, atLast: n}[m], times: always, fault: f.fault}
					if m == once {
						d.times = 1
					}
					cases++
					t.Run(fmt.Sprintf("%s/%s %s %s", j.name, action, f.name, m), func(t *testing.T) {
						t.Parallel()
						j.disturbed(t, d, c)
					})
				}
			}
		}
	}
	t.Logf("%d cases", cases)
	if cases < faultCases {
		t.Errorf("%d cases, there were %d", cases, faultCases)
	}
	for _, action := range []string{
		"CreateChangeSet", "ExecuteChangeSet", "DeleteChangeSet", "DeleteStack", "UpdateTerminationProtection", "ContinueUpdateRollback",
		"RollbackStack", "DescribeStacks", "DescribeStackEvents", "DescribeChangeSet", "ListChangeSets",
	} {
		if !met[action] {
			t.Errorf("%s was never disturbed", action)
		}
	}
}

// disturbed makes a journey through a door at which something goes wrong, and then again without.
func (j journey) disturbed(t *testing.T, d *door, c course) {
	c.again(t, func(t *testing.T, w *world) {
		near := far(w.box, distance)
		d.next = near
		err := j.run(t.Context(), w, w.engine(d))
		if !d.wasMet() {
			t.Fatal("the fault was not met")
		}
		if err != nil && d.times == 1 {
			t.Errorf("the SDK should have got over it: %v", err)
		}
		c.judge(t, w, err)
		must(t, j.run(t.Context(), w, w.engine(near)))
		diffEnd(t, fmt.Sprintf("made again after %v", err), c.end, w.end(t))
	})
}

// judge wants the first run to have ended as it should, or with an error that helps: with a hint; that says so where something
// is left behind, or has begun.
func (c course) judge(t *testing.T, w *world, err error) {
	t.Helper()
	got := w.end(t)
	if err == nil {
		diffEnd(t, "after the first run", c.end, got)
		return
	}
	explained := awsenv.Explain(err)
	var helps interface{ Hint() string }
	if !errors.As(explained, &helps) || helps.Hint() == "" {
		t.Fatalf("no hint: %v", explained)
	}
	says := func(phrases ...string) bool {
		return slices.ContainsFunc(phrases, func(p string) bool { return strings.Contains(explained.Error()+helps.Hint(), p) })
	}
	switch begun := len(got.Effects) - len(c.from.Effects); {
	case len(got.Effects) > len(c.end.Effects):
		t.Errorf("done twice: %v", got.Effects)
	case begun > 0 && !says("goes on", "is done", "not protected") && !slices.Equal(got.Effects, []string{"CREATE", "DELETE"}):
		t.Errorf("nothing is said of what has begun: %v", explained)
	case begun == 0 && !says("left behind") && len(got.Holdings.Stacks) > 0:
		diffEnd(t, fmt.Sprintf("left behind by %v", explained), c.from, got)
	}
	t.Log(explained)
}
