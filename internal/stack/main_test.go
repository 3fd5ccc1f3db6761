package stack_test

import (
	"os"
	"runtime/debug"
	"testing"
)

// TestMain collects garbage less often: the worlds of these tests are many, small and short-lived.
func TestMain(m *testing.M) {
	debug.SetGCPercent(400)
	os.Exit(m.Run())
}
