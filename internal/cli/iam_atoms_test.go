package cli_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"mlops-infra-suite/internal/sandbox/iam"
)

// An atom is the smallest thing that a policy allows: one action on the resources of one pattern, of the stacks of one name, by
// hand or through CloudFormation. Statements may overlap: an atom is taken away by a denial, which counts whatever allows it.
type atom struct {
	action, resource string
	stack            string // the tag's value; unset for resources without the tag, "" where it doesn't matter
	via              string // the service that makes the call; "" for what is allowed to who calls by hand
}

const unset = "(unset)"

// stackTag is the key that tells whose a group is.
const stackTag = "aws:ResourceTag/aws:cloudformation:stack-name"

// calledVia is the key that tells CloudFormation's calls from the caller's own.
const calledVia = "aws:CalledVia"

// spare are kinds of atoms that no step needs, and why the policy has them all the same.
var spare = map[string]string{
	"ssm:DeleteParameter of the set's parameters by hand": "they are the operator's, altogether",
	"ssm:GetParameter of the set's parameters by hand":    "they are the operator's, altogether",
}

// without takes an atom away.
func (a atom) without(whole policyDocument) policyDocument {
	when := map[string]map[string][]string{"Null": {calledVia: {"true"}}}
	if a.via != "" {
		when = map[string]map[string][]string{"ForAnyValue:StringEquals": {calledVia: {a.via}}}
	}
	switch {
	case a.stack == unset && a.via == "":
		when["Null"][stackTag] = []string{"true"}
	case a.stack == unset:
		when["Null"] = map[string][]string{stackTag: {"true"}}
	case a.stack != "":
		when["StringLike"] = map[string][]string{stackTag: {a.stack}}
	}
	whole.Statement = append(slices.Clip(whole.Statement),
		statement{Effect: "Deny", Action: []string{a.action}, Resource: []string{a.resource}, Condition: when})
	return whole
}

func (a atom) String() string {
	return fmt.Sprintf("%s on %s %s%s", a.action, a.resource, a.stack, a.who())
}

func (a atom) who() string {
	if a.via == "" {
		return " by hand"
	}
	return " by " + a.via
}

// kind is the atom without what is the set's alone.
func (a atom) kind() string {
	switch {
	case strings.Contains(a.resource, ":changeSet/"):
		return a.action + " of a change set" + a.who()
	case strings.Contains(a.stack+a.resource, "??????"):
		return a.action + " of a test set" + a.who()
	case strings.Contains(a.resource, ":parameter/sg/"):
		return a.action + " of the set's parameters" + a.who()
	}
	return a.action + a.who()
}

// atoms are all that a policy allows.
func atoms(whole policyDocument) []atom {
	found := map[atom]bool{}
	for _, s := range whole.Statement {
		for _, a := range s.atoms() {
			found[a] = true
		}
	}
	return slices.SortedFunc(maps.Keys(found), func(a, b atom) int { return strings.Compare(a.String(), b.String()) })
}

func (s statement) atoms() (list []atom) {
	via := ""
	if services := s.Condition["ForAnyValue:StringEquals"][calledVia]; len(services) > 0 {
		via = services[0]
	}
	values := slices.Clone(s.Condition["StringLike"][stackTag])
	if names := s.Condition["StringLikeIfExists"][stackTag]; len(names) > 0 {
		values = append(slices.Clone(names), unset)
	}
	for _, action := range s.Action {
		for _, resource := range s.Resource {
			if len(values) == 0 {
				list = append(list, atom{action, resource, "", via})
			}
			for _, value := range values {
				list = append(list, atom{action, resource, value, via})
			}
		}
	}
	return list
}

// splitUp wants some step to need each atom.
func (s *stage) splitUp(t *testing.T) {
	t.Helper()
	var whole policyDocument
	if err := json.Unmarshal([]byte(s.policy), &whole); err != nil {
		t.Fatal(err)
	}
	for _, a := range atoms(whole) {
		if slices.Contains(free, a.action) {
			continue
		}
		text, err := json.Marshal(a.without(whole))
		if err != nil {
			t.Fatal(err)
		}
		less, err := iam.Parse(string(text))
		if err != nil {
			t.Fatal(err)
		}
		_, kept := spare[a.kind()]
		if needed := len(s.needing(cut{action: a.action}, less)) > 0; needed == kept {
			t.Errorf("a step needs %s: %t", a, needed)
		}
	}
}
