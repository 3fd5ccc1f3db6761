package template

import (
	"strings"

	"mlops-infra-suite/internal/diag"
)

// alternatives are the values that a value may be: the branches of Fn::If, without AWS::NoValue. Of anything else it is the
// value itself.
func (v *validator) alternatives(p part) []part {
	name, argument, ok := p.call()
	switch {
	case !p.exists() || isNoValue(p):
		return nil
	case ok && name == "Fn::If" && argument.isList() && len(argument.target().Content) == 3:
		branches := argument.target().Content
		return append(v.alternatives(part{branches[1]}), v.alternatives(part{branches[2]})...)
	default:
		return []part{p}
	}
}

func isNoValue(p part) bool {
	name, argument, ok := p.call()
	return ok && name == "Ref" && argument.value() == "AWS::NoValue"
}

// presence says whether a property is there.
type presence int

const (
	absent  presence = iota
	perhaps          // a condition decides
	present
)

func (v *validator) presence(p part) presence {
	if !p.exists() || isNoValue(p) {
		return absent
	}
	name, argument, ok := p.call()
	if !ok || name != "Fn::If" || !argument.isList() || len(argument.target().Content) != 3 {
		return present
	}
	a, b := v.presence(part{argument.target().Content[1]}), v.presence(part{argument.target().Content[2]})
	if a == b {
		return a
	}
	return perhaps
}

// Limits of tags (documented).
const (
	maxTags     = 50
	maxTagKey   = 128
	maxTagValue = 256
)

// isTags checks a list of tags.
func isTags(v *validator, what string, p part) {
	if _, _, computed := p.call(); computed {
		return
	}
	if !p.isList() {
		v.wrong(diag.CodeType, p, "%s must be a list of tags, each with Key and Value", what)
		return
	}
	items := p.target().Content
	if len(items) > maxTags {
		v.wrong(diag.CodeTag, p, "%s: %d tags are over the limit of %d", what, len(items), maxTags)
	}
	for _, item := range items {
		for _, tag := range v.alternatives(part{item}) {
			v.object(what, tag, schema{"Key": {true, isTagKey}, "Value": {true, isTagValue}}, tag)
		}
	}
}

// isTagMap checks tags as SSM takes them, a mapping.
func isTagMap(v *validator, what string, p part) {
	if _, _, computed := p.call(); computed {
		return
	}
	if !p.isMapping() {
		v.wrong(diag.CodeType, p, "%s must be a mapping of keys to values", what)
		return
	}
	for key, value := range p.fields() {
		isTagKey(v, what, key)
		for _, one := range v.alternatives(value) {
			isTagValue(v, what, one)
		}
	}
}

func isTagKey(v *validator, what string, p part) {
	text, ok := v.plain(what, p)
	switch {
	case !ok:
	case strings.HasPrefix(strings.ToLower(text), "aws:"):
		v.wrong(diag.CodeTag, p, "%s: %q: keys that begin with aws: are AWS's own", what, text)
	case text == "" || len([]rune(text)) > maxTagKey:
		v.wrong(diag.CodeTag, p, "%s: a key has 1 to %d characters, not %d", what, maxTagKey, len([]rune(text)))
	}
}

func isTagValue(v *validator, what string, p part) {
	if text, ok := v.plain(what, p); ok && len([]rune(text)) > maxTagValue {
		v.wrong(diag.CodeTag, p, "%s: a value has at most %d characters, not %d", what, maxTagValue, len([]rune(text)))
	}
}
