package cli

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"mlops-infra-suite/internal/diag"
)

// sarifDocument is a document whose findings are about files that somebody reviews, and so have a form in SARIF 2.1.0
// (Static Analysis Results Interchange Format), which code scanning reads. Its own result has none.
type sarifDocument interface {
	document
	scans()
}

func (*validateConfigResult) scans() {}
func (*showScenarioResult) scans()   {}
func (*reachResult) scans()          {}
func (*templateResult) scans()       {}

const (
	sarifVersion = "2.1.0"
	sarifSchema  = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
	sarifRoot    = "%SRCROOT%" // the customary name of the folder that the URIs of artifacts are relative to
	builtinFiles = "builtin/"  // what the names of embedded scenarios begin with
)

// The sarif types hold what this tool writes of SARIF's objects, which have the same names there.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool       sarifTool                `json:"tool"`
		Automation sarifAutomation          `json:"automationDetails"`
		Invocation []sarifInvocation        `json:"invocations"`
		Bases      map[string]sarifArtifact `json:"originalUriBaseIds"`
		ColumnKind string                   `json:"columnKind"`
		Results    []sarifResult            `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name    string      `json:"name"`
		Version string      `json:"version"`
		Rules   []sarifRule `json:"rules"`
	}
	sarifAutomation struct {
		ID string `json:"id"`
	}
	sarifInvocation struct {
		Successful    bool                `json:"executionSuccessful"`
		ExitCode      int                 `json:"exitCode"`
		Notifications []sarifNotification `json:"toolExecutionNotifications"`
	}
	sarifNotification struct {
		Level      string          `json:"level"`
		Message    sarifMessage    `json:"message"`
		Descriptor sarifDescriptor `json:"descriptor"`
	}
	sarifDescriptor struct {
		ID string `json:"id"`
	}
	sarifResult struct {
		RuleID       string             `json:"ruleId"`
		RuleIndex    int                `json:"ruleIndex"` // -1: not known
		Level        string             `json:"level"`
		Message      sarifMessage       `json:"message"`
		Locations    []sarifLocation    `json:"locations"`
		Fingerprints map[string]string  `json:"partialFingerprints"`
		Suppressions []sarifSuppression `json:"suppressions"`
	}
	sarifMessage struct {
		Text     string `json:"text"`
		Markdown string `json:"markdown,omitempty"`
	}
	sarifLocation struct {
		Physical sarifPhysical `json:"physicalLocation"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   sarifRegion   `json:"region"`
	}
	sarifArtifact struct {
		URI         string        `json:"uri,omitempty"`
		Base        string        `json:"uriBaseId,omitempty"`
		Description *sarifMessage `json:"description,omitempty"`
	}
	sarifRegion struct {
		Line   int `json:"startLine"`
		Column int `json:"startColumn,omitempty"`
	}
	sarifSuppression struct {
		Kind          string `json:"kind"`
		Status        string `json:"status"`
		Justification string `json:"justification"`
	}
)

// sarif is the run as a SARIF log. It was successful where all checks could be made, whatever they found.
func (s *session) sarif(failure *errorInfo) sarifLog {
	invocation := sarifInvocation{
		Successful:    failure == nil || s.app.exit == exitInsecure,
		ExitCode:      s.app.exit,
		Notifications: []sarifNotification{},
	}
	if failure != nil {
		invocation.Notifications = append(invocation.Notifications, sarifNotification{
			Level:      sarifLevel(diag.Error),
			Message:    sarifMessage{Text: sarifText(sentences(failure.Message, failure.Hint))},
			Descriptor: sarifDescriptor{failure.Code},
		})
	}
	rules := sarifRules()
	return sarifLog{sarifSchema, sarifVersion, []sarifRun{{
		Tool: sarifTool{sarifDriver{Name: tool, Version: s.app.env.Version, Rules: rules}},
		// Code scanning takes what stands before the last slash as the category, within which an upload replaces the last.
		Automation: sarifAutomation{tool + "/" + cmp.Or(s.category, s.app.opt.config) + "/"},
		Invocation: []sarifInvocation{invocation},
		Bases: map[string]sarifArtifact{sarifRoot: {Description: &sarifMessage{
			Text: "The folder that the program was started in, or --workdir where that leads out of it or is absolute.",
		}}},
		ColumnKind: "unicodeCodePoints",
		Results:    s.sarifResults(rules),
	}}}
}

