package ruleset

import "slices"

// Delta is how what is there differs from what was meant, each list sorted by key.
type Delta struct {
	Missing     []Rule // meant, not there
	Extra       []Rule // there, not meant
	Redescribed []Rule // there with another description; as meant
}

// IsEmpty reports whether there is no difference.
func (d Delta) IsEmpty() bool { return len(d.Missing)+len(d.Extra)+len(d.Redescribed) == 0 }

// Compare says how have differs from want. Rules of equal keys are one rule.
func Compare(want, have []Rule) Delta {
	there := byKey(have)
	meant := byKey(want)
	var d Delta
	for key, w := range meant {
		switch h, ok := there[key]; {
		case !ok:
			d.Missing = append(d.Missing, w)
		case h.Description != w.Description:
			d.Redescribed = append(d.Redescribed, w)
		}
	}
	for key, h := range there {
		if _, ok := meant[key]; !ok {
			d.Extra = append(d.Extra, h)
		}
	}
	for _, list := range [][]Rule{d.Missing, d.Extra, d.Redescribed} {
		slices.SortFunc(list, compareRules)
	}
	return d
}

func byKey(rules []Rule) map[Key]Rule {
	m := make(map[Key]Rule, len(rules))
	for _, r := range rules {
		if _, ok := m[r.Key]; !ok {
			m[r.Key] = r
		}
	}
	return m
}
