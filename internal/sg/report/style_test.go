package report

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// colours are the variables of each colour scheme, by name.
func colours(t *testing.T) map[string]map[string]string {
	t.Helper()
	blocks := regexp.MustCompile(`(?s):root \{(.*?)\}`).FindAllStringSubmatch(string(style), -1)
	if len(blocks) != 2 {
		t.Fatalf("%d blocks of variables, want one for each scheme", len(blocks))
	}
	schemes := map[string]map[string]string{"light": {}, "dark": {}}
	for i, scheme := range []string{"light", "dark"} {
		for _, m := range regexp.MustCompile(`--([\w-]+): (#[0-9a-f]{6});`).FindAllStringSubmatch(blocks[i][1], -1) {
			schemes[scheme][m[1]] = m[2]
		}
	}
	for name := range schemes["light"] {
		if schemes["dark"][name] == "" {
			t.Errorf("the dark scheme has no --%s", name)
		}
	}
	return schemes
}

// luminance is the relative luminance of WCAG 2.
func luminance(t *testing.T, colour string) float64 {
	t.Helper()
	n, err := strconv.ParseUint(strings.TrimPrefix(colour, "#"), 16, 32)
	if err != nil {
		t.Fatalf("colour %q: %v", colour, err)
	}
	part := func(shift uint) float64 {
		c := float64(n>>shift&0xff) / 255
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 0.2126*part(16) + 0.7152*part(8) + 0.0722*part(0)
}

func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	x, y := luminance(t, a), luminance(t, b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// Text has the contrast of WCAG AA, 4.5 to 1, on everything that it stands on; what lines and boxes mean has 3 to 1.
func TestContrast(t *testing.T) {
	for scheme, of := range colours(t) {
		for _, tc := range []struct {
			least   float64
			front   string
			grounds []string
		}{
			{least: 4.5, front: "ink", grounds: []string{"bg", "surface", "accent-soft", "warn-soft"}},
			{least: 4.5, front: "muted", grounds: []string{"bg", "surface", "accent-soft", "warn-soft"}},
			{least: 4.5, front: "accent", grounds: []string{"bg", "surface"}},
			{least: 4.5, front: "on-accent", grounds: []string{"accent"}},
			{least: 4.5, front: "ok", grounds: []string{"ok-soft", "surface"}},
			{least: 4.5, front: "warn", grounds: []string{"warn-soft", "surface"}},
			{least: 4.5, front: "bad", grounds: []string{"bad-soft", "surface"}},
			{least: 4.5, front: "surface", grounds: []string{"warn", "bad"}}, // the numbers in the picture
			{least: 3, front: "edge", grounds: []string{"surface", "bg"}},
			{least: 3, front: "warn", grounds: []string{"bg"}},
			{least: 3, front: "accent", grounds: []string{"accent-soft"}},
		} {
			for _, ground := range tc.grounds {
				if of[tc.front] == "" || of[ground] == "" {
					t.Fatalf("no colour %s or %s", tc.front, ground)
				}
				if got := contrast(t, of[tc.front], of[ground]); got < tc.least {
					t.Errorf("%s: %s on %s has a contrast of %.2f, under %.1f", scheme, tc.front, ground, got, tc.least)
				}
			}
		}
	}
}

func TestContrastIsWCAGs(t *testing.T) {
	for _, tc := range []struct {
		a, b string
		want string
	}{{"#000000", "#ffffff", "21.00"}, {"#777777", "#ffffff", "4.48"}, {"#ffffff", "#ffffff", "1.00"}} {
		if got := fmt.Sprintf("%.2f", contrast(t, tc.a, tc.b)); got != tc.want {
			t.Errorf("%s on %s: %s, want %s", tc.a, tc.b, got, tc.want)
		}
	}
}

// Colours come from the variables alone, so that both schemes have them.
func TestStyleNamesNoOtherColour(t *testing.T) {
	rules := regexp.MustCompile(`(?s):root \{.*?\}`).ReplaceAllString(string(style), "")
	for _, colour := range regexp.MustCompile(`#[0-9a-f]{3,6}\b|rgba?\(|hsla?\(`).FindAllString(rules, -1) {
		if colour != "#fff" { // paper is white
			t.Errorf("the style names %s", colour)
		}
	}
}
