//go:build unix

package cli

import "golang.org/x/sys/unix"

// mayWriteIn asks the system whether files can be made in the folder.
func mayWriteIn(folder string) error { return unix.Access(folder, unix.W_OK|unix.X_OK) }
