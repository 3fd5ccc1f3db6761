package template

import (
	"encoding/base64"
	"net/netip"
	"strconv"
)

// The functions that networks are written with, and Fn::Base64.

func zonesEvaluate(arg any, resolve Resolver) (any, error) {
	region, err := text(arg, resolve, "Fn::GetAZs")
	if err != nil {
		return nil, err
	}
	return resolve(Reference{Kind: Zones, Name: region})
}

func base64Evaluate(arg any, resolve Resolver) (any, error) {
	plain, err := text(arg, resolve, "Fn::Base64")
	if err != nil || plain == KnownAfterApply {
		return plain, err
	}
	return base64.StdEncoding.EncodeToString([]byte(plain)), nil
}

// maxCIDRs is how many ranges Fn::Cidr makes at most (documented).
const maxCIDRs = 256

func cidrReferences(arg any) ([]Reference, error) {
	if parts, ok := arg.(List); ok && (len(parts) == 2 || len(parts) == 3) {
		return References(parts)
	}
	return nil, cidrError()
}

func cidrError() error {
	return validationError("Template error: Fn::Cidr requires a list of an IP block, a count from 1 to %d and the number of "+
		"bits that the ranges have for hosts, which must fit into the block", maxCIDRs)
}

// cidrEvaluate cuts the first count ranges out of a block, each with the given number of host bits. (Documented; the error is
// assumed.)
func cidrEvaluate(arg any, resolve Resolver) (any, error) {
	parts := append(List{}, arg.(List)...)
	if len(parts) == 2 {
		parts = append(parts, "") // assumed: what makes a /64 of IPv6 or 256 addresses of IPv4
	}
	var texts [3]string
	for i, part := range parts {
		var err error
		if texts[i], err = text(part, resolve, "Fn::Cidr"); err != nil {
			return nil, err
		}
		if texts[i] == KnownAfterApply {
			return KnownAfterApply, nil
		}
	}
	block, err := netip.ParsePrefix(texts[0])
	count, countErr := strconv.Atoi(texts[1])
	if err != nil || countErr != nil || count < 1 || count > maxCIDRs {
		return nil, cidrError()
	}
	bits := 8
	if block.Addr().Is6() {
		bits = 64
	}
	if texts[2] != "" {
		if bits, err = strconv.Atoi(texts[2]); err != nil {
			return nil, cidrError()
		}
	}
	return ranges(block.Masked(), count, bits)
}

func ranges(block netip.Prefix, count, bits int) (any, error) {
	length := block.Addr().BitLen() - bits
	if bits < 1 || length < block.Bits() || length-block.Bits() < 9 && count > 1<<(length-block.Bits()) {
		return nil, cidrError()
	}
	list := make(List, count)
	for i := range list {
		list[i] = netip.PrefixFrom(addressAt(block.Addr(), i, bits), length).String()
	}
	return list, nil
}

// addressAt is the first address of range i, counted from 0, if each range has the given number of host bits.
func addressAt(first netip.Addr, i, bits int) netip.Addr {
	raw := first.AsSlice()
	for carry, at := i<<(bits%8), len(raw)-1-bits/8; carry > 0 && at >= 0; at-- {
		carry += int(raw[at])
		raw[at] = byte(carry & 0xff)
		carry >>= 8
	}
	address, _ := netip.AddrFromSlice(raw) // as long as it was
	return address
}