func (s *session) sarifResults(rules []sarifRule) []sarifResult {
	results := make([]sarifResult, len(s.findings))
	seen := make(map[string]int, len(s.findings))
	for i, d := range s.findings {
		identity := fingerprint(d)
		seen[identity]++
		results[i] = sarifResult{
			RuleID:       d.ID,
			RuleIndex:    slices.IndexFunc(rules, func(r sarifRule) bool { return r.ID == d.ID }),
			Level:        sarifLevel(d.Severity),
			Message:      sarifMessage{Text: sarifText(sentences(d.Summary, d.Hint))},
			Locations:    s.sarifLocations(d.Pos),
			Fingerprints: map[string]string{"finding/v1": fmt.Sprintf("%s:%d", identity, seen[identity])},
			Suppressions: []sarifSuppression{}, // empty says that it is not suppressed
		}
		if d.Waived != "" {
			results[i].Suppressions = append(results[i].Suppressions, sarifSuppression{"external", "accepted", diag.Printable(d.Waived)})
		}
	}
	return results
}

// sarifLocations is the place of a finding. Code scanning refuses a whole log for one result without a file and a line, and
// can show files of the user alone: a finding about a rule of a built-in scenario has the line that chooses the scenario,
// and one about a whole file its first line.
func (s *session) sarifLocations(pos diag.Pos) []sarifLocation {
	if s.cfg != nil && (pos.IsZero() || strings.HasPrefix(pos.File, builtinFiles)) {
		pos = s.cfg.ScenarioPos
	}
	if pos.IsZero() {
		return []sarifLocation{}
	}
	return []sarifLocation{{sarifPhysical{
		Artifact: sarifFile(s.app.opt.workdir, pos.File),
		Region:   sarifRegion{max(pos.Line, 1), max(pos.Column, 0)},
	}}}
}

// sarifFile is a file of the working directory. Reviewers know it by its place in their repository, so where --workdir
// leads to a folder below the one that the program was started in, the way there is part of the URI.
func sarifFile(workdir, file string) sarifArtifact {
	if filepath.IsAbs(file) {
		return sarifArtifact{URI: (&url.URL{Scheme: "file", Path: filepath.ToSlash(file)}).String()}
	}
	if filepath.IsLocal(workdir) {
		file = path.Join(filepath.ToSlash(workdir), filepath.ToSlash(file))
	}
	return sarifArtifact{URI: (&url.URL{Path: file}).String(), Base: sarifRoot}
}

// sarifLevel is a severity in SARIF's words.
func sarifLevel(s diag.Severity) string {
	return [...]string{"error", "warning", "note"}[s]
}

// sarifText makes a message show as it is: braces would be placeholders, and brackets before a parenthesis a link.
func sarifText(text string) string {
	return strings.NewReplacer("{", "{{", "}", "}}", "](", "] (").Replace(diag.Printable(text))
}

// sentences joins what is wrong and what to do about it.
func sentences(message, hint string) string {
	if hint == "" {
		return message
	}
	return message + ". Hint: " + hint
}

// places are the line numbers that a message may hold.
var places = regexp.MustCompile(`:\d+:\d+|line \d+`)

// fingerprint is what makes a finding the same when lines move: its ID, tier and rule. A finding about the text of a file
// has neither tier nor rule: its message tells it from others.
func fingerprint(d diag.Diagnostic) string {
	parts := []string{d.ID, d.Tier, d.Rule}
	if d.Tier == "" && d.Rule == "" {
		parts = append(parts, d.Pos.File, places.ReplaceAllString(d.Summary, ""))
	}
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:16])
}
