package cfn_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/google/go-cmp/cmp"

	"mlops-infra-suite/internal/sandbox/cfn"
)

// operationEvents lists events as DescribeEvents does, the newest first.
func (c *cloud) operationEvents(in cloudformation.DescribeEventsInput) []string {
	c.t.Helper()
	var lines []string
	pages := cloudformation.NewDescribeEventsPaginator(c.cfn, &in)
	for pages.HasMorePages() {
		page, err := pages.NextPage(c.t.Context())
		if err != nil {
			c.t.Fatal(err)
		}
		for _, e := range page.OperationEvents {
			line := fmt.Sprintf("%s %s %s%s %s", e.OperationType, e.EventType, e.OperationStatus, aws.ToString(e.LogicalResourceId), e.ResourceStatus)
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return lines
}

func TestDescribeEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, cfn.Options{Latency: second})
		c.deploy("s", request{template: small})
		c.update("s", replaced(t, small, "CidrIp: 10.0.0.0/8", "CidrIp: x"))
		c.wantStatus("s", "UPDATE_ROLLBACK_COMPLETE")
		update := []string{
			"UPDATE_STACK STACK_EVENT FAILED", "UPDATE_STACK PROGRESS_EVENT s UPDATE_ROLLBACK_COMPLETE",
			"UPDATE_STACK PROGRESS_EVENT s UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
			"UPDATE_STACK PROGRESS_EVENT R UPDATE_COMPLETE",
			"UPDATE_STACK PROGRESS_EVENT s UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_STACK PROVISIONING_ERROR R UPDATE_FAILED",
			"UPDATE_STACK PROGRESS_EVENT R UPDATE_IN_PROGRESS", "UPDATE_STACK PROGRESS_EVENT s UPDATE_IN_PROGRESS",
			"UPDATE_STACK STACK_EVENT IN_PROGRESS",
		}
		changeSet := []string{"CREATE_CHANGESET STACK_EVENT SUCCEEDED", "CREATE_CHANGESET STACK_EVENT IN_PROGRESS"}
		name, yes := aws.String("s"), aws.Bool(true)
		all := c.operationEvents(cloudformation.DescribeEventsInput{StackName: name})
		create := all[len(update) : len(all)-len(changeSet)]
		if first, last := create[len(create)-1], create[0]; first != "CREATE_STACK STACK_EVENT IN_PROGRESS" || last != "CREATE_STACK STACK_EVENT SUCCEEDED" {
			t.Error(first, last)
		}
		last := c.stack("s").LastOperations[0].OperationId
		tests := []struct {
			name string
			in   cloudformation.DescribeEventsInput
			want []string
		}{
			{"stack", cloudformation.DescribeEventsInput{StackName: name}, slices.Concat(update, create, changeSet)},
			{"failed", cloudformation.DescribeEventsInput{StackName: name, Filters: &types.EventFilter{FailedEvents: yes}}, update[5:6]},
			{"operation", cloudformation.DescribeEventsInput{OperationId: last}, update},
			{"operation of the stack", cloudformation.DescribeEventsInput{StackName: name, OperationId: last}, update},
			{"change set", cloudformation.DescribeEventsInput{StackName: name, ChangeSetName: aws.String("cs")}, changeSet},
		}
		for _, tt := range tests {
			if diff := cmp.Diff(tt.want, c.operationEvents(tt.in)); diff != "" {
				t.Errorf("%s: %s", tt.name, diff)
			}
		}
		failed := c.changeSet("s", request{template: small})
		in := cloudformation.DescribeEventsInput{ChangeSetName: failed.ChangeSetId}
		want := []string{"CREATE_CHANGESET STACK_EVENT FAILED", "CREATE_CHANGESET STACK_EVENT IN_PROGRESS"}
		if diff := cmp.Diff(want, c.operationEvents(in)); diff != "" {
			t.Error(diff)
		}
		for want, in := range map[string]cloudformation.DescribeEventsInput{
			"One of ChangeSetName, OperationId or StackName must be specified.": {},
			"Stack [none] does not exist":                                       {StackName: aws.String("none")},
			"Operation [none] does not exist":                                   {OperationId: aws.String("none")},
			"ChangeSet [none] does not exist":                                   {StackName: name, ChangeSetName: aws.String("none")},
		} {
			if _, err := c.cfn.DescribeEvents(t.Context(), &in); message(err) != want {
				t.Errorf("got %v, want %s", err, want)
			}
		}
	})
}
