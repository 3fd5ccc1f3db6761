//go:build licensed || tools

package license

import "context"

// hasClients says whether the SDK's clients are in the binary.
const hasClients = true

// ask returns nil where AWS says that this copy may run.
func (b build) ask(ctx context.Context, c connection) error {
	if b.mode == Metering {
		return b.registerUsage(ctx, c)
	}
	return b.checkOut(ctx, c)
}
