package cli

import (
	"mlops-infra-suite/internal/diag"
	"mlops-infra-suite/internal/sg/check"
	"mlops-infra-suite/internal/sg/ruleset"
)

// checkQuota finds the groups that would hold too many rules for a while: CloudFormation makes new rules before it deletes
// old ones, and what somebody added by hand counts as well.
func (s *session) checkQuota(im *impact, st *standing) {
	type side struct {
		tier string
		ruleset.Direction
	}
	there, meanwhile := map[side][]ruleset.Rule{}, map[side][]ruleset.Rule{}
	for _, h := range im.present(st) {
		at := side{h.Tier, h.Direction}
		there[at], meanwhile[at] = append(there[at], h.Rule), append(meanwhile[at], h.Rule)
	}
	grows := map[side]bool{}
	for _, r := range im.added {
		at := side{r.Tier, r.Direction}
		meanwhile[at], grows[at] = append(meanwhile[at], r.Rule), true
	}
	limit := s.settings.RulesPerDirection
	for _, tier := range im.after.Tiers {
		for _, d := range []ruleset.Direction{ruleset.Ingress, ruleset.Egress} {
			at := side{tier, d}
			if n := check.QuotaUse(meanwhile[at]); grows[at] && n > limit {
				s.findings = append(s.findings, check.QuotaError(tier, d, check.QuotaUse(there[at]), n, limit, diag.Pos{File: s.cfg.File}))
			}
		}
	}
}
