package cli_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/google/go-cmp/cmp"

	"mlops-infra-suite/internal/awsenv"
	"mlops-infra-suite/internal/sandbox"
)

// TestDriftFindsWhatRandomChangesLeave changes the rules of a deployed set at random, as two people would, hundreds of times:
// each time everything that differs is found, nothing else is, each by whom it was changed, and --fix puts it back. What is
// expected is known from EC2 and from who called what alone.
func TestDriftFindsWhatRandomChangesLeave(t *testing.T) {
	t.Parallel()
	const half = 100
	for _, first := range []uint64{0, half} {
		t.Run(fmt.Sprintf("from seed %d", first), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { findRandomChanges(t, first, first+half) })
		})
	}
}

// findRandomChanges makes changes of the seeds from first to last on one set.
func findRandomChanges(t *testing.T, first, last uint64) {
	dir := workdir(t, "dev")
	program := func(want int, result any, args ...string) {
		t.Helper()
		runIn(t.Context(), t, dir, []string{"SG_SANDBOX=1"}, want, result, args...)
	}
	program(0, nil, "create-security-groups", "--force")
	meant := openHands(t, dir, nil).close()
	for seed := first; seed < last; seed++ {
		h := openHands(t, dir, rand.New(rand.NewPCG(seed, 0)))
		for range 1 + h.rng.IntN(8) {
			h.change()
		}
		now := h.close()
		var got driftDocument
		program(wantedExit(meant, now), &got, "check-drift", "--exit-code", "--rules-only")
		checkFound(t, seed, h, meant, now, got)
		if t.Failed() {
			t.Fatalf("seed %d: %s", seed, strings.Join(h.story, "\n"))
		}
		program(0, &got, "check-drift", "--exit-code", "--rules-only", "--fix", "--force")
		fixed := openHands(t, dir, nil).close()
		if diff := cmp.Diff(texts(meant), texts(fixed)); diff != "" {
			t.Fatalf("seed %d: after --fix (-meant +held):\n%s%s", seed, diff, strings.Join(h.story, "\n"))
		}
		meant = fixed // the rules have other IDs now
	}
}

// TestDriftBlamesNobodyTooEarly looks while CloudTrail does not have the last changes yet: who made a change that it has not is
// unknown, and never who made an older one.
func TestDriftBlamesNobodyTooEarly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		dir := workdir(t, "dev")
		program := func(want int, delay uint64, result any, args ...string) {
			t.Helper()
			environ := []string{"SG_SANDBOX=1", fmt.Sprintf("SG_SANDBOX_TRAIL_DELAY=%ds", delay)}
			runIn(t.Context(), t, dir, environ, want, result, args...)
		}
		program(0, 0, nil, "create-security-groups", "--force")
		meant := openHands(t, dir, nil).close()
		unknown := 0
		for seed := range uint64(40) {
			time.Sleep(time.Minute)
			h := openHands(t, dir, rand.New(rand.NewPCG(seed, 1)))
			h.late = true
			for range 6 {
				h.change()
			}
			now := h.close()
			var got driftDocument
			program(wantedExit(meant, now), seed%6, &got, "check-drift", "--exit-code", "--rules-only")
			checkFound(t, seed, h, meant, now, got)
			if t.Failed() {
				t.Fatalf("seed %d: %s", seed, strings.Join(h.story, "\n"))
			}
			for _, r := range got.Rules.Added {
				if r.Change.By == "unknown" {
					unknown++
				}
			}
			program(0, 0, nil, "check-drift", "--rules-only", "--fix", "--force")
			meant = openHands(t, dir, nil).close()
		}
		if unknown == 0 {
			t.Error("nothing was too early")
		}
	})
}

type driftResource struct {
	LogicalID      string `json:"logical_id"`
	DriftStatus    string `json:"drift_status"`
	Fixed          bool   `json:"fixed"`
	CloudFormation string `json:"cloudformation"`
	Explanation    string `json:"explanation"`
}

