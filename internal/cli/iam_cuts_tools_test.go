//go:build tools

package cli_test

// everyCut has TestLeastPrivilege run the program for every part that it takes out of the policy.
const everyCut = true
