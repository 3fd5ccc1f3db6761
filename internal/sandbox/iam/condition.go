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
	pattern  bool // the values wanted are patterns
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
		w, errWant := parseDate(want)
		h, errHave := parseDate(have)
		return errWant == nil && errHave == nil && holds(h.Compare(w))
	}
}

// parseDate reads what the W3C's note on ISO 8601 has, or seconds since 1970 (both
// documented).
func parseDate(text string) (time.Time, error) {
	for _, form := range []string{time.RFC3339, "2006-01-02T15:04Z07:00", time.DateOnly, "2006-01", "2006"} {
		if t, err := time.Parse(form, text); err == nil {
			return t, nil
		}
	}
	seconds, err := strconv.ParseInt(text, 10, 64)
	return time.Unix(seconds, 0), err
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
	if c.null = name == "Null"; !c.null {
		name, c.ifExists = strings.CutSuffix(name, "IfExists")
		if positive, ok := opposites[name]; ok {
			name, c.negate = positive, true
		}
		if c.compare = operators[name]; c.compare == nil {
			return c, malformed("Invalid Condition type : %s", operator)
		}
	}
	c.pattern = name == "StringLike" || strings.HasPrefix(name, "Arn")
	if !Known(key) {
		return c, malformed("The condition key %s is not part of this sandbox.", key)
	}
	if len(values) == 0 {
		return c, malformed("The condition %s of %s has no value", operator, key)
	}
	for _, value := range values {
		if !isValue(name, value) {
			return c, malformed("%q is no value for the condition %s of %s", value, operator, key)
		}
	}
	return c, nil
}

// isValue tells whether a value is one of what the operator compares: one that
// isn't would never match, and a denial with it deny nothing.
func isValue(operator, value string) bool {
	var err error
	switch {
	case operator == "Null", operator == "Bool":
		return strings.EqualFold(value, "true") || strings.EqualFold(value, "false")
	case strings.HasPrefix(operator, "Numeric"):
		_, err = strconv.ParseFloat(value, 64)
	case strings.HasPrefix(operator, "Date"):
		_, err = parseDate(value)
	case strings.HasPrefix(operator, "Arn"):
		return value == "*" || strings.HasPrefix(value, "arn:") && strings.Count(value, ":") >= arnParts-1
	case operator == "IpAddress":
		if _, err = netip.ParsePrefix(value); err != nil {
			_, err = netip.ParseAddr(value)
		}
	}
	return err == nil
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
