package resource

import (
	"maps"
	"reflect"
	"slices"

	"mlops-infra-suite/internal/sandbox/cfn/template"
)

// tagChanges is what makes have into want: tags to write, keys to take away.
func tagChanges(have, want map[string]string) (added map[string]string, removed []string) {
	added = map[string]string{}
	for key, value := range want {
		if old, ok := have[key]; !ok || old != value {
			added[key] = value
		}
	}
	for _, key := range slices.Sorted(maps.Keys(have)) {
		if _, ok := want[key]; !ok {
			removed = append(removed, key)
		}
	}
	return added, removed
}

// sameButTags compares properties without the one called Tags.
func sameButTags(a, b template.Map) bool {
	a, b = maps.Clone(a), maps.Clone(b)
	delete(a, "Tags")
	delete(b, "Tags")
	return reflect.DeepEqual(a, b)
}
