package s3

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"
)

var (
	bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)

	reservedPrefixes = []string{"xn--", "sthree-", "amzn-s3-demo-"}
	reservedSuffixes = []string{"-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"}
)

// validName holds a bucket's name to the documented rules for general purpose
// buckets.
func validName(name string) bool {
	_, notAddress := netip.ParseAddr(name)
	return bucketName.MatchString(name) && !strings.Contains(name, "..") && notAddress != nil &&
		!slices.ContainsFunc(reservedPrefixes, func(p string) bool { return strings.HasPrefix(name, p) }) &&
		!slices.ContainsFunc(reservedSuffixes, func(s string) bool { return strings.HasSuffix(name, s) })
}
