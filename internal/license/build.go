package license

import (
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
)

// Set by the linker, and never written to: see the package's documentation.
var (
	linkedMode        = string(None)
	linkedProduct     = ""
	linkedKeyVersion  = ""
	linkedKey         = ""
	linkedEntitlement = ""
)

// Mode is how a build is licensed.
type Mode string

// The modes.
const (
	None     Mode = "none"     // a source build: no license, no call
	Metering Mode = "metering" // RegisterUsage
	Contract Mode = "contract" // CheckoutLicense
)

// Terms are what a build tells about its license.
type Terms struct {
	Mode    Mode
	Text    string // for people
	Product string // product code or product ID; empty without a license
	Action  string // the IAM action that the license check needs; empty without a license
}

// sandboxKey is the SHA-256 sum of the public key with which the sandbox signs, in DER.
const sandboxKey = "52e90b9219543d5c41b96c9908d7235b44f4ad1ae34a4a79db7f7a606c897dc1"

// links are strings that the linker has set.
type links struct{ mode, product, keyVersion, key, entitlement string }

// build is a license as the links describe it.
type build struct {
	mode        Mode
	product     string
	keyVersion  int32
	key         *rsa.PublicKey
	entitlement string
}

// Linked tells how this build is licensed. An error means that the binary was built wrongly: it will refuse every action.
func Linked() (Terms, error) {
	b, err := linked()
	return b.terms(), err
}

func linked() (build, error) {
	b, err := links{linkedMode, linkedProduct, linkedKeyVersion, linkedKey, linkedEntitlement}.parse(trustsSandbox)
	if err != nil {
		return build{mode: Mode(linkedMode)}, &Error{Text: "this build's license settings are wrong: " + err.Error(),
			Remedy: "get a release from where this one comes from, and tell them", Err: err}
	}
	return b, nil
}

func (b build) terms() Terms {
	t := Terms{Mode: b.mode, Product: b.product}
	switch b.mode {
	case None:
		t.Text = "none, a source build"
	case Metering:
		t.Text, t.Action = "AWS Marketplace, by the hour", "aws-marketplace:RegisterUsage"
	case Contract:
		t.Text, t.Action = "AWS Marketplace, by contract", "license-manager:CheckoutLicense"
	default:
		t.Text = fmt.Sprintf("not valid (%q)", b.mode)
	}
	if trustsSandbox {
		t.Text += "; a test build that trusts the sandbox"
	}
	return t
}

// parse reads the links. What they set must be what their mode needs, all of it and nothing else.
func (l links) parse(sandboxTrusted bool) (build, error) {
	b := build{mode: Mode(l.mode), product: l.product, entitlement: l.entitlement}
	if (b.mode == Metering || b.mode == Contract) && !hasClients {
		return build{}, fmt.Errorf("mode %s was linked without the build tag licensed", b.mode)
	}
	hasKey := l.key != "" || l.keyVersion != ""
	switch b.mode {
	case None:
		if l.product != "" || hasKey || l.entitlement != "" {
			return build{}, errors.New("there is a product, but no mode")
		}
		return b, nil
	case Metering:
		if l.product == "" || l.entitlement != "" {
			return build{}, errors.New("metering needs a product code, key and key version, and nothing else")
		}
		return b, b.readKey(l, sandboxTrusted)
	case Contract:
		if l.product == "" || l.entitlement == "" || hasKey {
			return build{}, errors.New("contract needs a product ID and an entitlement, and nothing else")
		}
		return b, nil
	default:
		return build{}, fmt.Errorf("there is no mode %q", l.mode)
	}
}

func (b *build) readKey(l links, sandboxTrusted bool) error {
	version, err := strconv.ParseInt(l.keyVersion, 10, 32)
	if err != nil || version < 1 {
		return fmt.Errorf("%q is no version of a key", l.keyVersion)
	}
	der, err := base64.StdEncoding.DecodeString(l.key)
	if err != nil {
		return fmt.Errorf("read public key: %w", err)
	}
	key, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		return fmt.Errorf("read public key: %w", err)
	}
	public, ok := key.(*rsa.PublicKey)
	if !ok {
		return fmt.Errorf("the public key is a %T, AWS Marketplace signs with RSA", key)
	}
	if !sandboxTrusted && isSandboxKey(public) {
		return errors.New("the key is the sandbox's, which test builds alone may trust")
	}
	b.keyVersion, b.key = int32(version), public
	return nil
}

// isSandboxKey recognises the key itself, however it was written.
func isSandboxKey(key *rsa.PublicKey) bool {
	der, err := x509.MarshalPKIXPublicKey(key)
	return err != nil || fmt.Sprintf("%x", sha256.Sum256(der)) == sandboxKey
}
