package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func written(e *element) string {
	var b bytes.Buffer
	e.write(&b)
	return b.String()
}

func TestMarkup(t *testing.T) {
	for _, tc := range []struct {
		name string
		e    *element
		want string
	}{
		{"nothing in it", h("b"), "<b></b>"},
		{"text and attributes", h("b", class("x", "", "y"), text("a < b & \"c\""), id("d'\"e")), `<b class="x y" id="d&#39;&#34;e">a &lt; b &amp; "c"</b>`},
		{"no class", h("b", class("")), "<b></b>"},
		{"lists and conditions", h("b", each([]int{1, 2}, func(n int) part { return text(count(n)) }), when(false, text("no")), when(true, text("yes"))), "<b>12yes</b>"},
		{"an element without end", h("g", h("col")), "<g><col></g>"},
		{"its own source as it is", h("style", verbatim("a>b{}")), "<style>a>b{}</style>"},
		{"a line that would be turned around", h("b", text("a\u202eb\nc\x00")), "<b>a\\u202eb\nc\\x00</b>"},
	} {
		if got := written(tc.e); got != tc.want {
			t.Errorf("%s: %s, want %s", tc.name, got, tc.want)
		}
	}
}

// Whatever a text is, in an element or in an attribute: a parser finds one element with one attribute and one text.
func TestTextIsNeverMarkup(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		words := rapid.StringOf(rapid.RuneFrom([]rune("<>&\"'`=/ \n-!ab\u00e9\u202e\x00]"))).Draw(rt, "text")
		source := written(h("b", at("title", words), text(words)))
		d := xml.NewDecoder(strings.NewReader(source))
		elements := 0
		for {
			token, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				rt.Fatalf("%q: %v", source, err)
			}
			if start, ok := token.(xml.StartElement); ok {
				elements++
				if len(start.Attr) != 1 {
					rt.Fatalf("%q has %d attributes", source, len(start.Attr))
				}
			}
		}
		if elements != 1 {
			rt.Fatalf("%q has %d elements", source, elements)
		}
	})
}
