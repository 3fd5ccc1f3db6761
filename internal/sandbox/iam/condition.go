package iam

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Keys are the condition keys of a request, in small letters, with their values.
type Keys map[string][]string

func (k Keys) set(key string, values ...string) { k[strings.ToLower(key)] = values }

// condition is one key of a statement's condition.
type condition struct {
	key      string
	values   []string
	compare  func(want, have string) bool
	negate   bool // the comparison must hold for none of the values wanted
	ifExists bool
	null     bool // the operator Null, which looks at nothing else
	set      string
}

// Quantifiers over the values of a key with several.
const (
	forAll = "ForAllValues"
	forAny = "ForAnyValue"
)

// operators are how values are compared, by the operators' names (documented set;
// BinaryEquals, which no key here has a use for, is none of them). Those that
// begin with the text after which "Not" comes have an opposite.
var operators = map[string]func(want, have string) bool{
	"StringEquals":             func(want, have string) bool { return want == have },
	"StringEqualsIgnoreCase":   strings.EqualFold,
	"StringLike":               glob,
	"ArnEquals":                matchARN,
	"ArnLike":                  matchARN,
	"Bool":                     strings.EqualFold,
	"NumericEquals":            numeric(func(want, have float64) bool { return have == want }),
	"NumericLessThan":          numeric(func(want, have float64) bool { return have < want }),
	"NumericLessThanEquals":    numeric(func(want, have float64) bool { return have <= want }),
	"NumericGreaterThan":       numeric(func(want, have float64) bool { return have > want }),
	"NumericGreaterThanEquals": numeric(func(want, have float64) bool { return have >= want }),
	"DateEquals":               date(func(order int) bool { return order == 0 }),
	"DateLessThan":             date(func(order int) bool { return order < 0 }),
	"DateLessThanEquals":       date(func(order int) bool { return order <= 0 }),
	"DateGreaterThan":          date(func(order int) bool { return order > 0 }),
	"DateGreaterThanEquals":    date(func(order int) bool { return order >= 0 }),
	"IpAddress":                inNetwork,
}

// opposites are the operators that say that another one doesn't hold.
var opposites = map[string]string{
	"StringNotEquals": "StringEquals", "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase", "StringNotLike": "StringLike",
	"ArnNotEquals": "ArnEquals", "ArnNotLike": "ArnLike", "NumericNotEquals": "NumericEquals", "DateNotEquals": "DateEquals",
	"NotIpAddress": "IpAddress",
}

func numeric(holds func(want, have float64) bool) func(want, have string) bool {
	return func(want, have string) bool {
		w, errWant := strconv.ParseFloat(want, 64)
		h, errHave := strconv.ParseFloat(have, 64)
		return errWant == nil && errHave == nil && holds(w, h)
	}
}

func date(holds func(order int) bool) func(want, have string) bool {
	return func(want, have string) bool {
		w, errWant := time.Parse(time.RFC3339, want)
		h, errHave := time.Parse(time.RFC3339, have)
		return errWant == nil && errHave == nil && holds(h.Compare(w))
	}
}

func inNetwork(want, have string) bool {
	address, err := netip.ParseAddr(have)
	if err != nil {
		return false
	}
	if network, err := netip.ParsePrefix(want); err == nil {
		return network.Contains(address)
	}
	one, err := netip.ParseAddr(want)
	return err == nil && one == address
}

// newCondition reads an operator such as ForAllValues:StringLikeIfExists.
func newCondition(operator, key string, values []string) (condition, error) {
	c := condition{key: strings.ToLower(key), values: values}
	name := operator
	if set, rest, ok := strings.Cut(operator, ":"); ok {
		if set != forAll && set != forAny {
			return c, malformed("Invalid Condition type : %s", operator)
		}
		c.set, name = set, rest
	}
	if name == "Null" {
		c.null = true
		return c, nil
	}
	name, c.ifExists = strings.CutSuffix(name, "IfExists")
	if positive, ok := opposites[name]; ok {
		name, c.negate = positive, true
	}
	c.compare = operators[name]
	if c.compare == nil {
		return c, malformed("Invalid Condition type : %s", operator)
	}
	if len(values) == 0 {
		return c, malformed("The condition %s of %s has no value", operator, key)
	}
	return c, nil
}

// holds evaluates the condition (documented: what a missing key means, how the
// values of a policy and of a request go together).
func (c condition) holds(keys Keys, expand func(string) string) bool {
	have, exists := keys[c.key]
	if c.null {
		return slices.ContainsFunc(c.values, func(want string) bool { return strings.EqualFold(want, strconv.FormatBool(!exists)) })
	}
	if !exists {
		return c.ifExists || c.set == forAll || c.negate && c.set == ""
	}
	one := func(value string) bool {
		return slices.ContainsFunc(c.values, func(want string) bool { return c.compare(expand(want), value) }) != c.negate
	}
	if c.set == forAll {
		return !slices.ContainsFunc(have, func(value string) bool { return !one(value) })
	}
	return slices.ContainsFunc(have, one)
}
