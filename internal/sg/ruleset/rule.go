package ruleset

import (
	"cmp"
	"fmt"
	"strings"

	"mlops-infra-suite/internal/diag"
)

// Direction says which half of a connection a rule permits.
type Direction uint8

// The directions, in the order in which rules are listed.
const (
	Ingress Direction = iota
	Egress
)

// String is the direction as JSON and AWS name it.
func (d Direction) String() string { return [...]string{"ingress", "egress"}[d] }

// Opposite is the direction of the other half.
func (d Direction) Opposite() Direction { return 1 - d }

// Origin says who asked for a rule.
type Origin uint8

// The origins.
const (
	FromScenario Origin = iota
	FromOverride
	FromMirror // the tool added it as the other half of a rule that names a tier
)

// String is the origin as JSON names it.
func (o Origin) String() string { return [...]string{"scenario", "override", "mirror"}[o] }

// Key is what makes a rule the rule it is for EC2: rules of equal keys are one rule.
type Key struct {
	Tier      string
	Direction Direction
	Traffic
	Peer Peer
}

// Compare orders keys by tier name, direction, traffic and peer.
func (k Key) Compare(l Key) int {
	return cmp.Or(strings.Compare(k.Tier, l.Tier), cmp.Compare(k.Direction, l.Direction), k.Traffic.Compare(l.Traffic), k.Peer.Compare(l.Peer))
}

// String is the key in words: "app ingress tcp/8080 from web".
func (k Key) String() string {
	return fmt.Sprintf("%s %s %s %s %s", k.Tier, k.Direction, k.Traffic.InRule(), [...]string{"from", "to"}[k.Direction], k.Peer)
}

// Mirror is the key of the other half; ok is false where the peer is not a tier of the set.
func (k Key) Mirror() (_ Key, ok bool) {
	if k.Peer.Kind != TierRef {
		return Key{}, false
	}
	return Key{Tier: k.Peer.Name, Direction: k.Direction.Opposite(), Traffic: k.Traffic, Peer: TierPeer(k.Tier)}, true
}

// Rule is one permission of one tier, with where it came from.
type Rule struct {
	Key
	Description string
	Origin      Origin
	Pos         diag.Pos // the line that caused it
	Written     string   // the CIDR as it was written, where that is not its canonical form
}
