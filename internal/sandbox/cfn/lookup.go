package cfn

import (
	"strings"

	"mlops-infra-suite/internal/sandbox/wire"
)

// Lookup finds the stack that a name or ID means, or the one of a change set's ID:
// its ARN and tags, "" when there is none.
func Lookup(call *wire.Call, nameOrID string) (arn string, tags map[string]string) {
	s := findStack(call, nameOrID)
	if s == nil && strings.HasPrefix(nameOrID, call.ARN("cloudformation", "changeSet/")) {
		if _, of, err := findChangeSet(call, nameOrID, ""); err == nil {
			s = of
		}
	}
	if s == nil {
		return "", nil
	}
	tags = map[string]string{}
	for _, tag := range s.Deployment.Tags {
		tags[tag.Key] = tag.Value
	}
	return s.ID, tags
}
