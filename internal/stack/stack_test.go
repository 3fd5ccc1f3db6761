package stack

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/google/go-cmp/cmp"
)

func TestEveryStatusHasAnAnswer(t *testing.T) {
	want := []Status{Absent}
	for _, s := range types.StackStatus("").Values() {
		want = append(want, Status(s))
	}
	slices.Sort(want)
	var got []Status
	for s := range answers {
		got = append(got, s)
	}
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("statuses with an answer (-CloudFormation's +ours):\n%s", diff)
	}
	for s, a := range answers {
		if (a == wait) != s.InProgress() {
			t.Errorf("%s: the answer is %s", s, a)
		}
	}
}

func TestStatusesOfTheFutureAreNotTouched(t *testing.T) {
	got := []answer{answerTo("TELEPORT_IN_PROGRESS"), answerTo("TELEPORT_COMPLETE")}
	if diff := cmp.Diff([]answer{wait, refuse}, got); diff != "" {
		t.Error(diff)
	}
}

// inStatus is a CloudFormation in which every stack has one status, and nothing else can be done.
type inStatus struct {
	api
	status types.StackStatus
}

func (f inStatus) DescribeStacks(_ context.Context, in *cloudformation.DescribeStacksInput, _ ...func(*cloudformation.Options)) (*cloudformation.DescribeStacksOutput, error) {
	return &cloudformation.DescribeStacksOutput{Stacks: []types.Stack{{
		StackName: in.StackName, StackId: aws.String("stack-id"), StackStatus: f.status, StackStatusReason: aws.String("why"),
	}}}, nil
}

func (f inStatus) DescribeStackEvents(context.Context, *cloudformation.DescribeStackEventsInput, ...func(*cloudformation.Options)) (*cloudformation.DescribeStackEventsOutput, error) {
	return &cloudformation.DescribeStackEventsOutput{}, nil
}

func TestPlanRefusesWhatTheUserMustDecide(t *testing.T) {
	for s, a := range answers {
		if a != refuse {
			continue
		}
		t.Run(string(s), func(t *testing.T) {
			_, err := New(inStatus{status: types.StackStatus(s)}, Options{}).Plan(t.Context(), Spec{Name: "demo"})
			got, ok := errors.AsType[*StateError](err)
			if !ok {
				t.Fatalf("got %v, want a StateError", err)
			}
			if diff := cmp.Diff(&StateError{StackName: "demo", StackID: "stack-id", Status: s, Reason: "why"}, got); diff != "" {
				t.Error(diff)
			}
			if got.Hint() == "" {
				t.Error("no hint")
			}
		})
	}
}

func TestPlanRefusesALargeTemplate(t *testing.T) {
	_, err := New(nil, Options{}).Plan(t.Context(), Spec{Name: "demo", Template: strings.Repeat("x", MaxTemplateBytes+1)})
	got, ok := errors.AsType[*TemplateSizeError](err)
	if !ok {
		t.Fatalf("got %v, want a TemplateSizeError", err)
	}
	if diff := cmp.Diff(&TemplateSizeError{StackName: "demo", Bytes: 51_201, Limit: MaxTemplateBytes}, got); diff != "" {
		t.Error(diff)
	}
}

// failing is a CloudFormation whose change sets fail for some reason. It lists what is asked of it.
type failing struct {
	api
	reason string
	calls  []string
}

func (f *failing) DescribeStacks(ctx context.Context, in *cloudformation.DescribeStacksInput, _ ...func(*cloudformation.Options)) (*cloudformation.DescribeStacksOutput, error) {
	f.calls = append(f.calls, "DescribeStacks")
	return inStatus{status: types.StackStatusUpdateComplete}.DescribeStacks(ctx, in)
}

func (f *failing) CreateChangeSet(_ context.Context, in *cloudformation.CreateChangeSetInput, _ ...func(*cloudformation.Options)) (*cloudformation.CreateChangeSetOutput, error) {
	f.calls = append(f.calls, "CreateChangeSet "+string(in.ChangeSetType))
	return &cloudformation.CreateChangeSetOutput{Id: aws.String("change-set-id"), StackId: aws.String("id")}, nil
}

func (f *failing) DescribeChangeSet(context.Context, *cloudformation.DescribeChangeSetInput, ...func(*cloudformation.Options)) (*cloudformation.DescribeChangeSetOutput, error) {
	f.calls = append(f.calls, "DescribeChangeSet")
	return &cloudformation.DescribeChangeSetOutput{
		ChangeSetId: aws.String("change-set-id"), StackId: aws.String("id"), Status: types.ChangeSetStatusFailed, StatusReason: &f.reason,
	}, nil
}

