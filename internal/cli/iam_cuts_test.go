//go:build !tools

package cli_test

// everyCut has TestLeastPrivilege run the program for every part that it takes out of the policy. Without the tag it looks
// at what has been decided before: which step would have been refused.
const everyCut = false
