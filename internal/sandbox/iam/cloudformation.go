package iam

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// withoutStack are the actions that have no stack as a resource, even where they
// are given one (documented).
var withoutStack = map[string]bool{
	"DescribeAccountLimits": true, "DescribeStackDriftDetectionStatus": true, "ListExports": true, "ListImports": true,
	"ListStacks": true, "ValidateTemplate": true,
}

// cloudFormation: all other actions have the stack as their resource; those on
// change sets too, whose names are a condition key (documented).
func (q query) cloudFormation() []Need {
	stack, set := q.text("StackName"), q.text("ChangeSetName")
	switch q.text("TargetType") { // of ListHookResults
	case "CHANGE_SET":
		set = q.text("TargetId")
	case "STACK":
		stack = q.text("TargetId")
	}
	if stack == "" {
		stack = set // its ID leads to the stack
	}
	switch {
	case withoutStack[q.call.Action]:
		return []Need{q.need(q.call.Action, "*", nil)}
	case stack == "" && q.call.Action == "DescribeStacks": // documented: of all stacks
		return []Need{q.need(q.call.Action, "*", nil), q.need("ListStacks", "*", nil)}
	case stack == "" && q.call.Action == "DescribeStackResources": // Assumed: some stack, which is yet to be found by what belongs to it
		return []Need{q.need(q.call.Action, q.call.ARN("cloudformation", "stack/*/*"), nil)}
	case q.call.Action == "ListHookResults" && q.text("TargetId") == "": // documented: those of no target are another action's
		return []Need{q.need("ListAllHookResults", "*", nil)}
	case stack == "":
		return []Need{q.need(q.call.Action, "*", nil)}
	}
	arn, has := q.stacks(q.call, stack)
	if !strings.HasPrefix(stack, "arn:") { // Assumed: a name stands for all stacks that have had it
		arn = q.call.ARN("cloudformation", "stack/"+stack+"/*")
	}
	arn = cmp.Or(arn, stack)
	keys := tagged(has, "aws:ResourceTag")
	tags, _ := q.in["Tags"].([]any)
	maps.Copy(keys, requested(tags))
	if set != "" {
		keys.set("cloudformation:ChangeSetName", set)
	}
	if types := q.imported(); len(types) > 0 {
		keys.set("cloudformation:ImportResourceTypes", types...)
	}
	return append([]Need{q.need(q.call.Action, arn, keys)}, q.besides(arn, keys, tags, has)...)
}

// imported are the types of the resources that a change set is to import
// (documented key). Assumed: those that ImportExistingResources finds by their
// names aren't among them, since the request doesn't list them.
func (q query) imported() []string {
	var types []string
	for _, resource := range q.structures("ResourcesToImport") {
		if kind, ok := resource["ResourceType"].(string); ok {
			types = append(types, kind)
		}
	}
	return unique(types)
}

// besides are the further actions and resources that an action needs. Documented:
// detecting the drift of a stack is detecting that of its resources; who deploys
// with tags is able to tag, and to untag; events may be a change set's, which may
// have tags as well. Assumed: what is one's or the other's has to be allowed for
// both; nothing is untagged where the stack has no other tags. Reported: a
// detection looks for configurations of the resources' types.
func (q query) besides(arn string, keys Keys, tags []any, has map[string]string) (needs []Need) {
	switch q.call.Action {
	case "DetectStackDrift":
		needs = append(needs, q.need("DetectStackResourceDrift", arn, nil), q.need("BatchDescribeTypeConfigurations", "*", nil))
	case "DetectStackResourceDrift":
		needs = append(needs, q.need("BatchDescribeTypeConfigurations", "*", nil))
	case "DescribeEvents":
		needs = append(needs, q.ofChangeSet(q.call.Action)...)
	case "ExecuteChangeSet":
		needs = append(needs, q.need("TagResource", arn, nil))
	case "CreateStack", "UpdateStack", "CreateChangeSet":
		if len(tags) == 0 {
			return nil
		}
		if q.call.Action == "CreateChangeSet" {
			needs = q.ofChangeSet("TagResource")
		}
		tagging := maps.Clone(keys)
		tagging.set("cloudformation:CreateAction", q.call.Action)
		needs = append(needs, q.need("TagResource", arn, tagging))
		wanted := requested(tags)["aws:tagkeys"]
		for key := range has {
			if !slices.Contains(wanted, key) {
				return append(needs, q.need("UntagResource", arn, keys))
			}
		}
	}
	return needs
}

// ofChangeSet is the need for a change set by itself, which has an ARN of its own.
func (q query) ofChangeSet(action string) []Need {
	set := q.text("ChangeSetName")
	if set == "" {
		return nil
	}
	if !strings.HasPrefix(set, "arn:") {
		set = q.call.ARN("cloudformation", "changeSet/"+set+"/*")
	}
	return []Need{q.need(action, set, nil)}
}
