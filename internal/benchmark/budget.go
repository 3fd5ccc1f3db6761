package main

import "time"

// budget is what a command may cost.
type budget struct {
	ratio float64 // wall time, as a multiple of hello-world's
	rss   float64 // peak resident memory, in MiB; 0: not limited
}

// The budgets of the product. The stretch goals are shown, not asked for.
var (
	localBudget   = budget{ratio: 10, rss: 24}
	localStretch  = budget{ratio: 4, rss: 12}
	reportBudget  = budget{ratio: 14, rss: 32}
	reportStretch = budget{ratio: 6, rss: 20}
	deployBudget  = budget{ratio: 63} // 60 ms, where hello-world takes the 0.95 ms of a quiet machine
	deployStretch = budget{ratio: 32} // 30 ms
)

// config is the example that is measured: a set of three tiers with overrides.
const config = "globalbank-prod.yaml"

// command is one thing that a user does.
type command struct {
	name     string
	args     []string
	caBundle bool // with AWS_CA_BUNDLE set, as many companies have it: parsing it is what a local action must not do
	fresh    bool // in a working directory that has no sandbox yet
	limit    budget
	stretch  budget
}

// commands are what is measured.
func commands() []command {
	var all []command
	for _, caBundle := range []bool{false, true} {
		for _, args := range [][]string{
			{"version"}, {"list-scenarios"},
			{"validate-config", "-c", config}, {"create-template", "-c", config}, {"show-scenario", "-c", config},
		} {
			all = append(all, command{name: args[0], args: args, caBundle: caBundle, limit: localBudget, stretch: localStretch})
		}
	}
	return append(all, command{
		name: "create-review-report", args: []string{"create-review-report", "-c", config}, limit: reportBudget, stretch: reportStretch,
	}, command{
		name: "create-security-groups", args: []string{"create-security-groups", "-c", config, "--sandbox", "--force"},
		fresh: true, limit: deployBudget, stretch: deployStretch,
	})
}

// within reports whether a measurement keeps the budget; hello is what hello-world took.
func (b budget) within(s sample, hello time.Duration) bool {
	return s.ratio(hello) <= b.ratio && (b.rss == 0 || s.rss <= b.rss)
}
