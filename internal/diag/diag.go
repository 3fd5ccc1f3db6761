// Package diag describes what a user must mend. Every reader and every check of the tool reports through its one type,
// so that all findings look alike, are shown all at once, and name the place, the cause and the mend.
//
// It imports nothing of this module.
package diag

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Severity says what a diagnostic does to the run: an Error blocks, a Warning is shown (and blocks under --strict), an
// Info is listed.
type Severity uint8

// The severities, from the gravest to the mildest; the order is the order of display.
const (
	Error Severity = iota
	Warning
	Info
)

// String is the severity's name as it stands in JSON and text: error, warning, info.
func (s Severity) String() string {
	return [...]string{"error", "warning", "info"}[s]
}

// Pos is a place in a file that a user wrote. Line and Column count from 1, columns in characters; a zero Line means the
// file as a whole, an empty File no place at all.
type Pos struct {
	File   string
	Line   int
	Column int
}

// IsZero reports whether p names no place.
func (p Pos) IsZero() bool { return p.File == "" }

// String is file:line:column, as editors and terminals know it.
func (p Pos) String() string {
	switch {
	case p.IsZero():
		return ""
	case p.Line == 0:
		return p.File
	default:
		return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
	}
}

// Compare orders positions by file, line and column.
func (p Pos) Compare(q Pos) int {
	return cmp.Or(cmp.Compare(p.File, q.File), cmp.Compare(p.Line, q.Line), cmp.Compare(p.Column, q.Column))
}

// Diagnostic is one thing to mend. Summary is one sentence that names the thing and the cause, Detail an optional longer
// reason, Hint how to mend it. Tier and Rule say which part of the rule set it is about, where it is about one.
type Diagnostic struct {
	Severity Severity
	ID       string
	Summary  string
	Detail   string
	Hint     string
	Pos      Pos
	Tier     string
	Rule     string
	Waived   string // the reason of the waiver that accepts it; empty: not waived
}

// IsError reports whether d blocks: an error that no waiver accepts.
func (d Diagnostic) IsError() bool { return d.Severity == Error && d.Waived == "" }

// List is a set of diagnostics. The zero value is an empty list, ready to use.
type List []Diagnostic

// Errorf appends an error without hint and returns it for the caller to complete.
func (l *List) Errorf(id string, pos Pos, format string, args ...any) *Diagnostic {
	return l.add(Error, id, pos, format, args)
}

// Warnf appends a warning, as Errorf does an error.
func (l *List) Warnf(id string, pos Pos, format string, args ...any) *Diagnostic {
	return l.add(Warning, id, pos, format, args)
}

func (l *List) add(severity Severity, id string, pos Pos, format string, args []any) *Diagnostic {
	*l = append(*l, Diagnostic{Severity: severity, ID: id, Pos: pos, Summary: fmt.Sprintf(format, args...)})
	return &(*l)[len(*l)-1]
}

// WithHint sets the hint and returns d, so that one expression makes a whole diagnostic.
func (d *Diagnostic) WithHint(format string, args ...any) *Diagnostic {
	d.Hint = fmt.Sprintf(format, args...)
	return d
}

// HasErrors reports whether any diagnostic of the list blocks.
func (l List) HasErrors() bool { return slices.ContainsFunc(l, Diagnostic.IsError) }

// Has reports whether any unwaived diagnostic of the given severity is in the list.
func (l List) Has(severity Severity) bool {
	return slices.ContainsFunc(l, func(d Diagnostic) bool { return d.Severity == severity && d.Waived == "" })
}

// Sort orders the list for display: by place, then severity, ID and text.
func (l List) Sort() {
	slices.SortStableFunc(l, func(a, b Diagnostic) int {
		return cmp.Or(
			a.Pos.Compare(b.Pos),
			cmp.Compare(a.Severity, b.Severity),
			cmp.Compare(a.ID, b.ID),
			cmp.Compare(a.Tier, b.Tier),
			cmp.Compare(a.Summary, b.Summary),
		)
	})
}

// Gravest divides the list into its n gravest diagnostics, errors first and those that are waived last, and the rest.
func (l List) Gravest(n int) (gravest, rest List) {
	if len(l) <= n {
		return l, nil
	}
	sorted := slices.Clone(l)
	rank := func(d Diagnostic) int {
		if d.Waived != "" {
			return int(Info) + 1
		}
		return int(d.Severity)
	}
	slices.SortStableFunc(sorted, func(a, b Diagnostic) int { return cmp.Compare(rank(a), rank(b)) })
	return sorted[:n], sorted[n:]
}

// Error makes a non-empty list usable as an error: its first error and how many more there are.
func (l List) Error() string {
	for _, d := range l {
		if !d.IsError() {
			continue
		}
		text := d.Summary
		if place := d.Pos.String(); place != "" {
			text = place + ": " + text
		}
		if more := l.count(Error) - 1; more > 0 {
			text += fmt.Sprintf(" (and %d more)", more)
		}
		return text
	}
	return "no errors"
}

func (l List) count(severity Severity) int {
	n := 0
	for _, d := range l {
		if d.Severity == severity && d.Waived == "" {
			n++
		}
	}
	return n
}

// Count is the list in one phrase, such as "2 errors, 1 warning"; infos and waived diagnostics are left out.
func (l List) Count() string {
	var parts []string
	for _, s := range []Severity{Error, Warning} {
		switch n := l.count(s); n {
		case 0:
		case 1:
			parts = append(parts, "1 "+s.String())
		default:
			parts = append(parts, fmt.Sprintf("%d %ss", n, s))
		}
	}
	if len(parts) == 0 {
		return "no errors"
	}
	return strings.Join(parts, ", ")
}
