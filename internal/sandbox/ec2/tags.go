package ec2

import (
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"mlops-infra-suite/internal/sandbox/store"
	"mlops-infra-suite/internal/sandbox/wire"
)

// tags are the tags of a resource, as they are stored.
type tags map[string]string

// maxTags is the documented limit for each resource; aws: tags don't count.
const maxTags = 50

// list is the tags in key order, never nil.
func (t tags) list() []Tag {
	list := []Tag{}
	for _, key := range slices.Sorted(maps.Keys(t)) {
		list = append(list, Tag{Key: key, Value: t[key]})
	}
	return list
}

// set adds or replaces tags, within the documented limits. CloudFormation alone
// may write aws: tags.
func (t tags) set(call *wire.Call, given []Tag) error {
	for _, tag := range given {
		switch {
		case tag.Key == "" || utf8.RuneCountInString(tag.Key) > 128: // the API reference says 127, the user guide 128
			return invalidValue("Tag key '%s' is invalid. Tag keys must be 1 to 128 characters long.", tag.Key)
		case utf8.RuneCountInString(tag.Value) > 256:
			return invalidValue("Tag value exceeds the maximum length of 256 characters")
		case strings.HasPrefix(strings.ToLower(tag.Key), "aws:") && call.Via == "":
			return invalidValue("Tag keys starting with 'aws:' are reserved for internal use")
		}
		t[tag.Key] = tag.Value
	}
	count := 0
	for key := range t {
		if !strings.HasPrefix(key, "aws:") {
			count++
		}
	}
	if count > maxTags {
		return wire.Errorf("TagLimitExceeded", "The maximum number of Tags for a resource has been reached.")
	}
	return nil
}

