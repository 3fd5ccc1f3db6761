package resource

import (
	"maps"
	"reflect"
	"slices"

	"mlops-infra-suite/internal/sandbox/cfn/template"
	"mlops-infra-suite/internal/sandbox/ec2"
)

// tagChanges turns have into want: the tags to write, and the keys to remove.
func tagChanges(have, want map[string]string) (added map[string]string, removed []string) {
	added = map[string]string{}
	for key, value := range want {
		if old, ok := have[key]; !ok || old != value {
			added[key] = value
		}
	}
	for _, key := range slices.Sorted(maps.Keys(have)) {
		if _, ok := want[key]; !ok {
			removed = append(removed, key)
		}
	}
	return added, removed
}

// sameButTags compares properties without the one called Tags.
func sameButTags(a, b template.Map) bool {
	a, b = maps.Clone(a), maps.Clone(b)
	delete(a, "Tags")
	delete(b, "Tags")
	return reflect.DeepEqual(a, b)
}

// tagsOf are the tags that a resource of EC2 must have: the stack's, which its
// own override.
func tagsOf(p template.Map, stack map[string]string) map[string]string {
	tags := maps.Clone(stack)
	if tags == nil {
		tags = map[string]string{}
	}
	list, _ := p["Tags"].(template.List)
	for _, item := range list {
		if tag, ok := item.(template.Map); ok {
			tags[property(tag, "Key")] = property(tag, "Value")
		}
	}
	return tags
}

// tagSpecifications are the tags for the creation of a resource of EC2.
func tagSpecifications(resourceType string, want Desired) []ec2.TagSpecification {
	tags := tagsOf(want.Properties, want.Tags)
	if len(tags) == 0 {
		return nil
	}
	return []ec2.TagSpecification{{ResourceType: resourceType, Tags: ec2Tags(tags)}}
}

// changeTags makes the tags of a resource of EC2 into those wanted.
func changeTags(c *Context, want Desired, have State) error {
	added, removed := tagChanges(tagsOf(have.Properties, have.Tags), tagsOf(want.Properties, want.Tags))
	ids := []string{have.PhysicalID}
	if len(removed) > 0 {
		in := &ec2.DeleteTagsInput{Resources: ids}
		for _, key := range removed {
			in.Tags = append(in.Tags, ec2.TagToDelete{Key: key})
		}
		if _, err := invoke(c, "Ec2", "DeleteTags", ec2.DeleteTags, in); err != nil {
			return err
		}
	}
	if len(added) > 0 {
		in := &ec2.CreateTagsInput{Resources: ids, Tags: ec2Tags(added)}
		if _, err := invoke(c, "Ec2", "CreateTags", ec2.CreateTags, in); err != nil {
			return err
		}
	}
	return nil
}

func ec2Tags(tags map[string]string) []ec2.Tag {
	list := make([]ec2.Tag, 0, len(tags))
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		list = append(list, ec2.Tag{Key: key, Value: tags[key]})
	}
	return list
}
