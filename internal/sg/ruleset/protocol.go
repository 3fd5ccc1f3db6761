package ruleset

import (
	"fmt"
	"strconv"
	"strings"
)

// Protocol is an IP protocol by its IANA number, 0 to 255, or All.
type Protocol int16

// The protocols that EC2 knows by name. For every other one a rule covers the whole protocol: EC2 ignores its ports.
const (
	All    Protocol = -1
	ICMP   Protocol = 1
	TCP    Protocol = 6
	UDP    Protocol = 17
	ICMPv6 Protocol = 58
)

var protocolNames = map[Protocol]string{All: "all", ICMP: "icmp", TCP: "tcp", UDP: "udp", ICMPv6: "icmpv6"}

// ParseProtocol reads a protocol as configs and EC2 write it: tcp, udp, icmp, icmpv6, all, -1 or a number from 0 to 255.
func ParseProtocol(text string) (Protocol, error) {
	lower := strings.ToLower(text)
	for p, name := range protocolNames {
		if lower == name {
			return p, nil
		}
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < -1 || n > 255 {
		return 0, fmt.Errorf("%q is not a protocol: use tcp, udp, icmp, icmpv6, all or a number from 0 to 255", text)
	}
	return Protocol(n), nil
}

// String is the protocol's name where it has one, else its number.
func (p Protocol) String() string {
	if p == Others {
		return "other"
	}
	if name, ok := protocolNames[p]; ok {
		return name
	}
	return strconv.Itoa(int(p))
}

// EC2 is the protocol as EC2 and CloudFormation write it: -1 for All.
func (p Protocol) EC2() string {
	if p == All {
		return "-1"
	}
	return p.String()
}

// HasPorts reports whether rules of the protocol name ports.
func (p Protocol) HasPorts() bool { return p == TCP || p == UDP }

// IsICMP reports whether rules of the protocol name an ICMP type and code in the place of ports.
func (p Protocol) IsICMP() bool { return p == ICMP || p == ICMPv6 }