// driftDocument is the JSON of check-drift, as far as tests look at it.
type driftDocument struct {
	Status      string `json:"status"`
	DriftStatus string `json:"drift_status"`
	Rules       struct {
		Added   []driftRule `json:"added"`
		Removed []driftRule `json:"removed"`
		Changed []struct {
			driftRule
			Kind     string    `json:"kind"`
			Expected driftRule `json:"expected"`
		} `json:"changed"`
		Remade []struct {
			RuleID  string `json:"rule_id"`
			KnownAs string `json:"known_as"`
		} `json:"remade"`
	} `json:"rules"`
	Groups     []driftItem `json:"groups"`
	Parameters []driftItem `json:"parameters"`
	Tags       []driftItem `json:"tags"`
	Flows      struct {
		Opened, Closed []map[string]any
	} `json:"flows"`
	Pending struct {
		Added, Removed, Changed []driftRule
		Tags                    []struct {
			Tier, Key string
			From, To  *string
		}
	} `json:"pending"`
	Resources      []driftResource `json:"resources"`
	CloudFormation struct {
		DriftStatus string   `json:"drift_status"`
		Reason      string   `json:"reason"`
		Notes       []string `json:"notes"`
	} `json:"cloudformation"`
	Notes []string `json:"notes"`
	Fix   *struct {
		Steps []struct {
			Action, Text string
			Done         bool
		}
		Left []string
	} `json:"fix"`
	Findings []struct{ ID, Rule string } `json:"findings"`
	Error    struct{ Code, Message, Hint string }
}

type driftChange struct {
	By        string `json:"by"`
	Who       string `json:"who"`
	Role      string `json:"role"`
	When      string `json:"when"`
	SourceIP  string `json:"source_ip"`
	UserAgent string `json:"user_agent"`
	Event     string `json:"event"`
	Stack     string `json:"stack"`
	Reason    string `json:"reason"`
}

type driftItem struct {
	Tier, Name, Resource, Key, State string
	Expected, Actual                 *string
	Change                           driftChange
}

type driftRule struct {
	Tier, Direction, Protocol string
	FromPort                  int `json:"from_port"`
	ToPort                    int `json:"to_port"`
	Peer                      map[string]string
	Description               string
	Origin                    string
	RuleID                    string `json:"rule_id"`
	InConfig                  bool   `json:"in_config"`
	Change                    driftChange
}

// key is what the rule is for EC2, in the words of the test.
func (r driftRule) key() string {
	protocol := strings.Replace(r.Protocol, "all", "-1", 1)
	peer := slices.Collect(maps.Values(r.Peer))[0]
	return fmt.Sprintf("%s %s %s %d-%d %s", r.Tier, r.Direction, protocol, r.FromPort, r.ToPort, peer)
}

// handRule is a rule as EC2 holds it.
type handRule struct{ id, key, description string }

// hands are two people with clients of their own, and what they have done.
type hands struct {
	t     *testing.T
	rng   *rand.Rand
	box   *sandbox.Sandbox
	cfg   map[string]aws.Config  // by person
	ec2   map[string]*ec2.Client // by person
	tiers map[string]string      // of the groups, by ID
	ids   map[string]string      // of the groups, by tier
	story []string
	late  bool // CloudTrail doesn't have the last changes yet: not to know who made one is right

	made      map[string]string          // by rule ID: who added it or made it another one last
	described map[string]string          // by rule ID: who described it last
	origin    map[string]string          // by rule ID: what it was first
	undone    map[string]map[string]bool // by key: who may be named as the one that took it away
}

