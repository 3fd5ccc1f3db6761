// Package template writes a rule set as a CloudFormation template. The same input gives the same bytes, and a logical ID
// is a function of what it stands for alone: a new version of the tool must not make a plan where nothing was asked for.
//
// Every rule is a resource of its own and every group holds one placeholder that permits nothing, so that no topology is
// circular, a changed rule is created before the old one goes, and AWS's default of open egress never exists.
//
// Read is the way back, for templates that the tool wrote. Validate checks anybody's.
package template
