package check

import (
	"fmt"
	"slices"

	"mlops-infra-suite/internal/diag"
)

// Catalogue are the checks of a rule set, by ID.
func Catalogue() []Check {
	return []Check{
		openEverything, openSSH, openRDP, openDatabase, openHighRisk, openAdmin, openOther, openOverIPv6, splitWorld, wideSource,
		amplification, openHTTP, wideRange, openICMP, wholeProtocol,
		rangeIntoTier, tierSkipping, openInnerTier,
		implicitEgress, openEgress, egressPorts, databaseEgress, deadPath, selfReference, wholePrivateBlock,
		duplicateRule, shadowedRule, nonCanonicalCIDR, missingDescription, badDescription,
		quota, missingTags, fixedName,
	}
}

// Find returns the check of an ID.
func Find(id string) (Check, bool) {
	catalogue := All()
	i := slices.IndexFunc(catalogue, func(c Check) bool { return c.ID == id })
	if i < 0 {
		return Check{}, false
	}
	return catalogue[i], true
}

// Suggest is the hint for an ID that no check has.
func Suggest(id string) string {
	catalogue := All()
	ids := make([]string, len(catalogue))
	for i, c := range catalogue {
		ids[i] = c.ID
	}
	if hint := diag.Suggest(id, ids); hint != "" {
		return hint
	}
	return fmt.Sprintf("checks are called %s to %s; sg-provisioner explain lists them", ids[0], ids[len(ids)-1])
}
