package stack

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

// script is a CloudFormation whose one operation goes by a timetable. It answers after a round trip of 60 ms.
type script struct {
	api
	token  string
	begun  time.Time
	events []scripted // in order of time
	calls  int
}

type scripted struct {
	after                  time.Duration
	logicalID, typ, status string
}

func (s *script) DescribeStackEvents(context.Context, *cloudformation.DescribeStackEventsInput, ...func(*cloudformation.Options)) (*cloudformation.DescribeStackEventsOutput, error) {
	s.calls++
	time.Sleep(30 * time.Millisecond)
	out := &cloudformation.DescribeStackEventsOutput{}
	for i, ev := range s.events {
		at := s.begun.Add(ev.after)
		if at.After(time.Now()) {
			break
		}
		physical := ev.logicalID + "-id"
		if ev.typ == typeStack {
			physical = "stack-id"
		}
		out.StackEvents = append(out.StackEvents, types.StackEvent{
			EventId: aws.String(fmt.Sprint(i)), StackId: aws.String("stack-id"), Timestamp: aws.Time(at),
			ClientRequestToken: aws.String(s.token), LogicalResourceId: aws.String(ev.logicalID), ResourceType: aws.String(ev.typ),
			PhysicalResourceId: aws.String(physical), ResourceStatus: types.ResourceStatus(ev.status),
		})
	}
	slices.Reverse(out.StackEvents)
	time.Sleep(30 * time.Millisecond)
	return out, nil
}

// timetable is an operation of resources in waves, each beginning when the one before is done.
func timetable(verb string, waves ...[]time.Duration) []scripted {
	events := []scripted{{0, "stack", typeStack, verb + "_IN_PROGRESS"}}
	types := []string{"AWS::EC2::SecurityGroup", "AWS::EC2::SecurityGroupIngress", "AWS::SSM::Parameter"}
	var at time.Duration
	for w, wave := range waves {
		for i, took := range wave {
			id, typ := fmt.Sprintf("R%d%d", w, i), types[min(w, 1)+i%2*w%2]
			events = append(events, scripted{at, id, typ, verb + "_IN_PROGRESS"}, scripted{at + took, id, typ, verb + "_COMPLETE"})
		}
		at += slices.Max(wave)
	}
	slices.SortStableFunc(events, func(a, b scripted) int { return int(a.after - b.after) })
	return append(events, scripted{at + 300*time.Millisecond, "stack", typeStack, verb + "_COMPLETE"})
}

func same(n int, d time.Duration) []time.Duration { return slices.Repeat([]time.Duration{d}, n) }

// between gives n durations between lo and hi.
func between(r *rand.Rand, n int, lo, hi time.Duration) []time.Duration {
	list := make([]time.Duration, n)
	for i := range list {
		list[i] = lo + time.Duration(r.Int64N(int64(hi-lo)+1))
	}
	return list
}

func TestPaceNoticesTheEndEarlyForOneCallASecond(t *testing.T) {
	const second = time.Second
	seconds := func(r *rand.Rand, lo, hi int) time.Duration {
		return time.Duration(lo)*second + time.Duration(r.Int64N(int64(hi-lo)*int64(second)))
	}
	tests := map[string]struct {
		events  func(*rand.Rand) []scripted
		unknown bool // the plan doesn't say how many resources
	}{
		"waves of equal latency": {events: func(r *rand.Rand) []scripted {
			d := seconds(r, 15, 60)
			return timetable("CREATE", same(3, d), same(17, d))
		}},
		"slow groups, quick rules": {events: func(r *rand.Rand) []scripted {
			return timetable("CREATE", between(r, 3, 25*second, 40*second), between(r, 17, 2*second, 12*second))
		}},
		"quick groups, slow rules": {events: func(r *rand.Rand) []scripted {
			return timetable("CREATE", between(r, 3, 2*second, 6*second), between(r, 17, 2*second, seconds(r, 30, 100)))
		}},
		"one wave": {events: func(r *rand.Rand) []scripted { return timetable("CREATE", same(5, seconds(r, 30, 120))) }},
		"many waves": {events: func(r *rand.Rand) []scripted {
			waves := make([][]time.Duration, 12)
			for i := range waves {
				waves[i] = between(r, 4, 2*second, 6*second)
			}
			return timetable("UPDATE", waves...)
		}},
		"deletion": {unknown: true, events: func(r *rand.Rand) []scripted {
			return timetable("DELETE", between(r, 17, 5*second, 30*second), between(r, 3, 20*second, 40*second))
		}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, 2))
			var late []time.Duration
			var calls, total float64
			for range 60 {
				synctest.Test(t, func(t *testing.T) {
					s := &script{token: "mine", begun: time.Now(), events: tt.events(r)}
					op := &operation{kind: Create, stackID: "stack-id", token: "mine"}
					if !tt.unknown {
						op.resources = (len(s.events) - 2) / 2
					}
					if err := New(s, Options{}).follow(t.Context(), op); err != nil {
						t.Fatal(err)
					}
					end := s.events[len(s.events)-1].after
					late = append(late, time.Since(s.begun)-end)
					calls += float64(s.calls)
					total += end.Seconds()
				})
			}
			slices.Sort(late)
			var mean time.Duration
			for _, d := range late {
				mean += d / time.Duration(len(late))
			}
			p95 := late[len(late)*95/100]
			t.Logf("%s: %.2f calls a second; late by %v on average, p95 %v", name, calls/total, mean.Round(time.Millisecond), p95.Round(time.Millisecond))
			if calls > total || mean > 600*time.Millisecond || p95 > 1200*time.Millisecond {
				t.Error("beyond the budget of 1 call a second, 600ms, 1.2s")
			}
		})
	}
}