func (f *failing) DeleteChangeSet(_ context.Context, in *cloudformation.DeleteChangeSetInput, _ ...func(*cloudformation.Options)) (*cloudformation.DeleteChangeSetOutput, error) {
	f.calls = append(f.calls, "DeleteChangeSet "+*in.ChangeSetName)
	return nil, nil
}

func (f *failing) ListChangeSets(context.Context, *cloudformation.ListChangeSetsInput, ...func(*cloudformation.Options)) (*cloudformation.ListChangeSetsOutput, error) {
	f.calls = append(f.calls, "ListChangeSets")
	return &cloudformation.ListChangeSetsOutput{}, nil
}

func TestFailedChangeSetIsCleanedUp(t *testing.T) {
	tests := map[string]string{ // by what CloudFormation says about the change set
		"The submitted information didn't contain changes. Submit different information to create a change set.": "",
		"No updates are to be performed.": "",
		"Transform X failed":              "plan changes of stack demo: Transform X failed",
	}
	for reason, want := range tests {
		f := &failing{reason: reason}
		plan, err := New(f, Options{}).Plan(t.Context(), Spec{Name: "demo"})
		if err == nil && !plan.Empty {
			t.Errorf("%s: the plan isn't empty", reason)
		}
		if err == nil && want != "" || err != nil && err.Error() != want {
			t.Errorf("%s: got %v, want %q", reason, err, want)
		}
		calls := []string{"DescribeStacks", "CreateChangeSet UPDATE", "DescribeChangeSet", "DeleteChangeSet change-set-id", "ListChangeSets"}
		if diff := cmp.Diff(calls, f.calls); diff != "" {
			t.Errorf("%s: calls (-want +got):\n%s", reason, diff)
		}
	}
}

func TestChangesOfAChangeSet(t *testing.T) {
	detail := func(name, path, before, after string, recreation types.RequiresRecreation) types.ResourceChangeDetail {
		target := &types.ResourceTargetDefinition{
			Attribute: types.ResourceAttributeProperties, Name: aws.String(name), Path: aws.String(path), RequiresRecreation: recreation,
		}
		if before+after != "" {
			target.BeforeValue, target.AfterValue = aws.String(before), aws.String(after)
		}
		return types.ResourceChangeDetail{Target: target}
	}
	in := []types.Change{
		{ResourceChange: &types.ResourceChange{
			Action: types.ChangeActionAdd, LogicalResourceId: aws.String("New"), ResourceType: aws.String("T"),
			AfterContext: aws.String(`{"Properties":{"Port":443,"Description":"web"}}`),
		}},
		{ResourceChange: &types.ResourceChange{
			Action: types.ChangeActionModify, LogicalResourceId: aws.String("Group"), PhysicalResourceId: aws.String("sg-1"),
			ResourceType: aws.String("T"), Replacement: types.ReplacementTrue,
			Details: []types.ResourceChangeDetail{
				detail("GroupDescription", "/Properties/GroupDescription", "old", "new", types.RequiresRecreationAlways),
				detail("GroupDescription", "/Properties/GroupDescription", "", "", types.RequiresRecreationNever),
				detail("Tags", "/Properties/Tags/0/Value", "a", "b", types.RequiresRecreationNever),
			},
		}},
		{ResourceChange: &types.ResourceChange{
			Action: types.ChangeActionRemove, LogicalResourceId: aws.String("Gone"), PhysicalResourceId: aws.String("sgr-1"),
			ResourceType: aws.String("T"), BeforeContext: aws.String("not JSON"),
		}},
	}
	want := []Change{
		{LogicalID: "New", Type: "T", Action: Add, Replacement: Kept, Properties: []PropertyChange{
			{Attribute: "Properties", Name: "Description", Path: "/Properties/Description", After: "web"},
			{Attribute: "Properties", Name: "Port", Path: "/Properties/Port", After: "443"},
		}},
		{LogicalID: "Group", PhysicalID: "sg-1", Type: "T", Action: Modify, Replacement: Replaced, Properties: []PropertyChange{
			{Attribute: "Properties", Name: "GroupDescription", Path: "/Properties/GroupDescription", Before: "old", After: "new", Recreates: true},
			{Attribute: "Properties", Name: "Tags", Path: "/Properties/Tags/0/Value", Before: "a", After: "b"},
		}},
		{LogicalID: "Gone", PhysicalID: "sgr-1", Type: "T", Action: Remove, Replacement: Kept},
	}
	if diff := cmp.Diff(want, changesOf(in)); diff != "" {
		t.Error(diff)
	}
	if n := operations(want); n != 4 {
		t.Errorf("%d operations foreseen, want 4: one, two for the replacement, one", n)
	}
}

