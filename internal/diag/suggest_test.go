package diag_test

import (
	"strings"
	"testing"

	"mlops-infra-suite/internal/diag"
)

func TestSuggest(t *testing.T) {
	rule := []string{"description", "icmp_code", "icmp_type", "port", "port_range", "protocol", "source", "source_prefix_list", "source_sg", "source_tier"}
	scenarios := []string{"2-tier-web", "3-tier-oracle", "3-tier-rds-mysql", "3-tier-web"}
	many := strings.Split("a b c d e f g h i j k l m", " ")
	for _, tc := range []struct {
		name, word string
		known      []string
		want       string
	}{
		{"a letter too many", "protocoll", rule, `did you mean "protocol"?`},
		{"letters swapped", "descritpion", rule, `did you mean "description"?`},
		{"the nearest, not the first that begins the word", "source_teir", rule, `did you mean "source_tier"?`},
		{"the nearest of two that begin the word", "port_rang", rule, `did you mean "port_range"?`},
		{"a beginning alone", "desc", rule, `did you mean "description"?`},
		{"the shortest of those that begin with it", "3-tier", scenarios, `did you mean "3-tier-web"?`},
		{"an exchange", "3-teir-web", scenarios, `did you mean "3-tier-web"?`},
		{"nothing near", "zzz", []string{"web", "app"}, "known are: web, app"},
		{"nothing near among many", "zzz", many, ""},
		{"two letters begin nothing", "we", []string{"database", "website"}, "known are: database, website"},
		{"a letter is not near another", "b", []string{"a", "c"}, "known are: a, c"},
		{"nothing known", "web", nil, ""},
		{"the empty word", "", []string{"web", "app"}, "known are: web, app"},
		{"a word too long to compare", strings.Repeat("web", 100_000), []string{"app", "data"}, "known are: app, data"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := diag.Suggest(tc.word, tc.known); got != tc.want {
				t.Errorf("Suggest(%.40q) = %q, want %q", tc.word, got, tc.want)
			}
		})
	}
}
