package cli

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"

	"mlops-infra-suite/internal/diag"
	"mlops-infra-suite/internal/sg/check"
)

// header is what every JSON document begins with.
type header struct {
	Action    string     `json:"action"`
	SGName    string     `json:"sg_name"`
	StackName string     `json:"stack_name"`
	Status    string     `json:"status"`
	Error     *errorInfo `json:"error,omitempty"`
	Findings  []finding  `json:"findings"`
	Files     files      `json:"files"`
}

func (h *header) head() *header { return h }

// document is the result of an action: as JSON itself, as text through writeText.
type document interface {
	head() *header
	writeText(w io.Writer)
}

// noResult is the document of a command line that names no action.
type noResult struct{ header }

func (r *noResult) writeText(io.Writer) {}

// The words of header.Status.
const (
	statusOK        = "ok"
	statusFailed    = "failed"
	statusBlocked   = "blocked"
	statusChanges   = "changes"
	statusUnchanged = "unchanged"
	statusDrift     = "drift"
)

type errorInfo struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Hint    string `json:"hint"`
}

type finding struct {
	ID       string `json:"id"`
	Severity string `json:"severity"`
	Impact   string `json:"impact,omitempty"` // of a check of the catalogue: CRIT, HIGH, MED or LOW
	Tier     string `json:"tier"`
	Rule     string `json:"rule"`
	Message  string `json:"message"`
	Hint     string `json:"hint"`
	File     string `json:"file"`
	Line     int    `json:"line"`
	Column   int    `json:"column"`
	Waived   bool   `json:"waived"`
}

// files are those that were written, relative to the working directory.
type files struct {
	Template       string `json:"template,omitempty"`
	Review         string `json:"review,omitempty"`
	ReviewHTML     string `json:"review_html,omitempty"`
	DeploymentHTML string `json:"deployment_html,omitempty"`
	DriftHTML      string `json:"drift_html,omitempty"`
	Policy         string `json:"policy,omitempty"`
	Log            string `json:"log,omitempty"`
}

// findingsOf are diagnostics as the JSON output has them, with the impact of the check that found them, if one did.
func findingsOf(list diag.List) []finding {
	out := make([]finding, len(list))
	for i, d := range list {
		c, _ := check.Find(d.ID)
		out[i] = finding{
			ID: d.ID, Severity: d.Severity.String(), Impact: string(c.Impact), Tier: d.Tier, Rule: d.Rule,
			Message: d.Summary, Hint: d.Hint,
			File: d.Pos.File, Line: d.Pos.Line, Column: d.Pos.Column,
			Waived: d.Waived != "",
		}
	}
	return out
}

func writeJSON(w io.Writer, doc any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(doc); err != nil {
		return fmt.Errorf("write result: %w", err)
	}
	return nil
}

// writeText writes a document, or a part of one, as text in one piece.
func writeText(w io.Writer, doc interface{ writeText(w io.Writer) }) error {
	out := bufio.NewWriter(w)
	doc.writeText(out)
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write result: %w", err)
	}
	return nil
}

// newTable lines up cells that are separated by tabs, two spaces apart, until its Flush. That needs no check: w is the buffer of
// writeText, which keeps the first error for its own Flush.
func newTable(w io.Writer) *tabwriter.Writer { return tabwriter.NewWriter(w, 0, 0, 2, ' ', 0) }
