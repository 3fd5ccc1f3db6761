package wire

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// bind fills the struct that in points to from the tree of a request. Every
// error is an *Error as the service words it.
func (s *Service) bind(in any, root *node) error {
	return s.bindStruct(reflect.ValueOf(in).Elem(), root, "")
}

// bindStruct sets the fields of v from the members of n. A required field without a member and a member without a field are errors.
func (s *Service) bindStruct(v reflect.Value, n *node, path string) error {
	switch {
	case s.Protocol != JSON && n.members == nil && n.scalar == "":
		n = &node{} // "Tags.member.1=" is an empty structure
	case n.members == nil || n.scalar != nil:
		return s.wrongType(path, n.text(), "a structure")
	}
	known := map[string]bool{}
	for f := range fields(v) {
		known[f.name] = true
		child, given := n.members[f.name]
		switch {
		case given:
			if err := s.bindValue(f.value, child, join(path, f.name)); err != nil {
				return err
			}
		case f.required:
			return s.missingParameter(join(path, f.name))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(n.members)) {
		if !known[name] {
			return s.unknownParameter(join(path, name))
		}
	}
	return nil
}

// bindValue sets v, whatever its kind. path names the parameter in errors.
func (s *Service) bindValue(v reflect.Value, n *node, path string) error {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return s.bindValue(v.Elem(), n, path)
	case reflect.Slice:
		return s.bindList(v, n, path)
	case reflect.Map:
		return s.bindMap(v, n, path)
	case reflect.Struct:
		if v.Type() != reflect.TypeFor[time.Time]() {
			return s.bindStruct(v, n, path)
		}
	}
	if n.scalar == nil || n.members != nil {
		return s.wrongType(path, n.text(), "a "+v.Kind().String())
	}
	if s.Protocol == JSON {
		return s.bindJSON(v, n.scalar, path)
	}
	return s.bindText(v, n.scalar.(string), path)
}

// bindText binds a scalar of a form.
func (s *Service) bindText(v reflect.Value, text, path string) error {
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Bool:
		isTrue := strings.EqualFold(text, "true")
		if !isTrue && !strings.EqualFold(text, "false") {
			return s.wrongType(path, text, "a boolean")
		}
		v.SetBool(isTrue)
	case reflect.Int, reflect.Int32, reflect.Int64:
		i, err := strconv.ParseInt(text, 10, v.Type().Bits())
		if err != nil {
			return s.wrongType(path, text, "an integer")
		}
		v.SetInt(i)
	case reflect.Float64:
		f, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return s.wrongType(path, text, "a number")
		}
		v.SetFloat(f)
	default: // time.Time, the only struct that comes here
		t, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return s.wrongType(path, text, "a timestamp")
		}
		v.Set(reflect.ValueOf(t.UTC()))
	}
	return nil
}

// bindJSON binds a scalar of a JSON document, whose own type must fit.
func (s *Service) bindJSON(v reflect.Value, scalar any, path string) error {
	number, _ := scalar.(json.Number)
	switch v.Kind() {
	case reflect.String:
		if text, ok := scalar.(string); ok {
			v.SetString(text)
			return nil
		}
		return s.wrongType(path, scalar, "a String")
	case reflect.Bool:
		if b, ok := scalar.(bool); ok {
			v.SetBool(b)
			return nil
		}
		return s.wrongType(path, scalar, "a Boolean")
	case reflect.Int, reflect.Int32, reflect.Int64:
		if i, err := strconv.ParseInt(number.String(), 10, v.Type().Bits()); err == nil {
			v.SetInt(i)
			return nil
		}
		return s.wrongType(path, scalar, "an Integer")
	case reflect.Float64:
		if f, err := number.Float64(); err == nil {
			v.SetFloat(f)
			return nil
		}
		return s.wrongType(path, scalar, "a Double")
	default: // time.Time
		f, err := number.Float64()
		if err != nil {
			return s.wrongType(path, scalar, "a Timestamp")
		}
		v.Set(reflect.ValueOf(time.UnixMilli(int64(f * 1000)).UTC()))
		return nil
	}
}

