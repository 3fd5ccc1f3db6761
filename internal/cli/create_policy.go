package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"mlops-infra-suite/internal/license"
	"mlops-infra-suite/internal/sg/policy"
	"mlops-infra-suite/internal/sg/ruleset"
)

type policyResult struct {
	header
	ReadOnly   bool            `json:"read_only"`
	Characters int             `json:"characters"` // as IAM counts them
	Policy     json.RawMessage `json:"policy"`
	Notes      []string        `json:"notes"`
	statements []policy.Statement
	text       []byte
}

func (r *policyResult) writeText(w io.Writer) {
	switch {
	case r.Error != nil:
	case r.Files.Policy == "":
		fmt.Fprintf(w, "%s", r.text)
	default:
		fmt.Fprintf(w, "%s (%d statements, %d of %d characters)\n", r.Files.Policy, len(r.statements), r.Characters, policy.MaxSize)
		table := tabwriter.NewWriter(w, 2, 0, 2, ' ', 0)
		for _, s := range r.statements {
			fmt.Fprintf(table, "  %s\t%s\n", s.Sid, s.Purpose)
		}
		table.Flush()
		for _, note := range r.Notes {
			fmt.Fprintln(w, note)
		}
	}
}

func (r *policyResult) writeMarkdown(m *markdown) {
	if r.Error != nil {
		return
	}
	rows := make([][]string, len(r.statements))
	for i, s := range r.statements {
		rows[i] = []string{s.Sid, s.Purpose, strings.Join(s.Actions, ", "), strings.Join(s.Resources, ", ")}
	}
	m.heading(3, "Policy")
	m.paragraph("%d of %d characters.", r.Characters, policy.MaxSize)
	m.table([]string{"Statement", "What for", "Actions", "Resources"}, rows)
	for _, note := range r.Notes {
		m.paragraph("%s", note)
	}
}

func (a *app) createPolicy() *cobra.Command {
	r := &policyResult{Policy: json.RawMessage("{}"), Notes: []string{}}
	c := a.action("create-policy", "Write the least IAM policy with which the actions work (with --dry-run: to stdout)", r,
		func(_ context.Context, s *session) error {
			if err := s.load(); err != nil {
				return err
			}
			if err := r.build(s); err != nil {
				return err
			}
			if a.opt.dryRun {
				for _, note := range r.Notes {
					s.tell.say("%s", note)
				}
				return nil
			}
			name := s.cfg.Names.Policy(s.settings.Folders.Policies, r.ReadOnly)
			if err := s.writeFile(name, r.text); err != nil {
				return err
			}
			r.Files.Policy = name
			s.tell.step("wrote %s", name)
			return nil
		})
	c.Flags().BoolVar(&r.ReadOnly, "read-only", false, "the policy of a reviewer, which allows nothing that writes")
	return c
}

// build makes the policy of the config.
func (r *policyResult) build(s *session) error {
	terms, err := license.Linked()
	if err != nil {
		return err
	}
	p := policy.New(policy.Input{
		Names: s.cfg.Names, Region: s.cfg.Region, Account: s.cfg.AccountID, VPCID: s.cfg.VPCID, VPCPath: s.cfg.VPCPath,
		Bucket: s.settings.Bucket(s.cfg), License: terms.Action, ReadOnly: r.ReadOnly, PrefixLists: namesPrefixLists(s.set),
	})
	if r.text, err = p.JSON(); err != nil {
		return err
	}
	r.Policy, r.Characters, r.statements = json.RawMessage(r.text), p.Size(), p.Statements
	r.Notes = append(r.Notes, policyNotes(r.ReadOnly)...)
	if p.Squeezed() {
		r.Notes = append(r.Notes, "To keep to IAM's limit the statements have no names in the file, and some are one there.")
	}
	return nil
}

// namesPrefixLists tells whether a rule of the set has a prefix list as its peer.
func namesPrefixLists(set ruleset.Set) bool {
	return slices.ContainsFunc(set.Tiers, func(t ruleset.Tier) bool {
		return slices.ContainsFunc(slices.Concat(t.Ingress, t.Egress), func(r ruleset.Rule) bool { return r.Peer.Kind == ruleset.PrefixList })
	})
}

// policyNotes are what a policy can't say of itself.
func policyNotes(readOnly bool) []string {
	if readOnly {
		return []string{
			"show-changes does not work with it: it makes a change set and deletes it again, which is writing (cloudformation:CreateChangeSet, " +
				"DeleteChangeSet, and DeleteStack where there is no stack yet).",
			"check-drift works with it, without --fix; so do validate-template, delete-security-groups --dry-run and all actions that need no AWS.",
		}
	}
	return nil
}
