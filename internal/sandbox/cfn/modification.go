package cfn

import (
	"maps"
	"reflect"
	"slices"
	"strings"

	"mlops-infra-suite/internal/sandbox/cfn/resource"
	"mlops-infra-suite/internal/sandbox/cfn/template"
)

// modification is the comparison of one resource that is there and stays.
type modification struct {
	*comparison
	id         string
	record     *resourceRecord
	wanted     template.Resource
	t          resource.Type
	properties template.Map // evaluated
}

const (
	evaluatedNow   = "Static"
	evaluatedLater = "Dynamic"

	directModification = "DirectModification"
	parameterReference = "ParameterReference"
	resourceReference  = "ResourceReference"
	resourceAttribute  = "ResourceAttribute"
)

// details are the reasons for which the resource really changes, with values.
func (m modification) details() []ResourceChangeDetail {
	var details []ResourceChangeDetail
	for _, name := range changedProperties(m.record.Properties, m.properties) {
		details = append(details, m.propertyDetails(name)...)
	}
	if m.t.Taggable() {
		before, after := m.record.Tags, m.stack.resourceTags(m.id, m.want.Tags)
		if !maps.Equal(before, after) && !slices.ContainsFunc(details, isTags) {
			details = append(details, m.tagsDetail(before, after))
		}
	}
	if !reflect.DeepEqual(m.record.Metadata, m.wanted.Metadata) {
		details = append(details, attributeDetail("Metadata", textOf(m.record.Metadata), textOf(m.wanted.Metadata)))
	}
	if m.record.DeletionPolicy != m.wanted.DeletionPolicy {
		details = append(details, attributeDetail("DeletionPolicy", m.record.DeletionPolicy, m.wanted.DeletionPolicy))
	}
	return details
}

func isTags(d ResourceChangeDetail) bool { return d.Target.Attribute == "Tags" }

// textOf is a value as text, "" for none.
func textOf(value any) string {
	if value == nil {
		return ""
	}
	return jsonText(value)
}

// attributeDetail is the change of one of the resource's attributes beside its properties. The empty text stands for absence.
func attributeDetail(attribute, before, after string) ResourceChangeDetail {
	change := "Modify"
	switch {
	case before == "":
		change = "Add"
	case after == "":
		change = "Remove"
	}
	return ResourceChangeDetail{
		Evaluation: evaluatedNow, ChangeSource: directModification,
		Target: ResourceTargetDefinition{
			Attribute: attribute, RequiresRecreation: "Never", Path: "/" + attribute,
			BeforeValue: before, AfterValue: after, AttributeChangeType: change,
		},
	}
}

// tagsDetail is the change of the resource's tags, without those that AWS sets itself.
func (m modification) tagsDetail(before, after map[string]string) ResourceChangeDetail {
	list := func(tags map[string]string) string {
		items := template.List{}
		for _, key := range slices.Sorted(maps.Keys(tags)) {
			if !strings.HasPrefix(key, "aws:") {
				items = append(items, template.Map{"Key": key, "Value": tags[key]})
			}
		}
		return jsonText(items)
	}
	detail := attributeDetail("Tags", list(before), list(after))
	detail.Target.Path = "/Properties/Tags"
	return detail
}

// target is a property that changes.
func (m modification) target(name string) ResourceTargetDefinition {
	target := attributeDetail("Properties", textOf(m.record.Properties[name]), textOf(m.properties[name])).Target
	target.Path, target.Name = "/Properties/"+name, name
	if m.t.CreateOnly(name) {
		target.RequiresRecreation = "Always"
	}
	if m.t.IsTags(name) {
		target.Attribute, target.Name = "Tags", ""
	}
	return target
}

// propertyDetails are the reasons for which one property changes: the template
// says something else, or a parameter or resource that it refers to changes. A
// reason of the second kind comes with a direct one whose value is Dynamic
// (recorded from AWS).
func (m modification) propertyDetails(name string) []ResourceChangeDetail {
	target := m.target(name)
	direct := ResourceChangeDetail{Target: target, Evaluation: evaluatedNow, ChangeSource: directModification}
	causes := m.causes(name)
	if len(causes) == 0 || !reflect.DeepEqual(m.old.Resources[m.id].Properties[name], m.wanted.Properties[name]) {
		return []ResourceChangeDetail{direct}
	}
	direct.Evaluation = evaluatedLater
	details := []ResourceChangeDetail{direct}
	for _, ref := range causes {
		details = append(details, ResourceChangeDetail{
			Target: target, Evaluation: evaluatedNow, ChangeSource: m.source(ref), CausingEntity: ref.String(),
		})
	}
	return details
}

// causes are the references of a property to what changes.
func (m modification) causes(name string) []template.Reference {
	refs, _ := template.References(m.wanted.Properties[name]) // has passed Parse
	return slices.DeleteFunc(refs, func(ref template.Reference) bool {
		_, isParameter := m.new.Parameters[ref.Name]
		switch {
		case ref.Kind != template.Named:
			return true
		case isParameter:
			return m.before.value(ref.Name) == m.want.value(ref.Name)
		}
		return !m.replaced[ref.Name]
	})
}

func (m modification) source(ref template.Reference) string {
	if _, isParameter := m.new.Parameters[ref.Name]; isParameter {
		return parameterReference
	}
	if ref.Attribute == "" {
		return resourceReference
	}
	return resourceAttribute
}

// plainDetails are the reasons as DescribeChangeSet shows them without property
// values: a reference to a replaced resource stands for itself, and an
// attribute of a resource that changes in place may change (recorded from AWS).
func (m modification) plainDetails(details []ResourceChangeDetail) []ResourceChangeDetail {
	plain := slices.Clone(details)
	plain = slices.DeleteFunc(plain, func(d ResourceChangeDetail) bool {
		return d.Evaluation == evaluatedLater && slices.ContainsFunc(details, func(other ResourceChangeDetail) bool {
			return other.Target.Name == d.Target.Name && strings.HasPrefix(other.ChangeSource, "Resource")
		})
	})
	for _, name := range slices.Sorted(maps.Keys(m.wanted.Properties)) {
		refs, _ := template.References(m.wanted.Properties[name]) // has passed Parse
		for _, ref := range refs {
			if ref.Attribute != "" && m.touched[ref.Name] && !m.replaced[ref.Name] {
				plain = append(plain, ResourceChangeDetail{
					Target: m.target(name), Evaluation: evaluatedLater,
					ChangeSource: resourceAttribute, CausingEntity: ref.String(),
				})
			}
		}
	}
	return plain
}

// change sums the reasons up.
func (m modification) change(details []ResourceChangeDetail) ResourceChange {
	change := ResourceChange{
		Action: "Modify", LogicalResourceId: m.id, PhysicalResourceId: m.record.PhysicalID, ResourceType: m.record.Type,
		Replacement: "False", Scope: []string{}, Details: details,
		BeforeContext: contextOf(m.record.Properties), AfterContext: contextOf(m.properties),
	}
	for _, d := range details {
		if !slices.Contains(change.Scope, d.Target.Attribute) {
			change.Scope = append(change.Scope, d.Target.Attribute)
		}
		if d.Target.RequiresRecreation == "Always" && d.Evaluation == evaluatedLater && change.Replacement == "False" {
			change.Replacement = "Conditional"
		}
	}
	slices.Sort(change.Scope)
	if m.replaced[m.id] {
		change.Replacement, change.PolicyAction = "True", "ReplaceAndDelete"
		if m.wanted.UpdateReplacePolicy == template.PolicyRetain {
			change.PolicyAction = "ReplaceAndRetain"
		}
	}
	return change
}
