package license

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// maxSkew is how far the clocks of this machine and of AWS may be apart. AWS itself refuses requests of clocks that are further
// off (documented).
const maxSkew = 5 * time.Minute

// tokenError says why a token proves nothing.
type tokenError struct{ cause error }

func (e tokenError) Error() string { return "verify the token of AWS Marketplace: " + e.cause.Error() }
func (e tokenError) Unwrap() error { return e.cause }

// expiredKeyError says that a token proves nothing after AWS Marketplace has changed the product's key.
type expiredKeyError struct {
	rotated time.Time
	cause   error
}

func (e expiredKeyError) Error() string {
	return fmt.Sprintf("the key of this build has expired at %s: %v", e.rotated.UTC().Format(time.RFC3339), e.cause)
}
func (e expiredKeyError) Unwrap() error { return e.cause }

func untrusted(format string, args ...any) error { return tokenError{fmt.Errorf(format, args...)} }

// registration is what the token says. AWS documents the names as ProductCode and so on, and its example reads productCode and
// so on: encoding/json takes both. They stand in tags, as the names of fields don't outlast the obfuscation of a release. The
// version is a number, or the text of one.
type registration struct {
	jwt.RegisteredClaims
	ProductCode      string      `json:"ProductCode"`
	PublicKeyVersion json.Number `json:"PublicKeyVersion"`
	Nonce            string      `json:"Nonce"`
}

// verify makes sure that the token is signed with the product's key, by the one algorithm that AWS documents, and that it
// answers this question, which was asked just now.
func (b build) verify(token, nonce string, asked, now time.Time) error {
	var said registration
	parser := jwt.NewParser(jwt.WithValidMethods([]string{jwt.SigningMethodPS256.Alg()}), jwt.WithoutClaimsValidation(), jwt.WithStrictDecoding())
	if _, err := parser.ParseWithClaims(token, &said, func(*jwt.Token) (any, error) { return b.key, nil }); err != nil {
		return tokenError{err}
	}
	switch {
	case said.ProductCode != b.product:
		return untrusted("it is for product %q", said.ProductCode)
	case said.PublicKeyVersion.String() != strconv.Itoa(int(b.keyVersion)):
		return untrusted("it is for key version %q", said.PublicKeyVersion)
	case said.Nonce != nonce:
		return untrusted("it answers another request")
	case said.IssuedAt == nil:
		return untrusted("it has no time")
	case said.IssuedAt.Before(asked.Add(-maxSkew)) || said.IssuedAt.After(now.Add(maxSkew)):
		return untrusted("it was issued at %s, here it is %s", said.IssuedAt.UTC().Format(time.RFC3339), now.UTC().Format(time.RFC3339))
	case said.ExpiresAt != nil && said.ExpiresAt.Before(now.Add(-maxSkew)):
		return untrusted("it has expired at %s", said.ExpiresAt.UTC().Format(time.RFC3339))
	}
	return nil
}
