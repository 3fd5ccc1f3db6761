//go:build licensed || tools

package license

import (
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// TestContractAnswers: what License Manager may say, and what of it is the entitlement that was asked for.
func TestContractAnswers(t *testing.T) {
	later := time.Now().Add(time.Hour).UTC()
	answer := func(entitlement, rest string) string {
		return `{"CheckoutType":"PROVISIONAL","LicenseConsumptionToken":"t","EntitlementsAllowed":[` + entitlement + `]` + rest + `}`
	}
	until := func(form string, at time.Time) string { return `,"Expiration":"` + at.Format(form) + `"` }
	const feature = `{"Name":"Feature","Unit":"None"}`
	for name, tc := range map[string]struct{ answer, want string }{
		"as modelled":                {answer(feature, until(time.RFC3339, later)), ""},
		"enabled":                    {answer(`{"Name":"Feature","Unit":"None","Value":"Enabled"}`, ""), ""},
		"as in the seller guide":     {answer(`{"Name":"Feature","Units":"None"}`, until("2006-01-02T15:04:05", later)), ""},
		"with a fraction":            {answer(feature, until(time.RFC3339Nano, later)), ""},
		"in another zone":            {answer(feature, until(time.RFC3339, later.In(time.FixedZone("", 7*3600)))), ""},
		"beside others":              {answer(`{"Name":"Other","Unit":"Count","Value":"0"},`+feature, ""), ""},
		"for ever":                   {answer(feature, ""), ""},
		"none at all":                {answer("", ""), "does not hold the entitlement"},
		"in other letters":           {answer(`{"Name":"feature","Unit":"None"}`, ""), "does not hold the entitlement"},
		"disabled":                   {answer(`{"Name":"Feature","Unit":"None","Value":"Disabled"}`, ""), "does not hold the entitlement"},
		"a quantity of none":         {answer(`{"Name":"Feature","Unit":"None","Value":"0"}`, ""), "does not hold the entitlement"},
		"a quantity":                 {answer(`{"Name":"Feature","Unit":"Count","Value":"Enabled"}`, ""), "does not hold the entitlement"},
		"a quantity without value":   {answer(`{"Name":"Feature","Unit":"Count"}`, ""), "does not hold the entitlement"},
		"expired":                    {answer(feature, until(time.RFC3339, later.Add(-2*time.Hour))), "the checkout has expired"},
		"expired, without a zone":    {answer(feature, until("2006-01-02T15:04:05", later.Add(-2*time.Hour))), "the checkout has expired"},
		"an end that is no time":     {answer(feature, `,"Expiration":"never"`), `the checkout's end is "never", which is no time`},
		"an empty end":               {answer(feature, `,"Expiration":""`), `the checkout's end is "", which is no time`},
		"another kind of checkout":   {strings.Replace(answer(feature, ""), "PROVISIONAL", "PERPETUAL", 1), "not that of a checkout"},
		"a checkout without token":   {strings.Replace(answer(feature, ""), `"t"`, `""`, 1), "not that of a checkout"},
		"a token of RegisterUsage":   {`{"Signature":"a.b.c"}`, "does not hold the entitlement"},
		"the request, sent back":     {`{"ProductSKU":"prod-1","Entitlements":[` + feature + `]}`, "does not hold the entitlement"},
		"a license without checkout": {`{"License":{"Status":"AVAILABLE","Entitlements":[` + feature + `]}}`, "does not hold the entitlement"},
	} {
		t.Run(name, func(t *testing.T) {
			err := contractBuild(t).check(t.Context(), to(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, tc.answer) })))
			if got := errorText(err); (got == "") != (tc.want == "") || !strings.Contains(got, tc.want) {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

// TestAnOldAnswerIsNone: what licensed one run doesn't license the next, as each asks with a nonce of its own.
func TestAnOldAnswerIsNone(t *testing.T) {
	s := openSandbox(t, "")
	var recorded *httptest.ResponseRecorder
	replay := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if recorded == nil {
			recorded = httptest.NewRecorder()
			s.ServeHTTP(recorded, r)
		}
		w.WriteHeader(recorded.Code)
		fmt.Fprint(w, recorded.Body.String())
	})
	b := meteringBuild(t)
	if err := b.check(t.Context(), to(replay)); err != nil {
		t.Fatalf("the first time: %v", err)
	}
	if err := b.check(t.Context(), to(replay)); !strings.Contains(errorText(err), "it answers another request") {
		t.Errorf("the second time: %v", err)
	}
}

// TestAnExpiredKey: what the key of this build has signed is an entitlement, even after its end. Where another key has signed, the
// refusal says why.
func TestAnExpiredKey(t *testing.T) {
	key, successor := rsaKey(t), rsaKey(t)
	b := build{mode: Metering, product: "4h2example", keyVersion: 1, key: &key.PublicKey}
	if err := b.check(t.Context(), to(signsWith(key))); err != nil {
		t.Errorf("the old key still signs: %v", err)
	}
	err := b.check(t.Context(), to(signsWith(successor)))
	refused, ok := errors.AsType[*Error](err)
	if !ok || !strings.Contains(refused.Text, "the key of this build has expired at 2026-11-01T00:00:00Z: verify the token") ||
		!strings.HasPrefix(refused.Hint(), "get a newer release of this product") {
		t.Errorf("got %v", err)
	}
}

// signsWith answers RegisterUsage with a token of the key, and says that the product's key has expired.
func signsWith(key *rsa.PrivateKey) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			ProductCode, Nonce string
			PublicKeyVersion   int
		}
		err := json.NewDecoder(r.Body).Decode(&in)
		token, err2 := jwt.NewWithClaims(jwt.SigningMethodPS256, jwt.MapClaims{"ProductCode": in.ProductCode,
			"PublicKeyVersion": in.PublicKeyVersion, "Nonce": in.Nonce, "iat": time.Now().Unix()}).SignedString(key)
		if errors.Join(err, err2) != nil {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		fmt.Fprintf(w, `{"Signature":%q,"PublicKeyRotationTimestamp":1793491200}`, token) // 2026-11-01
	})
}
