package ssm

import (
	"maps"
	"slices"
	"strings"
	"unicode"

	"mlops-infra-suite/internal/sandbox/wire"
)

// Tag is a key and a value, which may be empty.
type Tag struct {
	Key   string `aws:",required"`
	Value string `aws:",always"`
}

const (
	maxTags    = 50 // for a resource (documented)
	tagPattern = `Member must satisfy regular expression pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]*`
)

// isTagText reports whether keys and values may hold the text (documented).
func isTagText(text string) bool {
	return !strings.ContainsFunc(text, func(c rune) bool {
		return !unicode.In(c, unicode.L, unicode.Z, unicode.N) && !strings.ContainsRune("_.:/=+-@", c)
	})
}

// addTags returns present with the given tags added or replaced, within the
// documented limits. CloudFormation alone may write aws: tags.
func addTags(call *wire.Call, present map[string]string, given []Tag) (map[string]string, error) {
	tags := map[string]string{}
	maps.Copy(tags, present)
	var c wire.Constraints
	for _, tag := range given {
		c.Length("tags.key", tag.Key, 1, 128)
		c.Check(isTagText(tag.Key), "tags.key", tag.Key, tagPattern)
		c.Length("tags.value", tag.Value, 0, 256)
		c.Check(isTagText(tag.Value), "tags.value", tag.Value, tagPattern)
		tags[tag.Key] = tag.Value
		if strings.HasPrefix(strings.ToLower(tag.Key), "aws:") && call.Via == "" {
			return nil, invalid("aws: prefixed tag key names are not allowed for external use.")
		}
	}
	if len(tags) > maxTags {
		return nil, wire.Errorf("TooManyTagsError", "The resource can have at most %d tags.", maxTags)
	}
	return tags, c.Err("ValidationException")
}

// AddTagsToResourceInput is AddTagsToResource's request.
type AddTagsToResourceInput struct {
	ResourceType string `aws:",required"` // "Parameter" is all there is
	ResourceId   string `aws:",required"` // the parameter's name
	Tags         []Tag  `aws:",required"`
}

// AddTagsToResource adds tags to a parameter, or replaces their values.
func AddTagsToResource(call *wire.Call, in *AddTagsToResourceInput) (*wire.Empty, error) {
	p, err := tagged(call, in.ResourceType, in.ResourceId)
	if err != nil {
		return nil, err
	}
	if p.Tags, err = addTags(call, p.Tags, in.Tags); err != nil {
		return nil, err
	}
	p.put(call)
	return &wire.Empty{}, nil
}

// RemoveTagsFromResourceInput is RemoveTagsFromResource's request.
type RemoveTagsFromResourceInput struct {
	ResourceType string   `aws:",required"`
	ResourceId   string   `aws:",required"`
	TagKeys      []string `aws:",required"`
}

// RemoveTagsFromResource removes tags from a parameter.
func RemoveTagsFromResource(call *wire.Call, in *RemoveTagsFromResourceInput) (*wire.Empty, error) {
	p, err := tagged(call, in.ResourceType, in.ResourceId)
	if err != nil {
		return nil, err
	}
	for _, key := range in.TagKeys {
		delete(p.Tags, key)
	}
	p.put(call)
	return &wire.Empty{}, nil
}

// ListTagsForResourceInput is ListTagsForResource's request.
type ListTagsForResourceInput struct {
	ResourceType string `aws:",required"`
	ResourceId   string `aws:",required"`
}

// ListTagsForResourceOutput is ListTagsForResource's response.
type ListTagsForResourceOutput struct {
	TagList []Tag
}

// ListTagsForResource shows a parameter's tags, by key.
func ListTagsForResource(call *wire.Call, in *ListTagsForResourceInput) (*ListTagsForResourceOutput, error) {
	p, err := tagged(call, in.ResourceType, in.ResourceId)
	if err != nil {
		return nil, err
	}
	out := &ListTagsForResourceOutput{TagList: []Tag{}}
	for _, key := range slices.Sorted(maps.Keys(p.Tags)) {
		out.TagList = append(out.TagList, Tag{Key: key, Value: p.Tags[key]})
	}
	return out, nil
}

// tagged finds the parameter whose tags a request is about.
func tagged(call *wire.Call, resourceType, id string) (parameter, error) {
	if resourceType != "Parameter" {
		return parameter{}, wire.Errorf("InvalidResourceType", "%s is not a valid resource type.", resourceType)
	}
	p, ok := getParameter(call, id)
	if !ok {
		return parameter{}, wire.Errorf("InvalidResourceId", "Parameter %s is not a valid resource ID.", id)
	}
	return p, nil
}
