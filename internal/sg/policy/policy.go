package policy

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// MaxSize is how many characters a managed policy may have, white space aside.
const MaxSize = 6144

// version is that of the policy language: the one with variables and all condition operators.
const version = "2012-10-17"

// Policy is an identity policy.
type Policy struct{ Statements []Statement }

// Statement allows some actions on some resources.
type Statement struct {
	Sid        string
	Purpose    string // for people; not part of the policy
	Effect     string
	Actions    []string
	Resources  []string
	Conditions []Condition
}

// Condition is what must hold of a request: one of the values.
type Condition struct {
	Operator string // "StringLike"
	Key      string // "aws:RequestedRegion"
	Values   []string
}

// Squeezed says whether the policy has to be written in its short form, to keep to MaxSize: without the names of statements and
// without the brackets of lists of one, and with those statements in one that allow something on the same things, or that are
// about different services: no action of one has a resource of another.
func (p Policy) Squeezed() bool {
	long, err := write(p.Statements, asList)
	return err == nil && sizeOf(long) > MaxSize
}

func squeeze(statements []Statement) []Statement {
	sameThings := func(a, b Statement) bool { return slices.Equal(a.Resources, b.Resources) }
	otherService := func(a, b Statement) bool {
		return !slices.ContainsFunc(a.services(), func(service string) bool {
			return service == "*" || slices.Contains(b.services(), service)
		})
	}
	return merge(merge(statements, sameThings), otherService)
}

// merge makes one statement of those that go together, of which the conditions are the same.
func merge(statements []Statement, together func(a, b Statement) bool) (short []Statement) {
	for _, s := range statements {
		s.Sid = ""
		i := slices.IndexFunc(short, func(o Statement) bool {
			return slices.EqualFunc(o.Conditions, s.Conditions, Condition.equal) && together(o, s)
		})
		if i < 0 {
			short = append(short, s)
			continue
		}
		short[i].Actions = slices.Sorted(slices.Values(slices.Concat(short[i].Actions, s.Actions)))
		if !slices.Equal(short[i].Resources, s.Resources) {
			short[i].Resources = slices.Concat(short[i].Resources, s.Resources)
		}
	}
	return short
}

// services are those that the resources belong to: "*" for all of them.
func (s Statement) services() (names []string) {
	for _, resource := range s.Resources {
		if parts := strings.Split(resource, ":"); len(parts) > 2 {
			names = append(names, parts[2])
		} else {
			names = append(names, resource)
		}
	}
	return names
}

func (c Condition) equal(o Condition) bool {
	return c.Operator == o.Operator && c.Key == o.Key && slices.Equal(c.Values, o.Values)
}

// MarshalJSON writes the policy as IAM wants it.
func (p Policy) MarshalJSON() ([]byte, error) {
	if p.Squeezed() {
		return write(squeeze(p.Statements), orOne)
	}
	return write(p.Statements, asList)
}

// A list of one text may be written as that text.
func asList(texts []string) any { return texts }

func orOne(texts []string) any {
	if len(texts) == 1 {
		return texts[0]
	}
	return texts
}

func write(statements []Statement, values func([]string) any) ([]byte, error) {
	type statement struct {
		Sid              string `json:",omitempty"`
		Effect           string
		Action, Resource any
		Condition        map[string]map[string]any `json:",omitempty"`
	}
	document := struct {
		Version   string
		Statement []statement
	}{version, []statement{}}
	for _, s := range statements {
		written := statement{Sid: s.Sid, Effect: s.Effect, Action: values(s.Actions), Resource: values(s.Resources)}
		for _, c := range s.Conditions {
			if written.Condition == nil {
				written.Condition = map[string]map[string]any{}
			}
			if written.Condition[c.Operator] == nil {
				written.Condition[c.Operator] = map[string]any{}
			}
			written.Condition[c.Operator][c.Key] = values(c.Values)
		}
		document.Statement = append(document.Statement, written)
	}
	return json.Marshal(document)
}

// JSON is the policy as a file: indented, with a line feed at its end. A policy that is too large for IAM is an error.
func (p Policy) JSON() ([]byte, error) {
	compact, err := p.MarshalJSON()
	if err != nil {
		return nil, fmt.Errorf("write policy: %w", err)
	}
	if size := sizeOf(compact); size > MaxSize {
		return nil, fmt.Errorf("the policy has %d characters, over IAM's limit of %d: give the set a shorter name (sg_name_override), or its VPC a "+
			"parameter with a shorter path", size, MaxSize)
	}
	var out bytes.Buffer
	if err := json.Indent(&out, compact, "", "  "); err != nil {
		return nil, fmt.Errorf("write policy: %w", err)
	}
	out.WriteByte('\n')
	return out.Bytes(), nil
}

// Size is how many characters IAM counts.
func (p Policy) Size() int {
	compact, err := p.MarshalJSON()
	if err != nil {
		return 0 // texts alone always marshal
	}
	return sizeOf(compact)
}

func sizeOf(document []byte) int {
	return len([]rune(strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, string(document))))
}
