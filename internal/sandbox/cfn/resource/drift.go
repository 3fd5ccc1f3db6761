package resource

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strconv"

	"mlops-infra-suite/internal/sandbox/cfn/template"
)

// Kinds of differences between what a template says and what is there.
const (
	Added    = "ADD"       // an item that the template's list doesn't have
	Removed  = "REMOVE"    // an item or a property that is no longer there
	NotEqual = "NOT_EQUAL" // another value
)

// Difference is a property whose actual value isn't the one that was wanted.
type Difference struct {
	Path             string // "/SecurityGroupIngress/0/CidrIp"
	Expected, Actual string // a text as it is, anything else as JSON; "null" for none
	Kind             string
}

// Drift compares what was wanted of a resource with what it is. Only what the template gives counts (documented), except for
// what can't be read back (documented) and empty lists (reported).
func (t Type) Drift(wanted, actual template.Map) []Difference {
	return t.differences("", t.Comparable(wanted), actual)
}

// Comparable are those of the properties that drift detection looks at.
func (t Type) Comparable(properties template.Map) template.Map {
	kept := maps.Clone(properties)
	maps.DeleteFunc(kept, func(name string, value any) bool {
		list, isList := value.(template.List)
		return t.properties[name].writeOnly || isList && len(list) == 0
	})
	return kept
}

// JSON writes properties with their schema's types, as CloudFormation shows
// those of drifted resources (recorded from AWS).
func (t Type) JSON(properties template.Map) string { return jsonOf(t.typed(properties)) }

// Among returns those of the properties that another set has too.
func Among(properties, others template.Map) template.Map {
	kept := maps.Clone(properties)
	maps.DeleteFunc(kept, func(name string, _ any) bool {
		_, given := others[name]
		return !given
	})
	return kept
}

// differences are the properties of wanted that actual lacks or has with another value. A property that wanted leaves out is not compared.
func (o object) differences(path string, wanted, actual template.Map) []Difference {
	var found []Difference
	for _, name := range slices.Sorted(maps.Keys(wanted)) {
		p, at := o.properties[name], path+"/"+name
		value, given := actual[name]
		if !given {
			found = append(found, Difference{at, jsonOf(p.typed(wanted[name])), "null", Removed})
			continue
		}
		switch want := wanted[name].(type) {
		case template.List:
			have, _ := value.(template.List)
			found = append(found, p.listDifferences(at, want, have)...)
		case template.Map:
			have, _ := value.(template.Map)
			found = append(found, entryDifferences(at, want, have)...)
		case string:
			if have, _ := value.(string); !p.equal(want, have) {
				found = append(found, Difference{at, want, have, NotEqual})
			}
		}
	}
	return found
}

// equal compares two values as the resource's own service does.
func (p Property) equal(a, b string) bool {
	return a == b || p.canonical != nil && p.canonical(a) == p.canonical(b)
}

// listDifferences compares lists whose order means nothing. Items that are in both lists are no difference. Of the others, two
// that have something in common are one changed item (recorded from AWS for a single item, assumed for more); the rest was
// added or removed.
func (p Property) listDifferences(path string, wanted, actual template.List) []Difference {
	extra := make([]int, len(actual)) // indexes of those without a partner
	for i := range actual {
		extra[i] = i
	}
	var missing []int
	for i, want := range wanted {
		at := slices.IndexFunc(extra, func(j int) bool { return len(p.itemDifferences("", want, actual[j])) == 0 })
		if at < 0 {
			missing = append(missing, i)
			continue
		}
		extra = slices.Delete(extra, at, at+1)
	}
	var found []Difference
	for _, i := range missing {
		at := path + "/" + strconv.Itoa(i)
		if partner := p.mostAlike(wanted[i], actual, extra); partner >= 0 {
			found = append(found, p.itemDifferences(at, wanted[i], actual[extra[partner]])...)
			extra = slices.Delete(extra, partner, partner+1)
			continue
		}
		found = append(found, Difference{at, jsonOf(p.typedItem(wanted[i])), "null", Removed})
	}
	for _, j := range extra {
		found = append(found, Difference{path + "/" + strconv.Itoa(j), "null", jsonOf(p.typedItem(actual[j])), Added})
	}
	return found
}

// mostAlike is the index of the candidate that differs least from the wanted item, -1 if every candidate differs in everything.
func (p Property) mostAlike(want any, actual template.List, candidates []int) int {
	fields, _ := want.(template.Map)
	best, fewest := -1, len(fields)
	for n, j := range candidates {
		if count := len(p.itemDifferences("", want, actual[j])); count < fewest {
			best, fewest = n, count
		}
	}
	return best
}

func (p Property) itemDifferences(path string, want, have any) []Difference {
	wantMap, isMap := want.(template.Map)
	if isMap {
		haveMap, _ := have.(template.Map)
		return p.items.differences(path, wantMap, haveMap)
	}
	if want == have {
		return nil
	}
	return []Difference{{path, jsonOf(want), jsonOf(have), NotEqual}}
}

// entryDifferences compares dictionaries, of which the tags of parameters are one.
func entryDifferences(path string, wanted, actual template.Map) []Difference {
	var found []Difference
	all := maps.Clone(wanted)
	maps.Copy(all, actual)
	for _, key := range slices.Sorted(maps.Keys(all)) {
		want, isWanted := wanted[key].(string)
		have, isThere := actual[key].(string)
		switch at := path + "/" + key; {
		case !isThere:
			found = append(found, Difference{at, want, "null", Removed})
		case !isWanted:
			found = append(found, Difference{at, "null", have, Added})
		case want != have:
			found = append(found, Difference{at, want, have, NotEqual})
		}
	}
	return found
}

// typed gives values the types that the schema says: templates are read as texts.
func (o object) typed(m template.Map) map[string]any {
	typed := make(map[string]any, len(m))
	for name, value := range m {
		typed[name] = o.properties[name].typed(value)
	}
	return typed
}

// typed gives the texts of a template the JSON type of the property, as drift results show it.
func (p Property) typed(value any) any {
	switch value := value.(type) {
	case template.List:
		items := make([]any, len(value))
		for i, item := range value {
			items[i] = p.typedItem(item)
		}
		return items
	case string:
		if n, err := strconv.Atoi(value); p.kind == integer && err == nil {
			return n
		}
		if b, err := strconv.ParseBool(value); p.kind == boolean && err == nil {
			return b
		}
	}
	return value
}

func (p Property) typedItem(item any) any {
	if m, isMap := item.(template.Map); isMap && p.items != nil {
		return p.items.typed(m)
	}
	return item
}

// jsonOf is a value as compact JSON; a text is left as it is.
func jsonOf(value any) string {
	if s, ok := value.(string); ok {
		return s
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(value) // texts, numbers, lists and maps always encode
	return string(bytes.TrimSpace(out.Bytes()))
}
