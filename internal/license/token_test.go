package license

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// TestVerify: one word of a token changed, and it is worth nothing.
func TestVerify(t *testing.T) {
	for _, bits := range []int{1024, 2048} { // the seller's guide has a key of 1024 bits
		key, err := rsa.GenerateKey(rand.Reader, bits)
		if err != nil {
			t.Fatal(err)
		}
		verify(t, key)
	}
}

func rsaKey(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func verify(t *testing.T, key *rsa.PrivateKey) {
	t.Helper()
	stranger := rsaKey(t)
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	b := build{mode: Metering, product: "code", keyVersion: 2, key: &key.PublicKey}
	good := func() jwt.MapClaims {
		return jwt.MapClaims{"ProductCode": "code", "PublicKeyVersion": 2, "Nonce": "n", "iat": now.Unix()}
	}
	with := func(name string, value any) jwt.MapClaims { c := good(); c[name] = value; return c }
	without := func(name string) jwt.MapClaims { c := good(); delete(c, name); return c }
	signed := func(method jwt.SigningMethod, key any, c jwt.MapClaims) string {
		text, err := jwt.NewWithClaims(method, c).SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	by := func(c jwt.MapClaims) string { return signed(jwt.SigningMethodPS256, key, c) }
	headed := func(key any, name string, value any) string {
		token := jwt.NewWithClaims(jwt.SigningMethodPS256, good())
		token.Header[name] = value
		text, err := token.SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	own := map[string]any{"kty": "RSA", "e": "AQAB", "n": base64.RawURLEncoding.EncodeToString(stranger.N.Bytes())}
	public := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: publicDER(t, &key.PublicKey)})
	for name, tc := range map[string]struct{ token, want string }{
		"as documented":            {by(good()), ""},
		"as in the example":        {by(jwt.MapClaims{"productCode": "code", "publicKeyVersion": 2, "nonce": "n", "iat": now.Unix()}), ""},
		"a version in text":        {by(with("PublicKeyVersion", "2")), ""},
		"a time with a fraction":   {by(with("iat", float64(now.Unix())+0.25)), ""},
		"clocks that are apart":    {by(with("iat", now.Add(4*time.Minute).Unix())), ""},
		"a stranger's key":         {signed(jwt.SigningMethodPS256, stranger, good()), "verification error"},
		"a key ID of nobody":       {headed(key, "kid", "other"), ""}, // there is one key, whatever the header says
		"a key ID, another key":    {headed(stranger, "kid", "1"), "verification error"},
		"a key that it brings":     {headed(stranger, "jwk", own), "verification error"},
		"a key that it points to":  {headed(stranger, "jku", "https://example.com/keys"), "verification error"},
		"a certificate it brings":  {headed(stranger, "x5c", []string{"MIIB"}), "verification error"},
		"RS256":                    {signed(jwt.SigningMethodRS256, key, good()), "signing method RS256 is invalid"},
		"PS384":                    {signed(jwt.SigningMethodPS384, key, good()), "signing method PS384 is invalid"},
		"the public key as secret": {signed(jwt.SigningMethodHS256, public, good()), "signing method HS256 is invalid"},
		"no algorithm":             {signed(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, good()), "signing method none is invalid"},
		"another product":          {by(with("ProductCode", "other")), `it is for product "other"`},
		"no product":               {by(without("ProductCode")), `it is for product ""`},
		"another version":          {by(with("PublicKeyVersion", 1)), `it is for key version "1"`},
		"no version":               {by(without("PublicKeyVersion")), `it is for key version ""`},
		"another nonce":            {by(with("Nonce", "m")), "it answers another request"},
		"no nonce":                 {by(without("Nonce")), "it answers another request"},
		"no time":                  {by(without("iat")), "it has no time"},
		"an old one":               {by(with("iat", now.Add(-6*time.Minute).Unix())), "it was issued at 2026-11-23T11:54:00Z, here it is 2026-11-23T12:00:01Z"},
		"one of the future":        {by(with("iat", now.Add(6*time.Minute).Unix())), "it was issued at 2026-11-23T12:06:00Z"},
		"an expired one":           {by(with("exp", now.Add(-6*time.Minute).Unix())), "it has expired at 2026-11-23T11:54:00Z"},
		"one of long ago":          {by(with("iat", -1e300)), "it was issued at"},
		"one of never":             {by(with("iat", 1e300)), "it was issued at"},
		"the last second there is": {by(with("iat", math.MaxInt64)), "it was issued at"},
		"a time in words":          {by(with("iat", "now")), "malformed"},
		"names in both forms":      {by(with("productCode", "other")), `it is for product "other"`},
		"a product and a space":    {by(with("ProductCode", "code ")), `it is for product "code "`},
		"a version and more":       {by(with("PublicKeyVersion", 2.5)), `it is for key version "2.5"`},
		"a version as a list":      {by(with("PublicKeyVersion", []int{2})), "malformed"},
		"a list of nonces":         {by(with("Nonce", []string{"n", "m"})), "malformed"},
		"a space before":           {" " + by(good()), "malformed"},
		"a space after":            {by(good()) + " ", "malformed"},
		"padding":                  {by(good()) + "==", "malformed"},
		"a token in a token":       {nested(t, key, by(good())), "malformed"},
		"four parts":               {by(good()) + ".", "malformed"},
		"a huge one":               {strings.Repeat("A", 8<<20) + "." + by(good()), "malformed"},
		"a huge header":            {headed(stranger, "x", strings.Repeat("A", 8<<20)), "verification error"},
		"nothing":                  {"", "malformed"},
		"half of it":               {strings.Join(strings.Split(by(good()), ".")[:2], "."), "malformed"},
		"claims of another token":  {swapClaims(by(good()), by(with("Nonce", "m"))), "verification error"},
	} {
		t.Run(name, func(t *testing.T) {
			err := b.verify(tc.token, "n", now, now.Add(time.Second))
			if got := errorText(err); (got == "") != (tc.want == "") || !strings.Contains(got, tc.want) {
				t.Errorf("got %q, want %q", got, tc.want)
			}
			if _, ok := errors.AsType[tokenError](err); ok != (err != nil) {
				t.Errorf("%T is no tokenError", err)
			}
		})
	}
}

// nested is a token whose claims are another token.
func nested(t *testing.T, key *rsa.PrivateKey, inner string) string {
	t.Helper()
	text := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"PS256","typ":"JWT","cty":"JWT"}`)) + "." + base64.RawURLEncoding.EncodeToString([]byte(inner))
	signature, err := jwt.SigningMethodPS256.Sign(text, key)
	if err != nil {
		t.Fatal(err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}

// swapClaims is the token a with the claims of b.
func swapClaims(a, b string) string {
	parts := strings.Split(a, ".")
	parts[1] = strings.Split(b, ".")[1]
	return strings.Join(parts, ".")
}

func publicDER(t *testing.T, key any) []byte {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// TestAmazonRoots reads the certificates that contracts are checked with: the five of Amazon Trust Services, still valid.
func TestAmazonRoots(t *testing.T) {
	text, err := os.ReadFile("roots.pem")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		if !c.IsCA || time.Until(c.NotAfter) < 365*24*time.Hour {
			t.Errorf("%s is valid until %s only", c.Subject, c.NotAfter)
		}
		names = append(names, c.Subject.CommonName)
	}
	want := "Amazon Root CA 1, Amazon Root CA 2, Amazon Root CA 3, Amazon Root CA 4, Starfield Services Root Certificate Authority - G2"
	if got := strings.Join(names, ", "); got != want {
		t.Errorf("roots: %s", got)
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
