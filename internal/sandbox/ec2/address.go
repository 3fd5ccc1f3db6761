package ec2

import (
	"encoding/binary"
	"net/netip"

	"mlops-infra-suite/internal/sandbox/wire"
)

// reserved is how many addresses of a subnet AWS reserves: the first four and the last (documented).
const reserved = 5

// freeAddress is the address asked for, or the first free one when it is "".
// (Codes documented, wording reported.)
func freeAddress(call *wire.Call, s subnet, asked string) (string, error) {
	taken := map[string]bool{}
	for n := range interfacesOf(call) {
		if n.Subnet == s.ID {
			taken[n.Address] = true
		}
	}
	whole := s.prefix()
	first, last := usable(whole)
	if asked == "" {
		for a := first; a.Compare(last) <= 0; a = a.Next() {
			if !taken[a.String()] {
				return a.String(), nil
			}
		}
		return "", wire.Errorf("InsufficientFreeAddressesInSubnet",
			"The specified subnet does not have enough free addresses to satisfy the request.")
	}
	a, err := netip.ParseAddr(asked)
	switch {
	case err != nil || !a.Is4():
		return "", invalidValue("Value (%s) for parameter privateIpAddress is invalid. Invalid IPv4 address.", asked)
	case !whole.Contains(a):
		return "", invalidValue("Address does not fall within the subnet's address range")
	case a.Less(first) || last.Less(a):
		return "", invalidValue("Address is in subnet's reserved address range")
	case taken[asked]:
		return "", wire.Errorf("InvalidIPAddress.InUse", "Address %s is in use.", asked)
	}
	return asked, nil
}

// usable is the range of a subnet's addresses without those that AWS reserves.
func usable(whole netip.Prefix) (first, last netip.Addr) {
	base := whole.Addr().As4()
	number := binary.BigEndian.Uint32(base[:])
	address := func(offset uint32) netip.Addr {
		return netip.AddrFrom4([4]byte(binary.BigEndian.AppendUint32(nil, number+offset)))
	}
	return address(reserved - 1), address(1<<(32-whole.Bits()) - 2)
}
