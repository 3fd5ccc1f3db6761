package ec2

import (
	"fmt"
	"iter"
	"strings"

	"mlops-infra-suite/internal/sandbox/store"
	"mlops-infra-suite/internal/sandbox/wire"
)

// Rules lie below their group, and an index finds the group of a rule ID.
const (
	ruleTable      = "ec2.rule"
	ruleIndexTable = "ec2.rule-group"
)

// key is what makes two rules of a group the same for EC2: everything but the
// description, canonicalised. Exactly one of the four peers is set.
type key struct {
	Egress     bool   `json:",omitempty"`
	Protocol   string // tcp, udp, icmp, icmpv6, another number, or -1
	From, To   int32  // -1 for all, and for protocols without ports
	CIDRv4     string `json:",omitempty"`
	CIDRv6     string `json:",omitempty"`
	PrefixList string `json:",omitempty"`
	Group      string `json:",omitempty"`
}

// rule is a rule as it is stored.
type rule struct {
	ID, GroupID string
	key
	Description string `json:",omitempty"`
	Tags        tags   `json:",omitempty"`
}

const allProtocols = "-1"

// allowAllEgress is the rule that every new group has (documented; reported: for
// IPv4 alone).
func allowAllEgress(groupID string) rule {
	return rule{GroupID: groupID, key: key{Egress: true, Protocol: allProtocols, From: -1, To: -1, CIDRv4: "0.0.0.0/0"}}
}

// addRule stores a new rule and returns it with its ID.
func addRule(call *wire.Call, r rule) rule {
	r.ID = call.NewID("sgr")
	r.put(call)
	store.Put(call.Tx, ruleIndexTable, call.Key(r.ID), r.GroupID)
	return r
}

func (r rule) put(call *wire.Call) { store.Put(call.Tx, ruleTable, call.Key(r.GroupID, r.ID), r) }

func (r rule) remove(call *wire.Call) {
	store.Delete(call.Tx, ruleTable, call.Key(r.GroupID, r.ID))
	store.Delete(call.Tx, ruleIndexTable, call.Key(r.ID))
}

func getRule(call *wire.Call, id string) (rule, error) {
	if err := ruleID.check(id); err != nil {
		return rule{}, err
	}
	groupID, _ := store.Get[string](call.Tx, ruleIndexTable, call.Key(id))
	r, ok := store.Get[rule](call.Tx, ruleTable, call.Key(groupID, id))
	if !ok {
		return rule{}, ruleNotFound(id)
	}
	return r, nil
}

// rulesOf yields the rules of a group, or of all groups when groupID is "".
func rulesOf(call *wire.Call, groupID string) iter.Seq[rule] {
	prefix := call.Prefix()
	if groupID != "" {
		prefix = call.Prefix(groupID)
	}
	return func(yield func(rule) bool) {
		for _, r := range store.Scan[rule](call.Tx, ruleTable, prefix) {
			if !yield(r) {
				return
			}
		}
	}
}

// hasPorts reports whether the protocol has ports, or ICMP types, that count.
func hasPorts(protocol string) bool {
	switch protocol {
	case "tcp", "udp", "icmp", "icmpv6":
		return true
	}
	return false
}

// peer is the rule's other end, as errors name it.
func (k key) peer() string {
	for _, p := range []string{k.CIDRv4, k.CIDRv6, k.PrefixList} {
		if p != "" {
			return p
		}
	}
	return k.Group
}

// String describes the rule as EC2's errors do (reported; for ICMP assumed):
//
//	peer: 0.0.0.0/0, TCP, from port: 443, to port: 443, ALLOW
func (k key) String() string {
	traffic := strings.ToUpper(k.Protocol)
	switch k.Protocol {
	case allProtocols:
		traffic = "ALL"
	case "tcp", "udp":
		traffic = fmt.Sprintf("%s, from port: %d, to port: %d", traffic, k.From, k.To)
	case "icmp", "icmpv6":
		traffic = fmt.Sprintf("%s, type: %s, code: %s", traffic, orAll(k.From), orAll(k.To))
	}
	return fmt.Sprintf("peer: %s, %s, ALLOW", k.peer(), traffic)
}

func orAll(number int32) string {
	if number == -1 {
		return "ALL"
	}
	return fmt.Sprint(number)
}

func (r rule) show(call *wire.Call) SecurityGroupRule {
	shown := SecurityGroupRule{
		SecurityGroupRuleId: r.ID, GroupId: r.GroupID, GroupOwnerId: call.Account, IsEgress: r.Egress,
		IpProtocol: r.Protocol, FromPort: r.From, ToPort: r.To,
		CidrIpv4: r.CIDRv4, CidrIpv6: r.CIDRv6, PrefixListId: r.PrefixList,
		Description: r.Description, Tags: r.Tags.list(),
		SecurityGroupRuleArn: call.ARN("ec2", "security-group-rule/"+r.ID),
	}
	if r.Group != "" {
		shown.ReferencedGroupInfo = &ReferencedSecurityGroup{GroupId: r.Group, UserId: call.Account}
	}
	return shown
}

func showRules(call *wire.Call, rules []rule) []SecurityGroupRule {
	shown := []SecurityGroupRule{}
	for _, r := range rules {
		shown = append(shown, r.show(call))
	}
	return shown
}

func (r rule) revoked() RevokedSecurityGroupRule {
	return RevokedSecurityGroupRule{
		SecurityGroupRuleId: r.ID, GroupId: r.GroupID, IsEgress: r.Egress,
		IpProtocol: r.Protocol, FromPort: r.From, ToPort: r.To,
		CidrIpv4: r.CIDRv4, CidrIpv6: r.CIDRv6, PrefixListId: r.PrefixList,
		ReferencedGroupId: r.Group, Description: r.Description,
	}
}
