//go:build !unix

package cli

// mayWriteIn can't be asked here without writing.
func mayWriteIn(string) error { return nil }
