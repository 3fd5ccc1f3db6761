package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/google/go-cmp/cmp"

	"mlops-infra-suite/internal/awsenv"
	"mlops-infra-suite/internal/cli"
	"mlops-infra-suite/internal/sandbox"
	"mlops-infra-suite/internal/sandbox/iam"
	"mlops-infra-suite/internal/testkit"
)

// TestLeastPrivilege proves the policy that create-policy writes, on four configs: with it every step of a rehearsal
// goes as it must and nothing is refused, whether CloudFormation tags a group as it makes it or afterwards; with any action, resource or condition of it taken out or narrowed, some step is refused.
func TestLeastPrivilege(t *testing.T) {
	sets := append(slices.Clone(rehearsals), byBucket)
	stages := make([]*stage, len(sets))
	t.Run("sets", func(t *testing.T) { // returns when all of them are done
		for i, set := range sets {
			t.Run(set.name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					s := newStage(t, set)
					s.rehearse(t)
					s.takeAway(t)
					s.splitUp(t)
					s.worksStricter(t)
					stages[i] = s
				})
			})
		}
	})
	if t.Failed() {
		return
	}
	table, quiet := permissions{}, map[string]bool{}
	for _, s := range stages {
		table.add(s)
		maps.Copy(quiet, s.quiet)
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(optional)), slices.Sorted(maps.Keys(quiet))); diff != "" && everyCut {
		t.Errorf("actions without which the tool goes on (-documented +found): %s", diff)
	}
	testkit.Golden(t, "../../../docs/iam.md", table.markdown())
}

// stage is a working directory with a sandbox in which the operator has the generated policy.
type stage struct {
	set      rehearsal
	dir      string
	operator string // the ARN
	policy   string
	tagsLate bool // CloudFormation tags groups after it has made them
	past     []scene
	refused  []sandbox.Decision // since the last step began
	heard    []sandbox.Decision // the same, whatever was decided
	quiet    map[string]bool    // actions without which no step ends in another way
}

// scene is a step that has been done.
type scene struct {
	step
	tagsLate  bool
	folder    string // as the working directory was before it
	decisions []sandbox.Decision
}

