package report

import (
	"bytes"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// writeYAML writes a struct of plain values as a YAML mapping, its fields in their order and by the names in their tags. All
// texts are in quotes: readers of YAML 1.1 would take some of them for booleans, times or numbers. The YAML library takes ten
// times as long, which is a third of a whole run.
func writeYAML(b *bytes.Buffer, object reflect.Value, indent int) {
	first := true
	for i := range object.NumField() {
		name, options, _ := strings.Cut(object.Type().Field(i).Tag.Get("yaml"), ",")
		value := object.Field(i)
		if name == "" || name == "-" || options == "omitempty" && value.IsZero() {
			continue
		}
		if value.Kind() == reflect.Pointer {
			value = value.Elem()
		}
		if !first {
			b.WriteString(strings.Repeat(" ", indent))
		}
		first = false
		b.WriteString(name + ":")
		writeYAMLValue(b, value, indent)
	}
}

// writeYAMLValue writes what stands behind a key, with the end of the line.
func writeYAMLValue(b *bytes.Buffer, value reflect.Value, indent int) {
	inner := strings.Repeat(" ", indent+2)
	switch value.Kind() {
	case reflect.Struct:
		b.WriteString("\n" + inner)
		writeYAML(b, value, indent+2)
	case reflect.Map:
		b.WriteString(map[bool]string{true: " {}\n", false: "\n"}[value.Len() == 0])
		keys := value.MapKeys()
		slices.SortFunc(keys, func(a, c reflect.Value) int { return strings.Compare(a.String(), c.String()) })
		for _, key := range keys {
			b.WriteString(inner + strconv.Quote(key.String()) + ": " + strconv.Quote(value.MapIndex(key).String()) + "\n")
		}
	case reflect.Slice:
		b.WriteString(map[bool]string{true: " []\n", false: "\n"}[value.Len() == 0])
		for i := range value.Len() {
			b.WriteString(inner + "-")
			if element := value.Index(i); element.Kind() == reflect.Struct {
				b.WriteString(" ")
				writeYAML(b, element, indent+4)
			} else {
				writeYAMLValue(b, element, indent)
			}
		}
	case reflect.Int:
		b.WriteString(" " + strconv.FormatInt(value.Int(), 10) + "\n")
	case reflect.Bool:
		b.WriteString(" " + strconv.FormatBool(value.Bool()) + "\n")
	default:
		b.WriteString(" " + strconv.Quote(value.String()) + "\n")
	}
}
