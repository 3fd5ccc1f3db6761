package report

import (
	"encoding/json"
	"fmt"
	"html"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Kind is what a report is about.
type Kind string

// The kinds.
const (
	ReviewKind     Kind = "review"
	DeploymentKind Kind = "deployment"
	DriftKind      Kind = "drift"
)

// Meta is what a report's file says about itself in its head, for the list of reports.
type Meta struct {
	Kind    Kind      `json:"kind"`
	SGName  string    `json:"sg_name"`
	Time    time.Time `json:"time"`
	Outcome string    `json:"outcome"` // good, look or stop
	Says    string    `json:"says"`    // in one sentence
	Sandbox bool      `json:"sandbox,omitempty"`
}

// File is the name of the report's file.
func (m Meta) File() string { return m.SGName + "-" + string(m.Kind) + ".html" }

// encode is nothing where there is no Meta.
func (m *Meta) encode() (string, error) {
	if m == nil {
		return "", nil
	}
	said := *m
	said.Time = said.Time.UTC().Truncate(time.Second)
	text, err := json.Marshal(said)
	if err != nil {
		return "", fmt.Errorf("write report: %w", err)
	}
	return string(text), nil
}

// HeadBytes bounds how much of a file is looked at for its Meta: the line stands at the top.
const HeadBytes = 8 << 10

// metaName is the name of the element that holds a Meta; headBegins and headEnds are what stands around its value.
const (
	metaName   = "sg-provisioner-report"
	headBegins = "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"" + metaName + "\" content=\""
	headEnds   = "\">\n"
)

var sgName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,127}$`)

// ParseMeta reads what the file of this name says about itself. ok is false for a file that is no report of this tool, or
// that claims to be another one than its name says: anybody may have put it there.
func ParseMeta(file string, head []byte) (m Meta, ok bool) {
	rest, found := strings.CutPrefix(string(head[:min(len(head), HeadBytes)]), headBegins)
	text, _, ends := strings.Cut(rest, headEnds)
	if !found || !ends || json.Unmarshal([]byte(html.UnescapeString(text)), &m) != nil {
		return Meta{}, false
	}
	known := slices.Contains([]Kind{ReviewKind, DeploymentKind, DriftKind}, m.Kind) && slices.Contains([]string{"good", "look", "stop"}, m.Outcome)
	if !known || !sgName.MatchString(m.SGName) || m.File() != file || m.Time.IsZero() {
		return Meta{}, false
	}
	return m, true
}
