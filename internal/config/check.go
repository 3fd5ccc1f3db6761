package config

import (
	"slices"
	"strings"
	"time"
	"unicode"

	"mlops-infra-suite/internal/diag"
	"mlops-infra-suite/internal/yamldoc"
)

// ReservedTags are the tags that the tool sets itself on every group and on the stack.
var ReservedTags = []string{"Name", "Environment", "Tenant", "Scenario", "Tier", "Workload", "ManagedBy"}

// OwnTagPrefix begins the tags by which the tool marks what is its own, such as the stacks of test sets.
const OwnTagPrefix = "sg-provisioner:"

// check reports what a JSON Schema can't say.
func (c *Config) check(root yamldoc.Map, problems *diag.List) {
	if region := root.Map("environment").Get("region"); region.Exists() && root.Map("environment").Sound() && !knownRegion(c.Region) {
		problems.Warnf(diag.CodeRegion, region.Pos(), "the region %q is not one that this version knows", c.Region).
			WithHint("%s", diag.Suggest(c.Region, regions))
	}
	c.checkVPC(root.Map("security_groups"), problems)
	checkTags(root.Map("tags"), problems)
	for _, w := range root.Map("security_groups").List("waivers") {
		checkExpiry(w.Map(), problems)
	}
}

func (c *Config) checkVPC(groups yamldoc.Map, problems *diag.List) {
	source, id, path := groups.Get("vpc_source"), groups.Get("vpc_id"), groups.Get("vpc_parameter_store_path")
	if !source.Sound() || !id.Sound() || !path.Sound() {
		return
	}
	direct := source.Text() == "direct"
	switch {
	case direct && id.Text() == "":
		problems.Errorf(diag.CodeMissingKey, source.Pos(), `vpc_source is direct, but "vpc_id" is missing`).
			WithHint("vpc_id: vpc-0123456789abcdef0")
	case !direct && id.Text() != "":
		problems.Warnf(diag.CodeValue, id.Pos(), "vpc_id is set, but vpc_source is not direct: it is ignored").
			WithHint("set vpc_source: direct, or remove vpc_id")
	case direct && path.Text() != "":
		problems.Warnf(diag.CodeValue, path.Pos(), "vpc_parameter_store_path is set, but vpc_source is direct: it is ignored").
			WithHint("remove one of them")
	}
}

func checkTags(tags yamldoc.Map, problems *diag.List) {
	for key, value := range tags.Entries() {
		switch {
		case strings.HasPrefix(strings.ToLower(key), "aws:"):
			problems.Errorf(diag.CodeTag, tags.KeyPos(key), "the tag %q begins with aws:, which AWS reserves", key)
		case strings.HasPrefix(key, OwnTagPrefix):
			problems.Errorf(diag.CodeTag, tags.KeyPos(key), "the tag %q begins with %s, by which the tool marks what is its own", key, OwnTagPrefix)
		case slices.Contains(ReservedTags, key):
			problems.Errorf(diag.CodeTag, tags.KeyPos(key), "the tag %q is one that the tool sets itself", key).
				WithHint("choose another name; the tool's own are %s", strings.Join(ReservedTags, ", "))
		case strings.ContainsFunc(key, notTagText):
			problems.Errorf(diag.CodeTag, tags.KeyPos(key), "the tag's name %q has a character that AWS doesn't take", key).WithHint(tagTextHint)
		case strings.ContainsFunc(value.Text(), notTagText):
			problems.Errorf(diag.CodeTag, value.Pos(), "the value of the tag %q has a character that AWS doesn't take", key).WithHint(tagTextHint)
		}
	}
}

const tagTextHint = "letters, digits, spaces and _ . : / = + - @ are fine"

// notTagText tells the characters that not every AWS service takes in tags.
func notTagText(r rune) bool {
	return !(unicode.In(r, unicode.L, unicode.N, unicode.Z) || strings.ContainsRune("_.:/=+-@", r))
}

func checkExpiry(waiver yamldoc.Map, problems *diag.List) {
	text := waiver.Text("expires")
	if _, err := time.Parse(time.DateOnly, text); err != nil && waiver.Sound() {
		problems.Errorf(diag.CodeValue, waiver.Get("expires").Pos(), "%q is not a day of the calendar", text).
			WithHint("write it as YYYY-MM-DD")
	}
}
