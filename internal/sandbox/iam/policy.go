package iam

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
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

// texts is one text, or a list of them.
type texts []string

// UnmarshalJSON reads both forms; booleans and numbers are texts in conditions.
func (t *texts) UnmarshalJSON(raw []byte) error {
	var values []json.RawMessage
	if json.Unmarshal(raw, &values) != nil {
		values = []json.RawMessage{raw}
	}
	for _, value := range values {
		var text string
		if json.Unmarshal(value, &text) != nil {
			text = string(bytes.TrimSpace(value))
			if strings.ContainsAny(text, `{["`) || text == "null" {
				return fmt.Errorf("%s is neither a text nor a list of texts", text)
			}
		}
		*t = append(*t, text)
	}
	return nil
}

// document is a policy as it is written.
type document struct {
	Version   string
	ID        string `json:"Id"`
	Statement oneOrMore
}

// oneOrMore is one statement, or a list of them.
type oneOrMore []writtenStatement

// UnmarshalJSON reads both forms.
func (s *oneOrMore) UnmarshalJSON(raw []byte) error {
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil {
		list = []json.RawMessage{raw}
	}
	for _, one := range list {
		var w writtenStatement
		if err := strictly(one, &w); err != nil {
			return err
		}
		*s = append(*s, w)
	}
	return nil
}

type writtenStatement struct {
	Sid         string
	Effect      string
	Action      texts
	NotAction   texts
	Resource    texts
	NotResource texts
	Condition   map[string]map[string]texts
}

func strictly(raw []byte, into any) error {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return err
	}
	if dec.More() {
		return errors.New("there is text after the document")
	}
	return nil
}

// Parse reads a policy. The error is a MalformedPolicyDocument (documented code,
// assumed wording).
func Parse(text string) (*Policy, error) {
	var d document
	if err := strictly([]byte(text), &d); err != nil {
		return nil, malformed("Syntax errors in policy: %s", err)
	}
	switch d.Version {
	case "", "2008-10-17", "2012-10-17":
	default:
		return nil, malformed("The policy's version %q is none", d.Version)
	}
	if len(d.Statement) == 0 {
		return nil, malformed("The policy has no statements")
	}
	p := &Policy{variables: d.Version == "2012-10-17"}
	for _, w := range d.Statement {
		s, err := w.statement()
		if err != nil {
			return nil, err
		}
		p.Statements = append(p.Statements, s)
	}
	return p, nil
}

func (w writtenStatement) statement() (s statement, err error) {
	if strings.ContainsFunc(w.Sid, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9')
	}) {
		return s, malformed("Statement IDs (SID) must be alpha-numeric: %q", w.Sid)
	}
	if w.Effect != "Allow" && w.Effect != "Deny" {
		return s, malformed("Invalid effect: %q", w.Effect)
	}
	s.deny = w.Effect == "Deny"
	if s.actions, err = either("Action", w.Action, w.NotAction); err != nil {
		return s, err
	}
	for _, action := range s.actions.list {
		service, name, ok := strings.Cut(action, ":")
		if action != "*" && (!ok || service == "" || name == "" || strings.ContainsAny(service, "*?")) {
			return s, malformed("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.: %q", action)
		}
	}
	if s.resources, err = either("Resource", w.Resource, w.NotResource); err != nil {
		return s, err
	}
	for _, resource := range s.resources.list {
		if resource != "*" && !strings.HasPrefix(resource, "arn:") {
			return s, malformed("Resource %s must be in ARN format or \"*\".", resource)
		}
	}
	for _, operator := range slices.Sorted(maps.Keys(w.Condition)) {
		for _, key := range slices.Sorted(maps.Keys(w.Condition[operator])) {
			c, err := newCondition(operator, key, w.Condition[operator][key])
			if err != nil {
				return s, err
			}
			s.conditions = append(s.conditions, c)
		}
	}
	return s, nil
}

func either(name string, positive, negative texts) (patterns, error) {
	if (len(positive) == 0) == (len(negative) == 0) {
		return patterns{}, malformed("A statement must have exactly one of %s and Not%s", name, name)
	}
	if len(positive) > 0 {
		return patterns{list: positive}, nil
	}
	return patterns{list: negative, negate: true}, nil
}

func malformed(format string, args ...any) error {
	return wire.Errorf("MalformedPolicyDocument", format, args...)
}