// of is an event of a resource, stackIs one of the stack itself.
func of(id, status, reason string) ResourceEvent {
	return ResourceEvent{LogicalID: id, PhysicalID: id + "-id", Type: "T", Status: status, Reason: reason}
}

func stackIs(status, reason string) ResourceEvent {
	return ResourceEvent{LogicalID: "demo", PhysicalID: "stack-id", Type: typeStack, Status: status, Reason: reason}
}

func TestFailureNamesTheFirstCause(t *testing.T) {
	tests := map[string]struct {
		kind  Operation
		event []ResourceEvent
		want  string
	}{
		"a resource": {Create, []ResourceEvent{
			stackIs("CREATE_IN_PROGRESS", "User Initiated"),
			of("A", "CREATE_IN_PROGRESS", ""),
			of("B", "CREATE_FAILED", "Resource creation cancelled"),
			of("A", "CREATE_FAILED", "no such VPC"),
			of("C", "CREATE_FAILED", "another"),
			stackIs("ROLLBACK_IN_PROGRESS", "The following resource(s) failed to create: [A, B, C]."),
			of("A", "DELETE_COMPLETE", ""),
			stackIs("ROLLBACK_COMPLETE", ""),
		}, "create stack demo: ended in ROLLBACK_COMPLETE: A (T): no such VPC"},
		"the stack itself": {Update, []ResourceEvent{
			stackIs("UPDATE_IN_PROGRESS", "User Initiated"),
			stackIs("UPDATE_ROLLBACK_IN_PROGRESS", "Export with name x is already exported by stack y"),
			stackIs("UPDATE_ROLLBACK_COMPLETE", ""),
		}, "update stack demo: ended in UPDATE_ROLLBACK_COMPLETE: demo (AWS::CloudFormation::Stack): Export with name x is already exported by stack y"},
		"nothing told": {Delete, []ResourceEvent{stackIs("DELETE_FAILED", "")}, "delete stack demo: ended in DELETE_FAILED"},
		"none":         {Update, []ResourceEvent{stackIs("UPDATE_COMPLETE", "")}, ""},
		"not ours":     {Attach, []ResourceEvent{stackIs("ROLLBACK_COMPLETE", "")}, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			op := &operation{kind: tt.kind, stackName: "demo", stackID: "stack-id"}
			for _, ev := range tt.event {
				op.record(ev)
			}
			got := ""
			if err := op.failure(); err != nil {
				got = err.Error()
			}
			if got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestFailureOfAHookSaysWhatTheHookSaid(t *testing.T) {
	hooked := of("Group", "CREATE_IN_PROGRESS", "")
	hooked.Hook = "MyCompany::Guard: no"
	op := &operation{kind: Create, stackName: "demo", stackID: "stack-id"}
	for _, ev := range []ResourceEvent{
		hooked, of("Group", "CREATE_FAILED", "The following hook(s) failed: [MyCompany::Guard]"), stackIs("ROLLBACK_COMPLETE", ""),
	} {
		op.record(ev)
	}
	const want = "create stack demo: ended in ROLLBACK_COMPLETE: Group (T): The following hook(s) failed: [MyCompany::Guard] MyCompany::Guard: no"
	if got := op.failure().Error(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	raw := types.StackEvent{
		HookStatus: types.HookStatusHookCompleteFailed, HookType: aws.String("MyCompany::Guard"), HookStatusReason: aws.String("no"),
	}
	if got := resourceEvent(raw).Hook; got != hooked.Hook {
		t.Errorf("got %s", got)
	}
}

func TestOrphansAreWhatCouldNotBeDeletedAtLast(t *testing.T) {
	op := &operation{stackID: "stack-id", events: []ResourceEvent{
		of("Kept", "DELETE_SKIPPED", ""),
		of("Used", "DELETE_IN_PROGRESS", ""),
		of("Used", "DELETE_FAILED", "in use"),
		of("Late", "DELETE_FAILED", "in use"),
		of("Used", "DELETE_FAILED", "in use still"),
		of("Late", "DELETE_COMPLETE", ""),
		of("Made", "CREATE_FAILED", ""),
	}}
	want := []ResourceEvent{of("Kept", "DELETE_SKIPPED", ""), of("Used", "DELETE_FAILED", "in use still")}
	if diff := cmp.Diff(want, op.orphans()); diff != "" {
		t.Error(diff)
	}
}

// An operation is told from those before it and those that others began since, also after a long sleep of the machine.
func TestFollowReadsItsOwnOperationAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		log := &eventLog{perPage: 2}
		log.add(began.Add(-time.Hour), "before", "UPDATE_IN_PROGRESS", "UPDATE_COMPLETE")
		log.add(began.Add(time.Second), "mine", "UPDATE_IN_PROGRESS", "UPDATE_COMPLETE")
		log.add(began.Add(time.Minute), "after", "UPDATE_IN_PROGRESS", "UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE")
		time.Sleep(time.Hour)
		op := &operation{kind: Update, stackID: "stack-id", token: "mine", since: began}
		if err := New(log, Options{}).follow(t.Context(), op); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, ev := range op.events {
			got = append(got, ev.Status)
		}
		if diff := cmp.Diff([]string{"UPDATE_IN_PROGRESS", "UPDATE_COMPLETE"}, got); diff != "" {
			t.Error(diff)
		}
		if log.calls != 3 {
			t.Errorf("%d calls, want 3: pages of 2 down to the first event that is older", log.calls)
		}
	})
}

// eventLog is a CloudFormation that has nothing but the events of one stack.
type eventLog struct {
	api
	perPage int
	events  []types.StackEvent // newest first
	calls   int
}

func (l *eventLog) add(at time.Time, token string, statuses ...string) {
	for i, status := range statuses {
		at := at.Add(time.Duration(i) * time.Second)
		l.events = slices.Insert(l.events, 0, types.StackEvent{
			EventId: aws.String(token + status), Timestamp: aws.Time(at), ClientRequestToken: aws.String(token), ResourceType: aws.String(typeStack),
			PhysicalResourceId: aws.String("stack-id"), ResourceStatus: types.ResourceStatus(status),
		})
	}
}

func (l *eventLog) DescribeStackEvents(_ context.Context, in *cloudformation.DescribeStackEventsInput, _ ...func(*cloudformation.Options)) (*cloudformation.DescribeStackEventsOutput, error) {
	l.calls++
	from := slices.IndexFunc(l.events, func(ev types.StackEvent) bool { return aws.ToString(ev.EventId) == aws.ToString(in.NextToken) })
	from = max(from, 0)
	to := min(from+l.perPage, len(l.events))
	out := &cloudformation.DescribeStackEventsOutput{StackEvents: l.events[from:to]}
	if to < len(l.events) {
		out.NextToken = l.events[to].EventId
	}
	return out, nil
}

// lagging is a CloudFormation whose descriptions go through these statuses, and whose events are at the end already.
type lagging struct {
	eventLog
	statuses []types.StackStatus
}

func (l *lagging) DescribeStacks(ctx context.Context, in *cloudformation.DescribeStacksInput, _ ...func(*cloudformation.Options)) (*cloudformation.DescribeStacksOutput, error) {
	status := l.statuses[0]
	if len(l.statuses) > 1 {
		l.statuses = l.statuses[1:]
	}
	return inStatus{status: status}.DescribeStacks(ctx, in)
}

func TestDescriptionsThatLagBehindAreReadAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		statuses := []types.StackStatus{"UPDATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "UPDATE_COMPLETE"}
		l := &lagging{eventLog: eventLog{perPage: 9}, statuses: statuses}
		l.add(time.Now(), "theirs", "UPDATE_IN_PROGRESS", "UPDATE_COMPLETE")
		began := time.Now()
		st, kind, err := New(l, Options{}).ready(t.Context(), "demo")
		if err != nil || kind != Update || st.Status != UpdateComplete {
			t.Errorf("before a plan: %s, %s, %v", st.Status, kind, err)
		}
		if pause := time.Since(began); pause != time.Second {
			t.Errorf("before a plan: paused for %v", pause)
		}
		l.statuses = statuses
		if st, err := New(l, Options{}).settled(t.Context(), &operation{}); err != nil || st.Status != UpdateComplete {
			t.Errorf("after an operation: %s, %v", st.Status, err)
		}
	})
}

func TestAnEndThatEventsDoNotShowIsSeenInTheStatus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &lagging{eventLog: eventLog{perPage: 9}, statuses: []types.StackStatus{"UPDATE_IN_PROGRESS", "UPDATE_COMPLETE"}}
		l.add(time.Now(), "theirs", "UPDATE_IN_PROGRESS")
		began := time.Now()
		if err := New(l, Options{}).attach(t.Context(), Stack{ID: "stack-id", Status: UpdateInProgress}); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took > 15*time.Second {
			t.Errorf("took %v", took)
		}
	})
}
