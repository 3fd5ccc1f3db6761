package template

import "regexp"

// Limits of mappings (documented).
const (
	maxMappings   = 200
	maxAttributes = 200 // in each
)

var mappingKey = regexp.MustCompile(`^[a-zA-Z0-9.-]+$`)

func (t *Template) readMappings(root Map) error {
	mappings, names, err := members(root, "Mappings", "Mapping", maxMappings)
	if err != nil {
		return err
	}
	t.Mappings = make(map[string]Map, len(names))
	for _, name := range names {
		mapping, ok := mappings[name].(Map)
		if !ok {
			return formatError("Every Mappings member %s must be a map", name)
		}
		if len(mapping) > maxAttributes {
			return formatError("Number of attributes, %d, of mapping %s is greater than maximum allowed, %d",
				len(mapping), name, maxAttributes)
		}
		for _, key := range sortedKeys(mapping) {
			if err := checkAttributes(name, key, mapping[key]); err != nil {
				return err
			}
		}
		t.Mappings[name] = mapping
	}
	return nil
}

// checkAttributes wants a map of texts and lists of texts below a mapping's key.
func checkAttributes(mapping, key string, value any) error {
	attributes, ok := value.(Map)
	if !ok || len(attributes) == 0 {
		return formatError("Every Mappings member %s must be a map of maps: %s is none", mapping, key)
	}
	if !mappingKey.MatchString(key) {
		return formatError("Mappings element name '%s' must be non-empty and can contain only alphanumeric characters, '-' or '.'", key)
	}
	for _, name := range sortedKeys(attributes) {
		if !mappingKey.MatchString(name) {
			return formatError("Mappings attribute name '%s' must contain only alphanumeric characters.", name)
		}
		switch attribute := attributes[name].(type) {
		case string:
			continue
		case List:
			for _, item := range attribute {
				if _, ok = item.(string); !ok {
					break
				}
			}
		default:
			ok = false
		}
		if !ok {
			return formatError("Every Mappings attribute must be a String or a List.")
		}
	}
	return nil
}

func (t *Template) checkMapping(name string) error {
	if _, ok := t.Mappings[name]; !ok {
		return validationError("Template error: Mapping named '%s' is not present in the 'Mappings' section of template.", name)
	}
	return nil
}
