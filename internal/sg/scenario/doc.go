// Package scenario turns a scenario and the overrides of a config into a resolved rule set. Scenarios are data: nine are
// embedded, a file in the user's folder adds one, and one may build on another. It promises that every resolved rule
// knows the line that caused it, that both halves of a connection between tiers are there, and that an override which
// matches or changes nothing is an error rather than silence.
package scenario
