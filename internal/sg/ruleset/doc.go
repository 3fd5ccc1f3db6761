// Package ruleset is the core of the product: tiers, rules, peers and ports as plain values that mean one thing however
// they were written. Protocols are numbers, CIDRs have no host bits, equal keys are equal Go values, and the rules of a
// Set are sorted. Everything here is pure: no files, no clock, no AWS.
package ruleset
