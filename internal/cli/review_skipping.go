package cli

import (
	"slices"

	"mlops-infra-suite/internal/diag"
	"mlops-infra-suite/internal/sg/check"
)

// checkSkipping judges again which tiers get past others by ranges of addresses, now that the CIDRs of the VPC are known: what
// was possible is certain then, or is not there.
func (s *session) checkSkipping(st *standing) {
	if len(st.vpc) == 0 {
		return
	}
	in := s.judged()
	in.VPC = st.vpc
	found := check.Skipping(in)
	check.Accept(found, s.cfg.Waivers)
	s.findings = slices.DeleteFunc(s.findings, check.IsPerhaps)
	for _, d := range found {
		if !slices.ContainsFunc(s.findings, func(told diag.Diagnostic) bool { return told == d }) {
			s.findings = append(s.findings, d)
		}
	}
}
