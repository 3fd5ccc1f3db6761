package cli

import (
	"context"
	"fmt"
	"io"
	"runtime"

	"github.com/spf13/cobra"
)

type versionResult struct {
	header
	Version  string `json:"version"`
	License  string `json:"license"`
	Platform string `json:"platform"`
}

func (r *versionResult) writeText(w io.Writer) {
	fmt.Fprintf(w, "sg-provisioner %s (%s, license: %s)\n", r.Version, r.Platform, r.License)
}

func (a *app) versionCommand() *cobra.Command {
	r := &versionResult{Version: a.env.Version, License: "none, a source build", Platform: runtime.GOOS + "/" + runtime.GOARCH}
	return a.action("version", "Show the version and how this build is licensed", r, func(context.Context, *session) error { return nil })
}
