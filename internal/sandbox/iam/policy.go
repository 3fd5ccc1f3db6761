package iam

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"mlops-infra-suite/internal/sandbox/wire"
)

// Policy is an identity policy.
type Policy struct {
	Statements []statement
	variables  bool // ${...} in it mean something: those of version 2012-10-17
}

// statement is one statement of a policy.
type statement struct {
	sid        string
	deny       bool
	actions    patterns
	resources  patterns
	conditions []condition
}

// patterns are an element and its opposite, of which a statement has one.
type patterns struct {
	list   []string
	negate bool
}

func (p patterns) match(is func(pattern string) bool) bool {
	return slices.ContainsFunc(p.list, is) != p.negate
}

// Parse reads a policy. The error is a MalformedPolicyDocument (documented code,
// assumed wording). Elements in another case and members that are there twice are
// none (documented: the grammar), and what this sandbox couldn't judge is refused.
func Parse(document string) (*Policy, error) {
	p, version := &Policy{}, ""
	err := object([]byte(document), func(name string, value json.RawMessage) (err error) {
		switch name {
		case "Version":
			version, err = text(value)
		case "Id":
			_, err = text(value)
		case "Statement":
			p.Statements, err = statements(value)
		default:
			err = fmt.Errorf("a policy has no element %q", name)
		}
		return err
	})
	if err != nil {
		return nil, asMalformed(err)
	}
	switch version {
	case "", "2008-10-17", "2012-10-17":
	default:
		return nil, malformed("The policy's version %q is none", version)
	}
	if len(p.Statements) == 0 {
		return nil, malformed("The policy has no statements")
	}
	p.variables = version == "2012-10-17"
	return p, p.check()
}

func asMalformed(err error) error {
	if wire.IsCode(err, "MalformedPolicyDocument") {
		return err
	}
	return malformed("Syntax errors in policy: %s", err)
}

// check looks for what the statements must have right together.
func (p *Policy) check() error {
	sids := map[string]bool{}
	for _, s := range p.Statements {
		if s.sid != "" && sids[s.sid] {
			return malformed("Statement IDs (SID) in a single policy must be unique: %q", s.sid)
		}
		sids[s.sid] = true
		if !p.variables {
			continue
		}
		for _, resource := range s.resources.list {
			if err := checkVariables(resource); err != nil {
				return err
			}
		}
		for _, c := range s.conditions {
			for _, value := range c.values {
				if err := checkVariables(value); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func statements(raw json.RawMessage) (list []statement, err error) {
	for _, one := range oneOrMore(raw) {
		s, err := newStatement(one)
		if err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	return list, nil
}

func newStatement(raw json.RawMessage) (s statement, err error) {
	effect, elements := "", map[string][]string{}
	err = object(raw, func(name string, value json.RawMessage) (err error) {
		switch name {
		case "Sid":
			s.sid, err = text(value)
		case "Effect":
			effect, err = text(value)
		case "Action", "NotAction", "Resource", "NotResource":
			elements[name], err = texts(value)
		case "Condition":
			s.conditions, err = conditions(value)
		default:
			err = fmt.Errorf("a statement has no element %q", name)
		}
		return err
	})
	if err != nil {
		return s, err
	}
	if strings.ContainsFunc(s.sid, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9')
	}) {
		return s, malformed("Statement IDs (SID) must be alpha-numeric: %q", s.sid)
	}
	if effect != "Allow" && effect != "Deny" {
		return s, malformed("Invalid effect: %q", effect)
	}
	s.deny = effect == "Deny"
	s.actions, err = either("Action", elements, checkAction)
	if err != nil {
		return s, err
	}
	s.resources, err = either("Resource", elements, checkResource)
	return s, err
}

// either takes the element or its opposite, the one that is there.
func either(name string, elements map[string][]string, check func(string) error) (patterns, error) {
	positive, negative := elements[name], elements["Not"+name]
	if (len(positive) == 0) == (len(negative) == 0) {
		return patterns{}, malformed("A statement must have exactly one of %s and Not%s", name, name)
	}
	p := patterns{list: positive}
	if len(negative) > 0 {
		p = patterns{list: negative, negate: true}
	}
	for _, pattern := range p.list {
		if err := check(pattern); err != nil {
			return p, err
		}
	}
	return p, nil
}

func checkAction(action string) error {
	service, name, ok := strings.Cut(action, ":")
	if action != "*" && (!ok || service == "" || name == "" || strings.ContainsAny(service, "*?")) {
		return malformed("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.: %q", action)
	}
	return nil
}

// checkResource wants an ARN, at least up to its service: what comes after may be
// left out (documented). Wildcards in the partition are none by the documentation,
// but are in policies of AWS's own.
func checkResource(resource string) error {
	if resource == "*" {
		return nil
	}
	parts := strings.SplitN(resource, ":", arnParts)
	if parts[0] != "arn" || len(parts) < 3 || parts[2] == "" {
		return malformed("Resource %s must be in ARN format or \"*\".", resource)
	}
	if parts[1] != "aws" && !strings.HasPrefix(parts[1], "aws-") && !strings.ContainsAny(parts[1], "*?") {
		return malformed("Partition %q is not valid for resource %q.", parts[1], resource)
	}
	return nil
}

func conditions(raw json.RawMessage) (list []condition, err error) {
	err = object(raw, func(operator string, byKey json.RawMessage) error {
		seen := map[string]bool{}
		return object(byKey, func(key string, value json.RawMessage) error {
			values, err := texts(value)
			if err != nil {
				return err
			}
			c, err := newCondition(operator, key, values)
			if err != nil {
				return err
			}
			if seen[c.key] {
				return errors.New(key + " is there twice, in another case")
			}
			seen[c.key] = true
			list = append(list, c)
			return nil
		})
	})
	return list, err
}

func malformed(format string, args ...any) error {
	return wire.Errorf("MalformedPolicyDocument", format, args...)
}
