package report

import (
	"bytes"
	"html"
	"slices"
	"strconv"
	"strings"

	"mlops-infra-suite/internal/diag"
)

// part is something that an element is made of: an attribute, a text, another element, or several of these.
type part interface{ addTo(to *element) }

// element is an HTML or SVG element. Its name and the names of its attributes are words of this package, never of a user.
type element struct {
	name     string
	attrs    []attr
	children []part // texts, elements and raw texts
}

// text is shown as it is, in an element as in an attribute: nothing in it is ever markup.
type text string

// attr is an attribute. Its value is always written in quotes.
type attr struct{ name, value string }

// parts are several parts in the place of one.
type parts []part

// verbatim is written as it is: the page's own style and script, and nothing else.
type verbatim []byte

func (t text) addTo(to *element)     { to.children = append(to.children, t) }
func (a attr) addTo(to *element)     { to.attrs = append(to.attrs, a) }
func (e *element) addTo(to *element) { to.children = append(to.children, e) }
func (v verbatim) addTo(to *element) { to.children = append(to.children, v) }
func (p parts) addTo(to *element) {
	for _, one := range p {
		one.addTo(to)
	}
}

// h makes an element.
func h(name string, of ...part) *element {
	e := &element{name: name}
	parts(of).addTo(e)
	return e
}

// each makes a part of every element of a list.
func each[T any](list []T, of func(T) part) parts {
	out := make(parts, len(list))
	for i, x := range list {
		out[i] = of(x)
	}
	return out
}

// when is a part only where a condition holds.
func when(condition bool, of ...part) parts {
	if !condition {
		return nil
	}
	return of
}

func at(name, value string) attr      { return attr{name, value} }
func num(name string, value int) attr { return attr{name, strconv.Itoa(value)} }
func id(value string) attr            { return attr{"id", value} }

// class is the attribute of that name, of those names that are not empty.
func class(names ...string) part {
	names = slices.DeleteFunc(names, func(name string) bool { return name == "" })
	if len(names) == 0 {
		return parts(nil)
	}
	return attr{"class", strings.Join(names, " ")}
}

func code(value string, of ...part) *element { return h("code", append(of, text(value))...) }

// void elements have no end.
var void = []string{"meta", "col", "wbr"}

// lines are elements after which a line ends, for those who read the source.
var lines = []string{
	"meta", "head", "title", "body", "header", "section", "div", "nav", "main", "article", "footer", "p", "h1", "h2", "h3", "ul", "li", "dl",
	"table", "thead", "tbody", "tr", "svg", "defs", "details",
}

// write writes the element and all that it holds.
func (e *element) write(b *bytes.Buffer) {
	b.WriteByte('<')
	b.WriteString(e.name)
	for _, a := range e.attrs {
		b.WriteByte(' ')
		b.WriteString(a.name)
		b.WriteString(`="`)
		b.WriteString(html.EscapeString(printable(a.value)))
		b.WriteByte('"')
	}
	b.WriteByte('>')
	for _, child := range e.children {
		switch child := child.(type) {
		case text:
			b.WriteString(withoutMarkup.Replace(printable(string(child))))
		case verbatim:
			b.Write(child)
		case *element:
			child.write(b)
		}
	}
	if !slices.Contains(void, e.name) {
		b.WriteString("</" + e.name + ">")
	}
	if slices.Contains(lines, e.name) {
		b.WriteByte('\n')
	}
}

// withoutMarkup escapes what begins markup within an element, where quotes are letters like others.
var withoutMarkup = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// printable shows the characters that would turn a line around or hide a part of it.
func printable(words string) string {
	lines := strings.Split(words, "\n")
	for i, line := range lines {
		lines[i] = diag.Printable(line)
	}
	return strings.Join(lines, "\n")
}
