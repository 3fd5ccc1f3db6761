package stack

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

// Change is what a plan does to one resource.
type Change struct {
	LogicalID   string
	PhysicalID  string // empty for a resource to be added
	Type        string
	Action      Action
	Replacement Replacement
	Properties  []PropertyChange
}

// Action is what happens to a resource: CloudFormation's word in lower case.
type Action string

// The actions that a plan of this engine can hold.
const (
	Add    Action = "add"
	Modify Action = "modify"
	Remove Action = "remove"
)

// Replacement says whether a modified resource gets a new physical ID: "conditional" if that is only known on the way.
type Replacement string

// The kinds of replacement.
const (
	Replaced    Replacement = "true"
	Kept        Replacement = "false"
	Conditional Replacement = "conditional"
)

// PropertyChange is one value that a change sets, alters or takes away.
type PropertyChange struct {
	Attribute string // Properties, Tags, Metadata, ...
	Name      string // the property's name; empty for other attributes
	Path      string // where in the resource, such as /Properties/Description
	Before    string // a value as JSON or plain text, as CloudFormation gives it; empty: none, or not known yet
	After     string
	Recreates bool // this one may force a replacement
}

func changesOf(list []types.Change) []Change {
	var changes []Change
	for _, c := range list {
		if r := c.ResourceChange; r != nil {
			changes = append(changes, changeOf(r))
		}
	}
	return changes
}

func changeOf(r *types.ResourceChange) Change {
	c := Change{
		LogicalID:   aws.ToString(r.LogicalResourceId),
		PhysicalID:  aws.ToString(r.PhysicalResourceId),
		Type:        aws.ToString(r.ResourceType),
		Action:      Action(strings.ToLower(string(r.Action))),
		Replacement: Kept,
	}
	if c.Action == Modify && r.Replacement != "" { // documented for the Modify action alone
		c.Replacement = Replacement(strings.ToLower(string(r.Replacement)))
	}
	if c.Action == Add || c.Action == Remove {
		c.Properties = wholeProperties(aws.ToString(r.BeforeContext), aws.ToString(r.AfterContext))
	} else {
		c.Properties = changedProperties(r.Details)
	}
	return c
}

// changedProperties reads the details of a modification. CloudFormation lists a property once per cause (its own value,
// what it refers to): one entry per path is enough, the one with values.
func changedProperties(details []types.ResourceChangeDetail) []PropertyChange {
	var list []PropertyChange
	for _, d := range details {
		t := d.Target
		if t == nil {
			continue
		}
		p := PropertyChange{
			Attribute: string(t.Attribute),
			Name:      aws.ToString(t.Name),
			Path:      aws.ToString(t.Path),
			Before:    aws.ToString(t.BeforeValue),
			After:     aws.ToString(t.AfterValue),
			Recreates: t.RequiresRecreation == types.RequiresRecreationAlways || t.RequiresRecreation == types.RequiresRecreationConditionally,
		}
		same := slices.IndexFunc(list, func(q PropertyChange) bool {
			return q.Attribute == p.Attribute && q.Name == p.Name && q.Path == p.Path
		})
		if same < 0 {
			list = append(list, p)
			continue
		}
		p.Recreates = p.Recreates || list[same].Recreates
		if p.Before != "" || p.After != "" {
			list[same] = p
		} else {
			list[same].Recreates = p.Recreates
		}
	}
	return list
}

// wholeProperties reads the properties of a resource that comes (after) or goes (before).
func wholeProperties(before, after string) []PropertyChange {
	was, will := properties(before), properties(after)
	names := slices.Concat(slices.Collect(maps.Keys(was)), slices.Collect(maps.Keys(will)))
	slices.Sort(names)
	var list []PropertyChange
	for _, name := range slices.Compact(names) {
		list = append(list, PropertyChange{
			Attribute: string(types.ResourceAttributeProperties),
			Name:      name,
			Path:      "/Properties/" + name,
			Before:    was[name],
			After:     will[name],
		})
	}
	return list
}

// properties reads the Properties of a resource's context, an excerpt of its template; text stands without quotes, as in
// the values of a modification. A context that can't be read gives none: a plan must not fail for a detail of display.
func properties(context string) map[string]string {
	var resource struct{ Properties map[string]json.RawMessage }
	if json.Unmarshal([]byte(context), &resource) != nil {
		return nil
	}
	values := make(map[string]string, len(resource.Properties))
	for name, raw := range resource.Properties {
		var text string
		if json.Unmarshal(raw, &text) != nil {
			text = string(raw)
		}
		values[name] = text
	}
	return values
}