// openHands opens the sandbox of a working directory.
func openHands(t *testing.T, dir string, rng *rand.Rand) *hands {
	t.Helper()
	box, err := sandbox.Open(filepath.Join(dir, ".sandbox"), sandbox.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	h := &hands{
		t: t, rng: rng, box: box, cfg: map[string]aws.Config{}, ec2: map[string]*ec2.Client{}, tiers: map[string]string{}, ids: map[string]string{},
		made: map[string]string{}, described: map[string]string{}, origin: map[string]string{}, undone: map[string]map[string]bool{},
	}
	base := awsenv.Sandbox(awsenv.SandboxOptions{Handler: box, Account: benchAccount, Region: benchRegion, Version: "hands"})
	base.APIOptions = nil // people don't call with the tool's user agent
	for _, person := range []string{"alice", "bob"} {
		out, err := sts.NewFromConfig(base).AssumeRole(t.Context(), &sts.AssumeRoleInput{
			RoleArn: aws.String("arn:aws:iam::" + benchAccount + ":role/Operator"), RoleSessionName: aws.String(person),
		})
		if err != nil {
			t.Fatal(err)
		}
		cfg := base.Copy()
		c := out.Credentials
		cfg.Credentials = credentials.NewStaticCredentialsProvider(*c.AccessKeyId, *c.SecretAccessKey, *c.SessionToken)
		h.cfg[person], h.ec2[person] = cfg, ec2.NewFromConfig(cfg)
	}
	groups, err := h.ec2["alice"].DescribeSecurityGroups(t.Context(), &ec2.DescribeSecurityGroupsInput{})
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range groups.SecurityGroups {
		for _, tag := range g.Tags {
			if *tag.Key == "Tier" {
				h.tiers[*g.GroupId], h.ids[*tag.Value] = *tag.Value, *g.GroupId
			}
		}
	}
	for _, r := range h.rules() {
		h.origin[r.id] = r.key
	}
	return h
}

// close closes the sandbox and returns the rules that it holds, by key.
func (h *hands) close() map[string]handRule {
	rules := h.rules()
	if err := h.box.Close(); err != nil {
		h.t.Fatal(err)
	}
	byKey := map[string]handRule{}
	for _, r := range rules {
		byKey[r.key] = r
	}
	return byKey
}

func texts(rules map[string]handRule) map[string]string {
	out := map[string]string{}
	for key, r := range rules {
		out[key] = r.description
	}
	return out
}

// rules are the rules of the set's groups, in an order of their own that is the same every time.
func (h *hands) rules() []handRule {
	h.t.Helper()
	out, err := h.ec2["alice"].DescribeSecurityGroupRules(h.t.Context(), &ec2.DescribeSecurityGroupRulesInput{})
	if err != nil {
		h.t.Fatal(err)
	}
	var rules []handRule
	for _, r := range out.SecurityGroupRules {
		if tier, ours := h.tiers[*r.GroupId]; ours {
			rules = append(rules, handRule{*r.SecurityGroupRuleId, h.keyOf(tier, r), aws.ToString(r.Description)})
		}
	}
	slices.SortFunc(rules, func(a, b handRule) int { return strings.Compare(a.key, b.key) })
	return rules
}

func (h *hands) keyOf(tier string, r types.SecurityGroupRule) string {
	direction := map[bool]string{false: "ingress", true: "egress"}[*r.IsEgress]
	peer := aws.ToString(r.CidrIpv4) + aws.ToString(r.CidrIpv6) + aws.ToString(r.PrefixListId)
	if r.ReferencedGroupInfo != nil {
		peer = *r.ReferencedGroupInfo.GroupId
		if tier, ours := h.tiers[peer]; ours {
			peer = tier
		}
	}
	return fmt.Sprintf("%s %s %s %d-%d %s", tier, direction, *r.IpProtocol, *r.FromPort, *r.ToPort, peer)
}

func (h *hands) pick(texts ...string) string { return texts[h.rng.IntN(len(texts))] }

// change is one call by one of the people. Some calls fail, and some are dry runs.
func (h *hands) change() {
	time.Sleep(time.Second)
	person := h.pick("alice", "bob")
	group := h.ids[h.pick("web", "app", "db")]
	rules := h.rules()
	r := rules[h.rng.IntN(len(rules))]
	tier, direction := strings.Fields(r.key)[0], strings.Fields(r.key)[1]
	switch h.pick("add", "add", "revoke", "revoke", "modify", "modify", "describe", "dry run") {
	case "add":
		h.add(person, group, h.pick("ingress", "egress"), false)
	case "dry run":
		h.add(person, group, "ingress", true)
	case "revoke":
		h.revoke(person, h.ids[tier], direction, r)
	case "modify":
		h.modify(person, h.ids[tier], r)
	case "describe":
		h.describe(person, h.ids[tier], direction, r)
	}
}

// traffic is a random protocol with ports.
func (h *hands) traffic() (protocol string, from, to int32) {
	switch protocol = h.pick("tcp", "tcp", "udp", "icmp", "-1", "50"); protocol {
	case "-1", "50":
		return protocol, -1, -1
	case "icmp":
		return protocol, 8, -1
	default:
		from = []int32{22, 443, 5432}[h.rng.IntN(3)]
		return protocol, from, from + int32(h.rng.IntN(2))
	}
}

func (h *hands) add(person, group, direction string, dryRun bool) {
	protocol, from, to := h.traffic()
	description := aws.String(h.pick("", "a", "b"))
	p := types.IpPermission{IpProtocol: &protocol, FromPort: &from, ToPort: &to}
	switch peer := h.pick("10.0.0.0/8", "0.0.0.0/0", "::/0", "web", "app"); peer {
	case "web", "app":
		p.UserIdGroupPairs = []types.UserIdGroupPair{{GroupId: aws.String(h.ids[peer]), Description: description}}
	case "::/0":
		p.Ipv6Ranges = []types.Ipv6Range{{CidrIpv6: &peer, Description: description}}
	default:
		p.IpRanges = []types.IpRange{{CidrIp: &peer, Description: description}}
	}
	var err error
	var added []types.SecurityGroupRule
	if direction == "ingress" {
		out, failed := h.ec2[person].AuthorizeSecurityGroupIngress(h.t.Context(), &ec2.AuthorizeSecurityGroupIngressInput{
			GroupId: &group, IpPermissions: []types.IpPermission{p}, DryRun: &dryRun,
		})
		if err = failed; err == nil {
			added = out.SecurityGroupRules
		}
	} else {
		out, failed := h.ec2[person].AuthorizeSecurityGroupEgress(h.t.Context(), &ec2.AuthorizeSecurityGroupEgressInput{
			GroupId: &group, IpPermissions: []types.IpPermission{p}, DryRun: &dryRun,
		})
		if err = failed; err == nil {
			added = out.SecurityGroupRules
		}
	}
	for _, r := range added {
		id, key := *r.SecurityGroupRuleId, h.keyOf(h.tiers[group], r)
		h.made[id], h.origin[id] = person, key
		delete(h.undone, key)
		h.tell("%s adds %s as %s (%q)", person, key, id, *description)
	}
	if err != nil {
		h.tell("%s fails to add: %v", person, err)
	}
}

func (h *hands) revoke(person, group, direction string, r handRule) {
	var err error
	if direction == "ingress" {
		_, err = h.ec2[person].RevokeSecurityGroupIngress(h.t.Context(), &ec2.RevokeSecurityGroupIngressInput{GroupId: &group, SecurityGroupRuleIds: []string{r.id}})
	} else {
		_, err = h.ec2[person].RevokeSecurityGroupEgress(h.t.Context(), &ec2.RevokeSecurityGroupEgressInput{GroupId: &group, SecurityGroupRuleIds: []string{r.id}})
	}
	if err != nil {
		h.t.Fatal(err)
	}
	h.undo(person, r)
	h.tell("%s revokes %s (%s)", person, r.key, r.id)
}

// undo notes that a rule is no longer what it was.
func (h *hands) undo(person string, r handRule) {
	for _, key := range []string{r.key, h.origin[r.id]} {
		if h.undone[key] == nil {
			h.undone[key] = map[string]bool{}
		}
		h.undone[key][person] = true
	}
}

func (h *hands) modify(person, group string, r handRule) {
	protocol, from, to := h.traffic()
	request := &types.SecurityGroupRuleRequest{IpProtocol: &protocol, FromPort: &from, ToPort: &to, Description: aws.String(h.pick("", "c"))}
	switch peer := h.pick("10.0.0.0/8", "0.0.0.0/0", "2001:db8::/32", "web"); peer {
	case "web":
		request.ReferencedGroupId = aws.String(h.ids[peer])
	case "2001:db8::/32":
		request.CidrIpv6 = &peer
	default:
		request.CidrIpv4 = &peer
	}
	_, err := h.ec2[person].ModifySecurityGroupRules(h.t.Context(), &ec2.ModifySecurityGroupRulesInput{
		GroupId: &group, SecurityGroupRules: []types.SecurityGroupRuleUpdate{{SecurityGroupRuleId: &r.id, SecurityGroupRule: request}},
	})
	if err != nil {
		h.tell("%s fails to modify %s: %v", person, r.id, err)
		return
	}
	h.made[r.id] = person
	delete(h.described, r.id)
	h.undo(person, r)
	for _, now := range h.rules() {
		if now.id == r.id {
			delete(h.undone, now.key)
		}
	}
	h.tell("%s modifies %s, was %s", person, r.id, r.key)
}

func (h *hands) describe(person, group, direction string, r handRule) {
	text := h.pick("x", "y")
	if text == r.description { // who says again what stands changes nothing
		text = "z"
	}
	texts := []types.SecurityGroupRuleDescription{{SecurityGroupRuleId: &r.id, Description: &text}}
	var err error
	if direction == "ingress" {
		_, err = h.ec2[person].UpdateSecurityGroupRuleDescriptionsIngress(h.t.Context(), &ec2.UpdateSecurityGroupRuleDescriptionsIngressInput{
			GroupId: &group, SecurityGroupRuleDescriptions: texts,
		})
	} else {
		_, err = h.ec2[person].UpdateSecurityGroupRuleDescriptionsEgress(h.t.Context(), &ec2.UpdateSecurityGroupRuleDescriptionsEgressInput{
			GroupId: &group, SecurityGroupRuleDescriptions: texts,
		})
	}
	if err != nil {
		h.t.Fatal(err)
	}
	h.described[r.id] = person
	h.tell("%s describes %s (%s) as %q", person, r.key, r.id, text)
}

func (h *hands) tell(format string, args ...any) {
	h.story = append(h.story, fmt.Sprintf(format, args...))
}

func wantedExit(meant, now map[string]handRule) int {
	if maps.Equal(texts(meant), texts(now)) {
		return 0
	}
	return 10
}

// checkFound holds what was found to what there is, and to who did it.
func checkFound(t *testing.T, seed uint64, h *hands, meant, now map[string]handRule, got driftDocument) {
	t.Helper()
	extra, missing, redescribed := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for key, r := range now {
		m, wanted := meant[key]
		extra[key] = !wanted
		redescribed[key] = wanted && m.description != r.description
	}
	for key := range meant {
		_, there := now[key]
		missing[key] = !there
	}
	gotExtra, gotMissing, gotRedescribed := map[string]bool{}, map[string]bool{}, map[string]bool{}
	by := func(what string, c driftChange, allowed map[string]bool) {
		t.Helper()
		if h.late && c.By == "unknown" {
			return
		}
		person := c.Who[strings.LastIndexByte(c.Who, '/')+1:]
		if !allowed[person] || c.By != "user" || c.When == "" || c.Role != "arn:aws:iam::"+benchAccount+":role/Operator" {
			t.Errorf("seed %d: %s by %+v, want one of %v", seed, what, c, slices.Collect(maps.Keys(allowed)))
		}
	}
	for _, r := range got.Rules.Added {
		gotExtra[r.key()] = true
		by("added "+r.key(), r.Change, map[string]bool{h.made[r.RuleID]: true})
	}
	for _, r := range got.Rules.Removed {
		gotMissing[r.key()] = true
		by("removed "+r.key(), r.Change, h.undone[r.key()])
	}
	for _, r := range got.Rules.Changed {
		author := h.made[r.RuleID]
		if r.Kind == "description" {
			gotRedescribed[r.key()] = true
			if described := h.described[r.RuleID]; described != "" {
				author = described
			}
			by("described "+r.key(), r.Change, map[string]bool{author: true})
			continue
		}
		gotExtra[r.key()], gotMissing[r.Expected.key()] = true, true
		by("changed "+r.key(), r.Change, map[string]bool{author: true})
		if was := h.origin[r.RuleID]; was != r.Expected.key() {
			t.Errorf("seed %d: %s was %s first, not %s", seed, r.RuleID, was, r.Expected.key())
		}
	}
	no := func(_ string, is bool) bool { return !is }
	for _, set := range []map[string]bool{extra, missing, redescribed} {
		maps.DeleteFunc(set, no)
	}
	for _, pair := range []struct {
		what      string
		want, got map[string]bool
	}{{"not meant", extra, gotExtra}, {"missing", missing, gotMissing}, {"described", redescribed, gotRedescribed}} {
		if diff := cmp.Diff(pair.want, pair.got); diff != "" {
			t.Errorf("seed %d: %s (-there +found):\n%s", seed, pair.what, diff)
		}
	}
	told := len(got.Rules.Added) + len(got.Rules.Removed) + 2*len(got.Rules.Changed)
	if told != len(gotExtra)+len(gotMissing)+2*len(gotRedescribed) {
		t.Errorf("seed %d: something is told twice", seed)
	}
	if len(got.Groups)+len(got.Parameters)+len(got.Tags) > 0 {
		t.Errorf("seed %d: invented: %v %v %v", seed, got.Groups, got.Parameters, got.Tags)
	}
}
