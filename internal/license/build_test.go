//go:build !licensed && !tools

package license

import (
	"errors"
	"strings"
	"testing"
)

// TestASourceBuildHasNoLicense: neither does it call AWS, nor can the linker alone make a licensed build of it.
func TestASourceBuildHasNoLicense(t *testing.T) {
	if err := Check(t.Context(), Options{}); err != nil {
		t.Error(err)
	}
	terms, err := Linked()
	if err != nil || terms != (Terms{Mode: None, Text: "none, a source build"}) {
		t.Errorf("terms %+v, %v", terms, err)
	}
	for _, l := range []links{{mode: "contract", product: "p", entitlement: "e"}, {mode: "metering", product: "p"}} {
		if _, err := l.parse(false); err == nil || !strings.Contains(err.Error(), "without the build tag licensed") {
			t.Errorf("%s: %v", l.mode, err)
		}
	}
	if err := (build{mode: Contract}).ask(t.Context(), connection{}); !errors.Is(err, errors.ErrUnsupported) {
		t.Error(err)
	}
}
