package iam

import (
	"maps"
	"strconv"
	"strings"

	"mlops-infra-suite/internal/sandbox/ssm"
)

// ssm: all actions but DescribeParameters have parameters as resources, and one
// that tags what it makes needs AddTagsToResource (both documented).
func (q query) ssm() []Need {
	action := q.call.Action
	names := append(q.list("Name"), q.list("Names")...)
	names = append(names, q.list("ResourceId")...)
	if action == "GetParametersByPath" {
		names = q.list("Path")
	}
	if len(names) == 0 {
		return []Need{q.need(action, q.call.ARN("ssm", "*"), nil)} // reported: what a refusal names
	}
	var needs []Need
	for _, name := range unique(names) {
		needs = append(needs, q.need(action, q.parameterARN(name), q.parameterKeys(name)))
	}
	if _, tags := q.in["Tags"].([]any); tags && action == "PutParameter" {
		needs = append(needs, q.need("AddTagsToResource", needs[0].Resource, needs[0].Keys))
	}
	return q.via(needs)
}

// parameterARN is the ARN of a parameter or a path, which has no slash of its own
// after "parameter/".
func (q query) parameterARN(name string) string {
	if strings.HasPrefix(name, "arn:") {
		return name
	}
	name, _, _ = strings.Cut(name, ":") // of a version
	return q.call.ARN("ssm", "parameter/"+strings.TrimPrefix(name, "/"))
}

func (q query) parameterKeys(name string) Keys {
	reading := *q.call
	keys := Keys{}
	out, err := ssm.ListTagsForResource(&reading, &ssm.ListTagsForResourceInput{ResourceType: "Parameter", ResourceId: name})
	if err == nil {
		for _, tag := range out.TagList {
			keys.set("aws:ResourceTag/"+tag.Key, tag.Value)
			keys.set("ssm:resourceTag/"+tag.Key, tag.Value)
		}
	}
	if tags, ok := q.in["Tags"].([]any); ok {
		maps.Copy(keys, requested(tags))
	}
	switch q.call.Action {
	case "PutParameter":
		keys.set("ssm:Overwrite", strconv.FormatBool(q.in["Overwrite"] == true))
	case "GetParametersByPath":
		keys.set("ssm:Recursive", strconv.FormatBool(q.in["Recursive"] == true))
	}
	return keys
}
