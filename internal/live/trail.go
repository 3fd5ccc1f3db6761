package live

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
)

// TrailDays is how far back CloudTrail's event history goes (documented).
const TrailDays = 90

// LookupEvents takes so many calls a second in an account and region (documented). The bound on pages is ours, so that a resource
// which is written to all the time doesn't keep the tool asking for minutes.
const (
	lookupsPerSecond = 2
	maxTrailPages    = 40
)

// Event is a call that wrote, as CloudTrail recorded it.
type Event struct {
	ID    string
	Name  string // such as AuthorizeSecurityGroupIngress
	Time  time.Time
	Actor Actor

	Group string            // the security group it wrote to; empty: none
	Rules []RuleChange      // what it did to the group's rules
	Names []string          // the other resources that the request names: of tags and parameters
	Tags  map[string]string // the tags that it set or took away
}

// Actor is who made a call, and from where.
type Actor struct {
	ARN       string // of the user or the session
	Issuer    string // of a session: the ARN of its role
	Service   string // the AWS service that made the call for somebody, such as cloudformation.amazonaws.com
	SourceIP  string
	UserAgent string
}

// Verb is what an event did to a rule.
type Verb string

// The verbs.
const (
	Authorized Verb = "authorized"
	Revoked    Verb = "revoked"
	Modified   Verb = "modified" // the rule kept its ID and became another one
	Described  Verb = "described"
)

// RuleChange is what an event did to one rule, as far as the event tells: of a rule that was revoked by its ID often no more
// than the ID.
type RuleChange struct {
	Verb Verb
	Rule Rule // as it was after the call; of a revoked one as it was before
}

type trailAPI interface {
	LookupEvents(context.Context, *cloudtrail.LookupEventsInput, ...func(*cloudtrail.Options)) (*cloudtrail.LookupEventsOutput, error)
}

// Trail looks calls up in CloudTrail's event history, at the rate that CloudTrail bears. It serves one goroutine at a time.
type Trail struct {
	api   trailAPI
	calls []time.Time // the last ones
}

// NewTrail makes a Trail on a CloudTrail client.
func NewTrail(client trailAPI) *Trail { return &Trail{api: client} }

// Events are the calls that wrote to a resource (a group's ID, a parameter's name), the last one first, as far as CloudTrail
// has them: some minutes old at least (reported) and TrailDays at most. Calls that failed or were dry runs are left out, and
// what the tool can't read. After very many calls it ends with ErrTrailTooLong.
func (t *Trail) Events(ctx context.Context, resource string) iter.Seq2[Event, error] {
	in := &cloudtrail.LookupEventsInput{LookupAttributes: []types.LookupAttribute{{
		AttributeKey: types.LookupAttributeKeyResourceName, AttributeValue: aws.String(resource),
	}}}
	return func(yield func(Event, error) bool) {
		for range maxTrailPages {
			page, err := t.lookup(ctx, in)
			if err != nil {
				yield(Event{}, fmt.Errorf("look up events of %s: %w", resource, err))
				return
			}
			for _, e := range page.Events {
				if ev, ok := eventOf(e, resource); ok && !yield(ev, nil) {
					return
				}
			}
			if in.NextToken = page.NextToken; aws.ToString(in.NextToken) == "" {
				return
			}
		}
		yield(Event{}, fmt.Errorf("look up events of %s: %w", resource, ErrTrailTooLong))
	}
}

// lookup asks for one page, as soon as the rate of calls permits it.
func (t *Trail) lookup(ctx context.Context, in *cloudtrail.LookupEventsInput) (*cloudtrail.LookupEventsOutput, error) {
	if len(t.calls) == lookupsPerSecond {
		if err := sleep(ctx, time.Until(t.calls[0].Add(time.Second))); err != nil {
			return nil, err
		}
		t.calls = t.calls[1:]
	}
	t.calls = append(t.calls, time.Now())
	return t.api.LookupEvents(ctx, in)
}

// eventOf reads an event about a resource; ok is false for one that changed nothing or that can't be read.
func eventOf(e types.Event, resource string) (ev Event, ok bool) {
	ev, ok = readEvent(aws.ToString(e.CloudTrailEvent), resource)
	if e.EventTime != nil {
		ev.Time = *e.EventTime
	}
	return ev, ok
}
