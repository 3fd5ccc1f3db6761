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

// Squeezed says whether the policy has to be written in its short form, to keep to MaxSize: without the names of statements, and
// with those in one that allow something on the same things.
func (p Policy) Squeezed() bool {
	long, err := write(p.Statements)
	return err == nil && sizeOf(long) > MaxSize
}

func squeeze(statements []Statement) (short []Statement) {
	for _, s := range statements {
		i := slices.IndexFunc(short, func(o Statement) bool {
			return slices.Equal(o.Resources, s.Resources) && slices.EqualFunc(o.Conditions, s.Conditions, Condition.equal)
		})
		if i < 0 {
			s.Sid = ""
			short = append(short, s)
			continue
		}
		short[i].Actions = slices.Concat(short[i].Actions, s.Actions)
		slices.Sort(short[i].Actions)
	}
	return short
}

func (c Condition) equal(o Condition) bool {
	return c.Operator == o.Operator && c.Key == o.Key && slices.Equal(c.Values, o.Values)
}

// MarshalJSON writes the policy as IAM wants it.
func (p Policy) MarshalJSON() ([]byte, error) {
	if p.Squeezed() {
		return write(squeeze(p.Statements))
	}
	return write(p.Statements)
}

func write(statements []Statement) ([]byte, error) {
	type statement struct {
		Sid              string `json:",omitempty"`
		Effect           string
		Action, Resource []string
		Condition        map[string]map[string][]string `json:",omitempty"`
	}
	document := struct {
		Version   string
		Statement []statement
	}{version, []statement{}}
	for _, s := range statements {
		written := statement{Sid: s.Sid, Effect: s.Effect, Action: s.Actions, Resource: s.Resources}
		for _, c := range s.Conditions {
			if written.Condition == nil {
				written.Condition = map[string]map[string][]string{}
			}
			if written.Condition[c.Operator] == nil {
				written.Condition[c.Operator] = map[string][]string{}
			}
			written.Condition[c.Operator][c.Key] = c.Values
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
