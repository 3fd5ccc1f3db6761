package wire

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"time"
)

// absent tells the fields that an output leaves out.
func absent(f field) bool {
	v := f.value
	switch v.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		return v.IsNil()
	case reflect.String:
		return v.Len() == 0 && !f.always
	case reflect.Struct:
		t, ok := reflect.TypeAssert[time.Time](v)
		return ok && t.IsZero()
	}
	return false
}

// scalar is a boolean or number as both XML and JSON write it.
func scalar(v reflect.Value) string {
	switch v.Kind() {
	case reflect.Bool:
		return strconv.FormatBool(v.Bool())
	case reflect.Float64:
		return strconv.FormatFloat(v.Float(), 'f', -1, 64)
	}
	return strconv.FormatInt(v.Int(), 10)
}

// xmlEncoder writes outputs as the Query and EC2 protocols want them.
type xmlEncoder struct {
	bytes.Buffer
	ec2 bool
}

func (e *xmlEncoder) open(name string)  { e.WriteString("<" + name + ">") }
func (e *xmlEncoder) close(name string) { e.WriteString("</" + name + ">") }

func (e *xmlEncoder) text(name, text string) {
	e.open(name)
	xml.EscapeText(e, []byte(text)) // what XML can't hold becomes U+FFFD
	e.close(name)
}

func (e *xmlEncoder) members(v reflect.Value) {
	for f := range fields(v) {
		if absent(f) {
			continue
		}
		name := f.name
		if e.ec2 {
			name = lowerCamel(name)
		}
		e.value(name, f.value)
	}
}

func (e *xmlEncoder) value(name string, v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		e.value(name, v.Elem())
	case reflect.String:
		e.text(name, v.String())
	case reflect.Slice:
		e.list(name, v)
	case reflect.Map:
		e.entries(name, v)
	case reflect.Struct:
		if t, ok := reflect.TypeAssert[time.Time](v); ok {
			e.text(name, t.UTC().Format("2006-01-02T15:04:05.000Z"))
			return
		}
		e.open(name)
		e.members(v)
		e.close(name)
	default:
		e.text(name, scalar(v))
	}
}

func (e *xmlEncoder) list(name string, v reflect.Value) {
	item := "member"
	if e.ec2 {
		item = "item"
	}
	e.open(name)
	for i := range v.Len() {
		e.value(item, v.Index(i))
	}
	e.close(name)
}

func (e *xmlEncoder) entries(name string, v reflect.Value) {
	e.open(name)
	for _, key := range sortedKeys(v) {
		e.open("entry")
		e.text("key", key.String())
		e.value("value", v.MapIndex(key))
		e.close("entry")
	}
	e.close(name)
}

func sortedKeys(v reflect.Value) []reflect.Value {
	byName := map[string]reflect.Value{}
	for _, key := range v.MapKeys() {
		byName[key.String()] = key
	}
	var keys []reflect.Value
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		keys = append(keys, byName[name])
	}
	return keys
}

// jsonEncoder writes outputs as awsJson1.1 wants them: times are seconds since
// 1970, with milliseconds as decimals.
type jsonEncoder struct {
	bytes.Buffer
}

func (e *jsonEncoder) object(v reflect.Value) {
	e.WriteByte('{')
	first := true
	for f := range fields(v) {
		if absent(f) {
			continue
		}
		e.comma(&first)
		e.text(f.name)
		e.WriteByte(':')
		e.value(f.value)
	}
	e.WriteByte('}')
}

func (e *jsonEncoder) value(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		e.value(v.Elem())
	case reflect.String:
		e.text(v.String())
	case reflect.Slice:
		e.list(v)
	case reflect.Map:
		e.entries(v)
	case reflect.Struct:
		if t, ok := reflect.TypeAssert[time.Time](v); ok {
			e.WriteString(strconv.FormatFloat(float64(t.UnixMilli())/1000, 'f', 3, 64))
			return
		}
		e.object(v)
	default:
		e.WriteString(scalar(v))
	}
}

func (e *jsonEncoder) list(v reflect.Value) {
	e.WriteByte('[')
	first := true
	for i := range v.Len() {
		e.comma(&first)
		e.value(v.Index(i))
	}
	e.WriteByte(']')
}

func (e *jsonEncoder) entries(v reflect.Value) {
	e.WriteByte('{')
	first := true
	for _, key := range sortedKeys(v) {
		e.comma(&first)
		e.text(key.String())
		e.WriteByte(':')
		e.value(v.MapIndex(key))
	}
	e.WriteByte('}')
}

func (e *jsonEncoder) comma(first *bool) {
	if !*first {
		e.WriteByte(',')
	}
	*first = false
}

func (e *jsonEncoder) text(s string) {
	quoted, _ := json.Marshal(s) // a string can always be encoded
	e.Write(quoted)
}
