// Command release makes what users get: binaries for all platforms (-dist), and the files of the container image (-image).
//
// The binaries are static, stripped and path-trimmed, and the same source gives the same bytes on every machine; beside them lie
// their checksums, a bill of materials in CycloneDX, and the licenses of all that is linked. The image's files are one such binary,
// the certificates of the certificate authorities, a user, empty folders to mount on, the documentation, and the same licenses.
//
// It runs from the module's root and needs Go alone, no shell: the Dockerfile's build stage may have nothing else. How the
// build is licensed is said by LICENSE_MODE and its companions, see internal/license; a source build is the default. With
// -garble the binaries are obfuscated.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	b := builder{terms: termsOf(os.Getenv), environ: os.Environ(), log: os.Stderr}
	flags := flag.NewFlagSet("release", flag.ContinueOnError)
	image := flags.String("image", "", "folder for the files of the image, which is replaced")
	dist := flags.String("dist", "", "folder for the binaries of all platforms, which is replaced")
	flags.StringVar(&b.version, "version", cmp.Or(os.Getenv("VERSION"), "dev"), "version of the release (also VERSION)")
	flags.StringVar(&b.garble, "garble", os.Getenv("GARBLE"), "the program garble, to obfuscate the binaries (also GARBLE)")
	if err := flags.Parse(args); err != nil {
		return err
	}
	switch {
	case flags.NArg() > 0:
		return fmt.Errorf("%q is too much", flags.Args())
	case (*image == "") == (*dist == ""):
		return errors.New("one of -image and -dist is needed")
	case *image != "":
		return b.image(ctx, *image)
	default:
		return b.dist(ctx, *dist, platforms)
	}
}