func (s *Service) bindList(v reflect.Value, n *node, path string) error {
	items, err := s.items(n, path)
	if err != nil {
		return err
	}
	list := reflect.MakeSlice(v.Type(), len(items), len(items))
	for i, item := range items {
		if err := s.bindValue(list.Index(i), item.node, item.path); err != nil {
			return err
		}
	}
	v.Set(list)
	return nil
}

type item struct {
	*node
	path string
}

// items returns the items of a list in order. In forms they are numbered from 1
// (Query: below "member"); gaps are closed, as AWS does.
func (s *Service) items(n *node, path string) ([]item, error) {
	if s.Protocol == JSON {
		if n.list == nil {
			return nil, s.wrongType(path, n.text(), "a List")
		}
		found := make([]item, len(n.list))
		for i, child := range n.list {
			found[i] = item{child, path + "." + strconv.Itoa(i+1) + ".member"}
		}
		return found, nil
	}
	if n.scalar == "" && n.members == nil {
		return nil, nil // boto3 writes an empty list as "Tags="
	}
	if s.Protocol == Query && n.members != nil && n.scalar == nil {
		member, ok := n.members["member"]
		if !ok || len(n.members) > 1 {
			return nil, s.unknownParameter(join(path, firstOther(n.members, "member")))
		}
		n, path = member, path+".member"
	}
	return s.numbered(n, path)
}

// numbered are the members of n in the order of their numbers, from 1 on and perhaps with gaps.
func (s *Service) numbered(n *node, path string) ([]item, error) {
	if n.members == nil || n.scalar != nil {
		return nil, s.wrongType(path, n.text(), "a list")
	}
	numbers := make([]int, 0, len(n.members))
	for name := range n.members {
		i, err := strconv.Atoi(name)
		if err != nil || i < 1 || strconv.Itoa(i) != name {
			return nil, s.unknownParameter(join(path, name))
		}
		numbers = append(numbers, i)
	}
	slices.Sort(numbers)
	found := make([]item, len(numbers))
	for i, number := range numbers {
		name := strconv.Itoa(number)
		found[i] = item{n.members[name], path + "." + name}
	}
	return found, nil
}

// bindMap binds a map with string keys: an object of JSON, or numbered entries
// with key and value of a form ("Tags.entry.1.key=a").
func (s *Service) bindMap(v reflect.Value, n *node, path string) error {
	v.Set(reflect.MakeMap(v.Type()))
	put := func(key string, value *node, path string) error {
		element := reflect.New(v.Type().Elem()).Elem()
		err := s.bindValue(element, value, path)
		v.SetMapIndex(reflect.ValueOf(key), element)
		return err
	}
	if s.Protocol == JSON {
		if n.members == nil {
			return s.wrongType(path, n.text(), "a Map")
		}
		for _, key := range slices.Sorted(maps.Keys(n.members)) {
			if err := put(key, n.members[key], join(path, key)); err != nil {
				return err
			}
		}
		return nil
	}
	if n.scalar == "" && n.members == nil {
		return nil
	}
	entries := n.members["entry"]
	if entries == nil || len(n.members) > 1 {
		return s.unknownParameter(join(path, firstOther(n.members, "entry")))
	}
	found, err := s.numbered(entries, path+".entry")
	if err != nil {
		return err
	}
	for _, entry := range found {
		key, value := entry.members["key"], entry.members["value"]
		if key == nil || value == nil || len(entry.members) > 2 {
			return s.malformed("%s is not an entry with key and value", entry.path)
		}
		text, ok := key.scalar.(string)
		if !ok {
			return s.wrongType(entry.path+".key", key.text(), "a string")
		}
		if err := put(text, value, entry.path+".value"); err != nil {
			return err
		}
	}
	return nil
}

// firstOther is the first name but the one that was expected.
func firstOther(members map[string]*node, expected string) string {
	for _, name := range slices.Sorted(maps.Keys(members)) {
		if name != expected {
			return name
		}
	}
	return expected
}

// text is a value as an error message shows it.
func (n *node) text() any {
	switch {
	case n.scalar != nil:
		return n.scalar
	case n.list != nil:
		return "a list"
	}
	return "a structure"
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