func newStage(t *testing.T, set rehearsal) *stage {
	t.Helper()
	s := &stage{set: set, dir: t.TempDir(), operator: set.principal("sandbox"), quiet: map[string]bool{}}
	s.beside(t, func(a *admin) {
		vpc, _, err := a.box.EnsureVPC(set.account, set.region, "/elsewhere")
		if err != nil {
			t.Fatal(err)
		}
		s.set.vpc = vpc
		made := try[*ec2.CreateManagedPrefixListOutput](t)(a.ec2.CreateManagedPrefixList(t.Context(), &ec2.CreateManagedPrefixListInput{
			PrefixListName: aws.String("partners"), AddressFamily: aws.String("IPv4"), MaxEntries: aws.Int32(1)}))
		s.set.list = *made.PrefixList.PrefixListId
	})
	s.write(t, s.set.config(first))
	if set.settings != "" {
		if err := os.WriteFile(filepath.Join(s.dir, "app_config.yaml"), []byte(set.settings), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if exit, out := s.run(t, step{args: []string{"create-policy"}}); exit != 0 {
		t.Fatalf("create-policy: exit code %d\n%s", exit, out)
	}
	s.policy = s.written(t, "*-policy.json")
	return s
}

// written is the policy in a file that create-policy has written.
func (s *stage) written(t *testing.T, pattern string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(s.dir, "policies", pattern))
	if err != nil || len(files) != 1 {
		t.Fatalf("policies %s: %v %v", pattern, files, err)
	}
	text, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// write writes the config.
func (s *stage) write(t *testing.T, config string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Join(s.dir, "configs"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(s.dir, "configs", "my.yaml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
}

// admin is somebody else, who has no policy.
type admin struct {
	box *sandbox.Sandbox
	ec2 *ec2.Client
	ssm *ssm.Client
	cfn *cloudformation.Client
}

// beside does something to the sandbox while the program doesn't run.
func (s *stage) beside(t *testing.T, do func(*admin)) {
	t.Helper()
	s.during(t, 0, do)
}

// during does the same in a sandbox where things take their time, and leaves what is not finished.
func (s *stage) during(t *testing.T, latency time.Duration, do func(*admin)) {
	t.Helper()
	box, err := sandbox.Open(filepath.Join(s.dir, ".sandbox"), sandbox.Options{NoSync: true, Latency: latency, TagsAfterCreation: s.tagsLate})
	if err != nil {
		t.Fatal(err)
	}
	key, err := box.PutPolicy(s.set.principal("admin"), "")
	if err != nil {
		t.Fatal(err)
	}
	cfg := awsenv.Sandbox(awsenv.SandboxOptions{Handler: box, Account: s.set.account, Region: s.set.region})
	cfg.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: key.ID, SecretAccessKey: key.Secret}, nil
	})
	do(&admin{box, ec2.NewFromConfig(cfg), ssm.NewFromConfig(cfg), cloudformation.NewFromConfig(cfg)})
	if err := box.Close(); err != nil {
		t.Fatal(err)
	}
}

// allow gives the operator a policy.
func (s *stage) allow(t *testing.T, policy string) {
	t.Helper()
	box, err := sandbox.Open(filepath.Join(s.dir, ".sandbox"), sandbox.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	_, err = box.PutPolicy(s.operator, policy)
	if err := errors.Join(err, box.Close()); err != nil {
		t.Fatal(err)
	}
}

// run runs the program as the operator, and hears what is decided.
func (s *stage) run(t *testing.T, step step) (exit int, out string) {
	t.Helper()
	s.refused, s.heard = nil, nil
	var text bytes.Buffer
	env := cli.Env{
		Stdin: strings.NewReader(""), Stdout: &text, Stderr: &text, Now: time.Now, Version: "test",
		Environ: []string{"SG_SANDBOX_FAULTS=" + step.faults, "SG_SANDBOX_LATENCY=" + step.latency},
		OpenSandbox: func(dir string, opts sandbox.Options) (*sandbox.Sandbox, error) {
			opts.TagsAfterCreation = s.tagsLate
			opts.Decided = func(d sandbox.Decision) {
				s.heard = append(s.heard, d)
				if d.Verdict != iam.Allowed {
					s.refused = append(s.refused, d)
				}
			}
			return sandbox.Open(dir, opts)
		},
	}
	exit = cli.Main(t.Context(), append(slices.Clone(step.args), "--sandbox", "--workdir", s.dir, "-c", "my.yaml"), env)
	return exit, text.String()
}

// rehearse does all steps under the policy, in each of the two ways in which CloudFormation may tag a group.
func (s *stage) rehearse(t *testing.T) {
	t.Helper()
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.CopyFS(empty, os.DirFS(s.dir)); err != nil {
		t.Fatal(err)
	}
	for _, s.tagsLate = range []bool{true, false} {
		if err := errors.Join(os.RemoveAll(s.dir), os.CopyFS(s.dir, os.DirFS(empty))); err != nil {
			t.Fatal(err)
		}
		s.allow(t, s.policy)
		s.act(t, steps)
	}
}

// act does steps, each of which must end as it says, with nothing refused.
func (s *stage) act(t *testing.T, steps []step) {
	t.Helper()
	for i, step := range steps {
		folder := filepath.Join(t.TempDir(), fmt.Sprint(i))
		if err := os.CopyFS(folder, os.DirFS(s.dir)); err != nil {
			t.Fatal(err)
		}
		if step.before != nil {
			step.before(t, s)
		}
		exit, out := s.run(t, step)
		if exit != step.exit || len(s.refused) > 0 {
			t.Fatalf("step %d, %s: exit code %d, want %d; refused %s\n%s", i, strings.Join(step.args, " "), exit, step.exit, needsOf(s.refused), out)
		}
		s.past = append(s.past, scene{step, s.tagsLate, folder, s.heard})
	}
}

// needsOf lists decisions in short.
func needsOf(decisions []sandbox.Decision) []string {
	list := []string{}
	for _, d := range decisions {
		list = append(list, strings.TrimSpace(d.Need.Action+" on "+d.Need.Resource+" "+d.Via))
	}
	return list
}

// takeAway repeats, for each part of the policy, a step that needs it without that part, and wants it to be refused.
func (s *stage) takeAway(t *testing.T) {
	t.Helper()
	for _, cut := range cuts(t, s.policy) {
		policy, err := iam.Parse(cut.policy)
		if err != nil {
			t.Fatalf("%s: %v", cut.name, err)
		}
		switch needs := s.needing(cut, policy); {
		case cut.free && len(needs) == 0:
			t.Errorf("nothing calls %s", cut.name)
		case len(needs) == 0:
			t.Errorf("nothing needs %s", cut.name)
		case everyCut && !cut.free:
			s.without(t, cut, needs)
		}
	}
}

// without repeats the steps that need what has been cut off until one ends in another way. Where none does, the tool goes
// on without it.
func (s *stage) without(t *testing.T, cut cut, needs []scene) {
	t.Helper()
	for i, past := range needs {
		if i == 0 || past.args[0] != needs[i-1].args[0] {
			if s.again(t, cut, past) {
				return
			}
		}
	}
	if cut.action != "" {
		s.quiet[cut.action] = true
	}
}

// needing are the steps that need what has been cut off, those first that succeed with it. What needs no permission, a
// policy names as what the tool calls.
func (s *stage) needing(cut cut, less *iam.Policy) []scene {
	var needs []scene
	for _, past := range s.past {
		if slices.ContainsFunc(past.decisions, func(d sandbox.Decision) bool {
			if d.Need.Action == "" || cut.free {
				return cut.free && d.Call == cut.action
			}
			return (cut.action == "" || cut.action == d.Need.Action) && less.Decide(d.Need) != iam.Allowed
		}) {
			needs = append(needs, past)
		}
	}
	slices.SortStableFunc(needs, func(a, b scene) int { return min(a.exit, 1) - min(b.exit, 1) })
	return needs
}

// again repeats a step, and what came before it, with less than it needs, and reports whether it ends in another way.
func (s *stage) again(t *testing.T, cut cut, past scene) bool {
	t.Helper()
	other := *s
	other.tagsLate = past.tagsLate
	other.dir = t.TempDir()
	if err := os.CopyFS(other.dir, os.DirFS(past.folder)); err != nil {
		t.Fatal(err)
	}
	if past.step.before != nil {
		past.step.before(t, &other)
	}
	other.allow(t, cut.policy)
	exit, out := other.run(t, past.step)
	if len(other.refused) == 0 {
		t.Errorf("without %s nothing is refused in %v\n%s", cut.name, past.args, out)
	}
	if err := os.RemoveAll(other.dir); err != nil {
		t.Error(err)
	}
	return exit != past.exit
}

// cut is a policy less one part.
type cut struct {
	name   string
	action string // the one taken out, "" for other parts
	free   bool   // the action needs no permission
	policy string
}

// free are the actions that AWS never refuses.
var free = []string{"sts:GetCallerIdentity"}

// policyDocument is a policy as JSON has it.
type policyDocument struct {
	Version   string
	Statement []statement
}

type statement struct {
	Sid       string
	Effect    string
	Action    []string
	Resource  []string
	Condition map[string]map[string][]string `json:",omitempty"`
}

// nowhere is what no resource is, nothing what no value is.
const (
	nowhere = "arn:aws:none:::none"
	nothing = "none"
)

// otherThan is a value for a condition that makes it narrower: one that nothing has, or the opposite.
func otherThan(operator string) string {
	if operator == "Null" {
		return "false"
	}
	return nothing
}

// cuts takes each action and each resource out, and narrows each condition to what never holds.
func cuts(t *testing.T, policy string) (list []cut) {
	t.Helper()
	var whole policyDocument
	if err := json.Unmarshal([]byte(policy), &whole); err != nil {
		t.Fatal(err)
	}
	add := func(name, action string, change func(*policyDocument)) {
		var less policyDocument
		if err := json.Unmarshal([]byte(policy), &less); err != nil {
			t.Fatal(err)
		}
		change(&less)
		text, err := json.Marshal(less)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, cut{name, action, slices.Contains(free, action), string(text)})
	}
	for i, s := range whole.Statement {
		for j, action := range s.Action {
			add(s.Sid+" "+action, action, func(w *policyDocument) { w.Statement[i].Action[j] = "iam:None" })
		}
		for j, resource := range s.Resource {
			if slices.Equal(s.Action, free) {
				continue
			}
			add(s.Sid+" on "+resource, "", func(w *policyDocument) { w.Statement[i].Resource[j] = nowhere })
		}
		for operator, keys := range s.Condition {
			for key, values := range keys {
				if strict, ok := strings.CutSuffix(operator, "IfExists"); ok {
					add(s.Sid+" where "+key+" may be missing", "", func(w *policyDocument) {
						c := w.Statement[i].Condition
						delete(c, operator)
						c[strict] = map[string][]string{key: values}
					})
				}
				for j, value := range values {
					add(fmt.Sprintf("%s where %s %s %s", s.Sid, key, operator, value), "", func(w *policyDocument) {
						w.Statement[i].Condition[operator][key][j] = otherThan(operator)
					})
				}
			}
		}
	}
	return list
}