// specified are the tags that a request gives a new resource of the type.
func specified(call *wire.Call, resourceType string, specs []TagSpecification) (tags, error) {
	t := tags{}
	for _, s := range specs {
		if s.ResourceType != resourceType {
			return nil, invalidValue("'%s' is not a valid taggable resource type for this operation.", s.ResourceType)
		}
		seen := map[string]bool{}
		for _, tag := range s.Tags {
			if seen[tag.Key] {
				return nil, invalidValue("Duplicate tag key '%s' specified.", tag.Key)
			}
			seen[tag.Key] = true
		}
		if err := t.set(call, s.Tags); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// taggable is a resource whose tags can be changed.
type taggable struct {
	tags tags
	save func(tags)
}

// findTaggable finds a resource by its ID (codes documented, wording reported).
func findTaggable(call *wire.Call, id string) (taggable, error) {
	prefix, _, _ := strings.Cut(id, "-")
	switch prefix {
	case "sg":
		g, err := getGroup(call, id)
		if wire.IsCode(err, "InvalidGroup.NotFound") {
			err = wire.Errorf("InvalidSecurityGroupID.NotFound", "The securityGroup ID '%s' does not exist", id)
		}
		return taggable{g.Tags, func(t tags) { g.Tags = t; g.put(call) }}, err
	case "sgr":
		r, err := getRule(call, id)
		return taggable{r.Tags, func(t tags) { r.Tags = t; r.put(call) }}, err
	case "vpc":
		v, err := getVPC(call, id)
		return taggable{v.Tags, func(t tags) { v.Tags = t; v.put(call) }}, err
	case "subnet":
		s, err := getSubnet(call, id)
		return taggable{s.Tags, func(t tags) { s.Tags = t; s.put(call) }}, err
	case "eni":
		n, err := getInterface(call, id)
		return taggable{n.Tags, func(t tags) { n.Tags = t; n.put(call) }}, err
	case "pl":
		p, err := getPrefixList(call, id)
		return taggable{p.Tags, func(t tags) { p.Tags = t; p.put(call) }}, err
	}
	return taggable{}, wire.Errorf("InvalidID", "The ID '%s' is not valid", id)
}

// retag changes the tags of all resources, or of none.
func retag(call *wire.Call, ids []string, change func(tags) (tags, error)) error {
	var saves []func()
	for _, id := range ids {
		found, err := findTaggable(call, id)
		if err != nil {
			return err
		}
		changed, err := change(found.tags)
		if err != nil {
			return err
		}
		saves = append(saves, func() { found.save(changed) })
	}
	for _, save := range saves {
		save()
	}
	return nil
}

// CreateTagsInput is CreateTags' request.
type CreateTagsInput struct {
	Resources []string `aws:"ResourceId,required"`
	Tags      []Tag    `aws:"Tag,required"`
	DryRun    bool
}

// CreateTags adds tags to resources, or replaces the values of those they have.
func CreateTags(call *wire.Call, in *CreateTagsInput) (*SuccessOutput, error) {
	err := retag(call, in.Resources, func(present tags) (tags, error) {
		changed := tags{}
		maps.Copy(changed, present)
		return changed, changed.set(call, in.Tags)
	})
	if err != nil {
		return nil, err
	}
	return &SuccessOutput{Return: true}, dryRun(in.DryRun)
}

// DeleteTagsInput is DeleteTags' request.
type DeleteTagsInput struct {
	Resources []string      `aws:"ResourceId,required"`
	Tags      []TagToDelete `aws:"Tag"` // none: all tags but those of AWS
	DryRun    bool
}

// TagToDelete is a tag key and, optionally, the only value that is to go.
type TagToDelete struct {
	Key   string `aws:",required"`
	Value *string
}

// DeleteTags removes tags from resources.
func DeleteTags(call *wire.Call, in *DeleteTagsInput) (*SuccessOutput, error) {
	err := retag(call, in.Resources, func(present tags) (tags, error) {
		left := tags{}
		for key, value := range present {
			if strings.HasPrefix(key, "aws:") && call.Via == "" || !deletes(in.Tags, key, value) {
				left[key] = value
			}
		}
		return left, nil
	})
	if err != nil {
		return nil, err
	}
	return &SuccessOutput{Return: true}, dryRun(in.DryRun)
}

func deletes(given []TagToDelete, key, value string) bool {
	return len(given) == 0 || slices.ContainsFunc(given, func(t TagToDelete) bool {
		return t.Key == key && (t.Value == nil || *t.Value == value)
	})
}

// DescribeTagsInput is DescribeTags' request.
type DescribeTagsInput struct {
	Filters []Filter `aws:"Filter"`
	Page
	DryRun bool
}

// DescribeTagsOutput is DescribeTags' response.
type DescribeTagsOutput struct {
	Tags      []TagDescription `aws:"TagSet"`
	NextToken string
}

// TagDescription is a tag with the resource that has it.
type TagDescription struct {
	ResourceId   string
	ResourceType string
	Key          string
	Value        string `aws:",always"`
}

var describeTagsFilters = filterSet[TagDescription]{
	"key":           one(func(t TagDescription) string { return t.Key }),
	"resource-id":   one(func(t TagDescription) string { return t.ResourceId }),
	"resource-type": one(func(t TagDescription) string { return t.ResourceType }),
	"value":         one(func(t TagDescription) string { return t.Value }),
}

// DescribeTags shows the tags of all resources.
func DescribeTags(call *wire.Call, in *DescribeTagsInput) (*DescribeTagsOutput, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	match, err := describeTagsFilters.compile(in.Filters, func(t TagDescription) []Tag {
		return []Tag{{Key: t.Key, Value: t.Value}}
	})
	if err != nil {
		return nil, err
	}
	out := &DescribeTagsOutput{}
	found := slices.DeleteFunc(allTags(call), func(t TagDescription) bool { return !match(t) })
	out.Tags, out.NextToken, err = paginate(in.Page, found, func(t TagDescription) string {
		return t.ResourceId + "/" + t.Key
	})
	if err != nil {
		return nil, err
	}
	return out, dryRun(in.DryRun)
}

// allTags are the tags of everything in the account and region.
func allTags(call *wire.Call) (all []TagDescription) {
	add := func(id, resourceType string, t tags) {
		for _, tag := range t.list() {
			all = append(all, TagDescription{ResourceId: id, ResourceType: resourceType, Key: tag.Key, Value: tag.Value})
		}
	}
	for _, v := range store.Scan[vpc](call.Tx, vpcTable, call.Prefix()) {
		add(v.ID, "vpc", v.Tags)
	}
	for g := range groupsOf(call, "") {
		add(g.ID, "security-group", g.Tags)
	}
	for r := range rulesOf(call, "") {
		add(r.ID, "security-group-rule", r.Tags)
	}
	for s := range subnetsOf(call, "") {
		add(s.ID, "subnet", s.Tags)
	}
	for n := range interfacesOf(call) {
		add(n.ID, "network-interface", n.Tags)
	}
	for p := range prefixListsOf(call) {
		add(p.ID, "prefix-list", p.Tags)
	}
	return all
}
