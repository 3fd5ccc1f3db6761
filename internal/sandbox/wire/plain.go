package wire

import (
	"reflect"
	"time"
)

// Plain is an input or output as maps, lists, texts, numbers and booleans, by the
// names that its members have in requests. What is absent is left out, and so is
// a boolean or number that is zero unless it was given as such (a pointer) or
// zeros is true: inputs mean nothing by them, outputs do.
func Plain(v any, zeros bool) map[string]any {
	value := reflect.ValueOf(v)
	if value.Kind() == reflect.Pointer {
		value = value.Elem()
	}
	return plainStruct(value, zeros)
}

func plainStruct(v reflect.Value, zeros bool) map[string]any {
	members := map[string]any{}
	for f := range fields(v) {
		if absent(f) || !zeros && isScalar(f.value) && f.value.IsZero() {
			continue
		}
		members[f.name] = plain(f.value, zeros)
	}
	return members
}

func isScalar(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Bool, reflect.Int32, reflect.Int64, reflect.Float64:
		return true
	}
	return false
}

// plain turns a value into maps, slices and scalars. zeros is that of Plain.
func plain(v reflect.Value, zeros bool) any {
	switch v.Kind() {
	case reflect.Pointer:
		return plain(v.Elem(), zeros)
	case reflect.Slice:
		list := make([]any, v.Len())
		for i := range list {
			list[i] = plain(v.Index(i), zeros)
		}
		return list
	case reflect.Map:
		entries := map[string]any{}
		for _, key := range v.MapKeys() {
			entries[key.String()] = plain(v.MapIndex(key), zeros)
		}
		return entries
	case reflect.Struct:
		if t, ok := reflect.TypeAssert[time.Time](v); ok {
			return t
		}
		return plainStruct(v, zeros)
	}
	return v.Interface()
}
