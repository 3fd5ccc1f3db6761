package live

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// tree is a JSON document whose form is not known for sure. Asking it for what is not there gives nothing.
type tree struct{ value any }

func parseTree(text string) (tree, error) {
	var t tree
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&t.value); err != nil {
		return tree{}, fmt.Errorf("parse JSON: %w", err)
	}
	return t, nil
}

// at follows keys, whatever their case.
func (t tree) at(path ...string) tree {
	for _, key := range path {
		object, _ := t.value.(map[string]any)
		next, ok := object[key]
		for k := range object {
			if !ok && strings.EqualFold(k, key) {
				next = object[k]
			}
		}
		t = tree{next}
	}
	return t
}

// unwrap is the content of an object whose only key has the ending.
func (t tree) unwrap(ending string) tree {
	object, _ := t.value.(map[string]any)
	for key, content := range object {
		if len(object) == 1 && strings.HasSuffix(key, ending) {
			return tree{content}
		}
	}
	return t
}

// list is the items of a list in any of the forms in which XML becomes JSON: an array, an object around one under "items" or
// "item", or, of a list of one, the item itself.
func (t tree) list() []tree {
	for _, key := range []string{"items", "item"} {
		if inner := t.at(key); inner.value != nil {
			return inner.list()
		}
	}
	switch v := t.value.(type) {
	case nil:
		return nil
	case []any:
		items := make([]tree, len(v))
		for i, item := range v {
			items[i] = tree{item}
		}
		return items
	case map[string]any:
		if len(v) == 0 {
			return nil
		}
	}
	return []tree{t}
}

// string is a text, number or truth value as text.
func (t tree) string() string {
	switch v := t.value.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	default:
		return ""
	}
}

// text is the value of a key as text.
func (t tree) text(key string) string { return t.at(key).string() }

// number is the value of a key as a port; -1 where there is none, as EC2 means it.
func (t tree) number(key string) int {
	n, err := strconv.Atoi(t.text(key))
	if err != nil {
		return -1
	}
	return n
}

// ids are all texts with a prefix, wherever they stand, sorted.
func (t tree) ids(prefix string) []string {
	var found []string
	switch v := t.value.(type) {
	case string:
		if strings.HasPrefix(v, prefix) {
			found = append(found, v)
		}
	case []any:
		for _, item := range v {
			found = append(found, tree{item}.ids(prefix)...)
		}
	case map[string]any:
		for _, item := range v {
			found = append(found, tree{item}.ids(prefix)...)
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}
