package ruleset

import (
	"iter"
	"slices"
	"strings"
)

// Role says what a tier is for; checks and pictures depend on it.
type Role string

// The roles.
const (
	Edge     Role = "edge"
	App      Role = "app"
	Database Role = "database"
	Other    Role = "other"
)

// Tier is one security group of the set. Its rules are sorted by key; rules of equal keys may stand side by side until
// the checks have refused them.
type Tier struct {
	Name        string
	Role        Role
	Description string
	Service     *Traffic // the port it serves, where the scenario says so
	Ingress     []Rule
	Egress      []Rule
}

// Rules are the tier's rules of one direction.
func (t Tier) Rules(d Direction) []Rule {
	if d == Ingress {
		return t.Ingress
	}
	return t.Egress
}

// OpensAllEgress returns the tier's rule that lets out everything (protocol all) to 0.0.0.0/0 or ::/0, if it has one;
// IPv4 comes first.
func (t Tier) OpensAllEgress() (Rule, bool) {
	i := slices.IndexFunc(t.Egress, func(r Rule) bool { return r.Protocol == All && r.Peer.IsAnywhere() })
	if i < 0 {
		return Rule{}, false
	}
	return t.Egress[i], true
}

// CoveredEgress are the egress rules for other groups of a tier whose egress opens everything. They permit nothing that
// is not permitted anyway, and its template leaves them out.
func (t Tier) CoveredEgress() []Rule {
	if _, open := t.OpensAllEgress(); !open {
		return nil
	}
	var covered []Rule
	for _, r := range t.Egress {
		if r.Peer.Kind == TierRef || r.Peer.Kind == GroupRef {
			covered = append(covered, r)
		}
	}
	return covered
}

// Set is a resolved rule set: its tiers from the edge inwards.
type Set struct{ Tiers []Tier }

// NewSet sorts the rules into their tiers. A rule of a tier that is not given is left out: the caller has reported it.
func NewSet(tiers []Tier, rules []Rule) Set {
	set := Set{Tiers: slices.Clone(tiers)}
	index := make(map[string]*Tier, len(tiers))
	for i := range set.Tiers {
		t := &set.Tiers[i]
		t.Ingress, t.Egress = nil, nil
		index[t.Name] = t
	}
	for _, r := range rules {
		switch t := index[r.Tier]; {
		case t == nil:
		case r.Direction == Ingress:
			t.Ingress = append(t.Ingress, r)
		default:
			t.Egress = append(t.Egress, r)
		}
	}
	for _, t := range set.Tiers {
		slices.SortStableFunc(t.Ingress, compareRules)
		slices.SortStableFunc(t.Egress, compareRules)
	}
	return set
}

func compareRules(a, b Rule) int { return a.Compare(b.Key) }

// Rules are all rules of the set, tier by tier, ingress first.
func (s Set) Rules() iter.Seq[Rule] {
	return func(yield func(Rule) bool) {
		for _, t := range s.Tiers {
			for _, r := range t.Ingress {
				if !yield(r) {
					return
				}
			}
			for _, r := range t.Egress {
				if !yield(r) {
					return
				}
			}
		}
	}
}

// Tier returns the tier of that name.
func (s Set) Tier(name string) (Tier, bool) {
	i := slices.IndexFunc(s.Tiers, func(t Tier) bool { return t.Name == name })
	if i < 0 {
		return Tier{}, false
	}
	return s.Tiers[i], true
}

// TierNames are the names of the tiers in their order.
func (s Set) TierNames() []string {
	names := make([]string, len(s.Tiers))
	for i, t := range s.Tiers {
		names[i] = t.Name
	}
	return names
}

// ID is the tier's name as the beginning of its logical IDs: web-front is WebFront.
func (t Tier) ID() string {
	var b strings.Builder
	for part := range strings.SplitSeq(t.Name, "-") {
		if part != "" {
			b.WriteString(strings.ToUpper(part[:1]) + part[1:])
		}
	}
	return b.String()
}
