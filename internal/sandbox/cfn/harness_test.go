package cfn_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/smithy-go"

	"mlops-infra-suite/internal/sandbox/cfn"
	"mlops-infra-suite/internal/sandbox/ec2"
	"mlops-infra-suite/internal/sandbox/ssm"
	"mlops-infra-suite/internal/sandbox/store"
	"mlops-infra-suite/internal/sandbox/wire"
)

const (
	account = "123456789012"
	region  = "us-west-2"
)

// cloud is one account of a sandbox with a VPC, driven by the real SDK client.
type cloud struct {
	t      testing.TB
	path   string
	db     *store.DB
	engine *cfn.Engine
	router *wire.Router
	opts   cfn.Options
	cfn    *cloudformation.Client
	vpc    string
}

func newCloud(tb testing.TB, opts cfn.Options) *cloud {
	tb.Helper()
	c := &cloud{t: tb, path: filepath.Join(tb.TempDir(), "sandbox.db"), opts: opts}
	c.open()
	tb.Cleanup(c.close)
	c.cfn = cloudformation.New(cloudformation.Options{
		Region: region, HTTPClient: c, Retryer: aws.NopRetryer{},
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: account, SecretAccessKey: "x"}, nil
		}),
	})
	out := act(c, ec2.CreateVpc, &ec2.CreateVpcInput{CidrBlock: "10.0.0.0/16"})
	c.vpc = out.Vpc.VpcId
	return c
}

// open opens the store and goes on with what is under way.
func (c *cloud) open() {
	c.t.Helper()
	db, err := store.Open(c.path, store.Options{NoSync: true})
	if err != nil {
		c.t.Fatal(err)
	}
	c.db, c.engine = db, cfn.New(db, c.opts)
	c.router = wire.NewRouter(c.engine.Service())
	if err := c.engine.Resume(c.t.Context()); err != nil {
		c.t.Fatal(err)
	}
}

// close stops everything where it is.
func (c *cloud) close() {
	c.engine.Close()
	if err := c.db.Close(); err != nil {
		c.t.Error(err)
	}
}

// Do answers a request of the SDK in process.
func (c *cloud) Do(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	req, err := c.router.Parse(r)
	var out any
	if err == nil {
		transact := c.db.View
		if req.Operation.Writes {
			transact = c.db.Update
		}
		err = transact(func(tx *store.Tx) error {
			out, err = req.Operation.Run(req.Call(r.Context(), tx, account), req.Input)
			return err
		})
	}
	req.Respond(w, out, err)
	return w.Result(), nil
}

// act calls an action of EC2 or SSM as the account's user.
func act[In, Out any](c *cloud, fn func(*wire.Call, *In) (*Out, error), in *In) *Out {
	c.t.Helper()
	var out *Out
	err := c.db.Update(func(tx *store.Tx) (err error) {
		out, err = fn(&wire.Call{Context: c.t.Context(), Tx: tx, Account: account, Region: region, Now: time.Now().UTC()}, in)
		return err
	})
	if err != nil {
		c.t.Fatal(err)
	}
	return out
}

// request is what the tests vary of a change set.
type request struct {
	template string
	vpc      string // the parameter VpcId; "" for the cloud's, "-" for none
	tags     map[string]string
	token    string
	rollback types.OnStackFailure
}

func (c *cloud) changeSetInput(stack string, r request) *cloudformation.CreateChangeSetInput {
	in := &cloudformation.CreateChangeSetInput{
		StackName: &stack, ChangeSetName: aws.String("cs"), ChangeSetType: types.ChangeSetTypeUpdate,
		TemplateBody: &r.template, OnStackFailure: r.rollback, Tags: []types.Tag{},
	}
	if vpc := cmp.Or(r.vpc, c.vpc); vpc != "-" {
		in.Parameters = []types.Parameter{{ParameterKey: aws.String("VpcId"), ParameterValue: &vpc}}
	}
	for _, key := range slices.Sorted(maps.Keys(r.tags)) {
		in.Tags = append(in.Tags, types.Tag{Key: &key, Value: aws.String(r.tags[key])})
	}
	if s := c.stack(stack); s == nil || s.StackStatus == types.StackStatusReviewInProgress {
		in.ChangeSetType = types.ChangeSetTypeCreate
	}
	return in
}

// changeSet creates a change set and waits until it is worked out.
func (c *cloud) changeSet(stack string, r request) *cloudformation.DescribeChangeSetOutput {
	c.t.Helper()
	out, err := c.cfn.CreateChangeSet(c.t.Context(), c.changeSetInput(stack, r))
	if err != nil {
		c.t.Fatal(err)
	}
	return c.describe(*out.Id)
}

func (c *cloud) describe(id string) *cloudformation.DescribeChangeSetOutput {
	c.t.Helper()
	for {
		cs, err := c.cfn.DescribeChangeSet(c.t.Context(), &cloudformation.DescribeChangeSetInput{
			ChangeSetName: &id, IncludePropertyValues: aws.Bool(true),
		})
		if err != nil {
			c.t.Fatal(err)
		}
		if cs.Status != types.ChangeSetStatusCreatePending && cs.Status != types.ChangeSetStatusCreateInProgress {
			return cs
		}
		time.Sleep(time.Second)
	}
}

