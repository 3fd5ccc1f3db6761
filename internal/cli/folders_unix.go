//go:build unix

package cli

import "golang.org/x/sys/unix"

// mayWrite asks the system whether files can be made in the folder.
func mayWrite(folder string) error { return unix.Access(folder, unix.W_OK|unix.X_OK) }
