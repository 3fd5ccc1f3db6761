package wire

import (
	"iter"
	"reflect"
	"strings"
)

// field is an exported field of an input or output struct.
type field struct {
	name     string // on the wire, in requests
	required bool   // in requests
	always   bool   // in responses, even when it is empty
	value    reflect.Value
}

// fields yields the fields of a struct value, those of embedded structs too.
func fields(v reflect.Value) iter.Seq[field] {
	return func(yield func(field) bool) { eachField(v, yield) }
}

// eachField yields the exported fields of a struct and those of the structs embedded in it, and reports whether to go on.
func eachField(v reflect.Value, yield func(field) bool) bool {
	t := v.Type()
	for i := range t.NumField() {
		sf := t.Field(i)
		name, option, _ := strings.Cut(sf.Tag.Get("aws"), ",")
		switch {
		case name == "-":
			continue
		case sf.Anonymous && sf.Type.Kind() == reflect.Struct:
			if !eachField(v.Field(i), yield) {
				return false
			}
			continue
		case !sf.IsExported():
			continue
		case name == "":
			name = sf.Name
		}
		if !yield(field{
			name: name, required: option == "required", always: option == "always", value: v.Field(i),
		}) {
			return false
		}
	}
	return true
}