// deploy creates and executes a change set and waits for the stack.
func (c *cloud) deploy(stack string, r request) *types.Stack {
	c.t.Helper()
	cs := c.changeSet(stack, r)
	if cs.Status != types.ChangeSetStatusCreateComplete {
		c.t.Fatalf("change set: %s: %s", cs.Status, aws.ToString(cs.StatusReason))
	}
	in := &cloudformation.ExecuteChangeSetInput{ChangeSetName: cs.ChangeSetId}
	if r.token != "" {
		in.ClientRequestToken = &r.token
	}
	if _, err := c.cfn.ExecuteChangeSet(c.t.Context(), in); err != nil {
		c.t.Fatal(err)
	}
	return c.wait(*cs.StackId)
}

// wait waits until a stack is at rest.
func (c *cloud) wait(stack string) *types.Stack {
	c.t.Helper()
	for {
		s := c.stack(stack)
		if s == nil || !strings.HasSuffix(string(s.StackStatus), "_IN_PROGRESS") {
			return s
		}
		time.Sleep(time.Second)
	}
}

// stack describes a stack; nil when there is none.
func (c *cloud) stack(name string) *types.Stack {
	c.t.Helper()
	out, err := c.cfn.DescribeStacks(c.t.Context(), &cloudformation.DescribeStacksInput{StackName: &name})
	if code(err) == "ValidationError" {
		return nil
	}
	if err != nil {
		c.t.Fatal(err)
	}
	return &out.Stacks[0]
}

// delete deletes a stack and waits for the end.
func (c *cloud) delete(stack string) *types.Stack {
	c.t.Helper()
	s := c.stack(stack)
	if _, err := c.cfn.DeleteStack(c.t.Context(), &cloudformation.DeleteStackInput{StackName: &stack}); err != nil {
		c.t.Fatal(err)
	}
	if s == nil {
		return nil
	}
	return c.wait(*s.StackId)
}

// events lists a stack's events, the oldest first, as "Name STATUS (reason)".
func (c *cloud) events(stack string) []string {
	c.t.Helper()
	var lines []string
	for _, e := range c.stackEvents(stack) {
		line := fmt.Sprintf("%s %s", *e.LogicalResourceId, e.ResourceStatus)
		if reason := aws.ToString(e.ResourceStatusReason); reason != "" {
			line += " (" + reason + ")"
		}
		lines = append(lines, line)
	}
	slices.Reverse(lines)
	return lines
}

func (c *cloud) stackEvents(stack string) []types.StackEvent {
	c.t.Helper()
	var events []types.StackEvent
	pages := cloudformation.NewDescribeStackEventsPaginator(c.cfn, &cloudformation.DescribeStackEventsInput{StackName: &stack})
	for pages.HasMorePages() {
		page, err := pages.NextPage(c.t.Context())
		if err != nil {
			c.t.Fatal(err)
		}
		events = append(events, page.StackEvents...)
	}
	return events
}

// holdings is what the account really has besides the VPC: rules as text by
// group description, and parameters.
type holdings struct {
	Groups     map[string][]string
	Parameters map[string]string
}

func (c *cloud) holdings() holdings {
	c.t.Helper()
	h := holdings{Groups: map[string][]string{}, Parameters: map[string]string{}}
	groups := act(c, ec2.DescribeSecurityGroups, &ec2.DescribeSecurityGroupsInput{})
	names := map[string]string{}
	for _, g := range groups.SecurityGroups {
		names[g.GroupId] = g.Description
	}
	for _, g := range groups.SecurityGroups {
		if g.GroupName != "default" {
			h.Groups[g.Description] = rulesOf(c, g.GroupId, names)
		}
	}
	parameters := act(c, ssm.DescribeParameters, &ssm.DescribeParametersInput{})
	for _, p := range parameters.Parameters {
		value := act(c, ssm.GetParameter, &ssm.GetParameterInput{Name: p.Name}).Parameter.Value
		h.Parameters[p.Name] = cmp.Or(names[value], value)
	}
	return h
}

func rulesOf(c *cloud, group string, names map[string]string) []string {
	rules := []string{}
	out := act(c, ec2.DescribeSecurityGroupRules, &ec2.DescribeSecurityGroupRulesInput{
		Filters: []ec2.Filter{{Name: "group-id", Values: []string{group}}},
	})
	for _, r := range out.SecurityGroupRules {
		direction, peer := "in", cmp.Or(r.CidrIpv4, r.CidrIpv6, r.PrefixListId)
		if r.IsEgress {
			direction = "out"
		}
		if r.ReferencedGroupInfo != nil {
			peer = names[r.ReferencedGroupInfo.GroupId]
		}
		rules = append(rules, strings.TrimSpace(fmt.Sprintf("%s %s %d-%d %s %s",
			direction, r.IpProtocol, r.FromPort, r.ToPort, peer, r.Description)))
	}
	slices.Sort(rules)
	return rules
}

// code is the error code of an AWS error, "" for none.
func code(err error) string {
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		return api.ErrorCode()
	}
	return ""
}

// message is the message of an AWS error.
func message(err error) string {
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		return api.ErrorMessage()
	}
	return fmt.Sprint(err)
}

var (
	uuids       = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)
	resourceIDs = regexp.MustCompile(`(sgr?|vpc|subnet|eni)-[0-9a-f]{17}`)
)

// withoutIDs makes texts comparable: UUIDs and the numbers of resources become "ID".
func withoutIDs(lines []string) []string {
	plain := make([]string, len(lines))
	for i, line := range lines {
		plain[i] = resourceIDs.ReplaceAllString(uuids.ReplaceAllString(line, "ID"), "$1-ID")
	}
	return plain
}
