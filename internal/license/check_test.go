//go:build licensed || tools

package license

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"mlops-infra-suite/internal/awsenv"
	"mlops-infra-suite/internal/sandbox"
	"mlops-infra-suite/internal/sandbox/marketplace"
	"mlops-infra-suite/internal/testkit/sandboxtest"
)

// sandboxLinks are the links of a build that trusts the sandbox.
func sandboxLinks(t *testing.T) links {
	t.Helper()
	text, err := marketplace.PublicKey()
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(text)
	return links{mode: "metering", product: "4h2example", keyVersion: "1", key: base64.StdEncoding.EncodeToString(block.Bytes)}
}

func meteringBuild(t *testing.T) build {
	t.Helper()
	b, err := sandboxLinks(t).parse(true)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func contractBuild(t *testing.T) build {
	t.Helper()
	b, err := links{mode: "contract", product: "prod-1", entitlement: "Feature"}.parse(false)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// to dials a handler in this process.
func to(h http.Handler) func(context.Context) (connection, error) {
	return func(context.Context) (connection, error) {
		return connection{
			region: "us-west-2",
			client: &http.Client{Transport: awsenv.HandlerTransport(h)},
			credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
				return aws.Credentials{AccessKeyID: "123456789012", SecretAccessKey: "any"}, nil
			}),
		}, nil
	}
}

func openSandbox(t *testing.T, faults string) *sandboxtest.Recorder {
	t.Helper()
	parsed, err := sandbox.ParseFaults(faults)
	if err != nil {
		t.Fatal(err)
	}
	return sandboxtest.Record(sandboxtest.Open(t, sandbox.Options{Faults: parsed}))
}

func TestAnEntitlementIsOne(t *testing.T) {
	for name, b := range map[string]build{"metering": meteringBuild(t), "contract": contractBuild(t)} {
		t.Run(name, func(t *testing.T) {
			s := openSandbox(t, "")
			for range 2 { // each run asks anew
				if err := b.check(t.Context(), to(s)); err != nil {
					t.Fatal(err)
				}
			}
			if calls := s.Calls(); len(calls) != 2 {
				t.Errorf("calls: %v", calls)
			}
		})
	}
}

// TestEveryDocumentedRefusal has the sandbox answer each error that AWS documents. Each is a refusal in words of its own, and
// only throttling is asked again.
func TestEveryDocumentedRefusal(t *testing.T) {
	for action, tc := range map[string]struct {
		build  build
		errors map[string]reason
	}{
		"RegisterUsage":   {meteringBuild(t), meteringErrors},
		"CheckoutLicense": {contractBuild(t), contractErrors},
	} {
		for code, want := range tc.errors {
			t.Run(action+"="+code, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					fault := action + "=" + code
					if marketplace.Documented(action, code) == nil {
						fault = action + "=denied" // AccessDeniedException, which every service has
					}
					s := openSandbox(t, fault)
					begun := time.Now()
					err := tc.build.check(t.Context(), to(s))
					refused, ok := errors.AsType[*Error](err)
					if !ok || refused.Text != "not licensed: "+want.text || refused.Hint() != want.remedy {
						t.Fatalf("got %v (%q)", err, refused)
					}
					calls := len(s.Calls())
					throttled := code == "ThrottlingException" || code == "RateLimitExceededException"
					if throttled != (calls > 1) || calls > attempts || time.Since(begun) > limit {
						t.Errorf("%d calls in %v", calls, time.Since(begun))
					}
				})
			})
		}
	}
}

func TestThrottlingIsOutlasted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openSandbox(t, "")
		turn := 0
		busy := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if turn++; turn <= 3 {
				w.WriteHeader(http.StatusBadRequest)
				w.Write([]byte(`{"__type":"ThrottlingException","message":"Rate exceeded"}`))
				return
			}
			s.ServeHTTP(w, r)
		})
		if err := meteringBuild(t).check(t.Context(), to(busy)); err != nil {
			t.Error(err)
		}
	})
}

// TestNothingElseIsAnEntitlement: answers that no AWS documents, and none at all.
func TestNothingElseIsAnEntitlement(t *testing.T) {
	answer := func(status int, body string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			w.Write([]byte(body))
		})
	}
	drop := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	silence := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	for name, tc := range map[string]struct {
		handler        http.Handler
		metering, cont string // part of the text
	}{
		"nothing":          {answer(200, ""), "verify the token", "does not hold the entitlement"},
		"an empty answer":  {answer(200, "{}"), "verify the token", "does not hold the entitlement"},
		"no JSON":          {answer(200, "<html>Sign in to the wireless network</html>"), "decode response", "decode response"},
		"another status":   {answer(302, ""), "", ""},
		"a server error":   {answer(503, "{}"), "", ""},
		"an unknown error": {answer(400, `{"__type":"TeapotException","message":"short"}`), "TeapotException: short", "TeapotException: short"},
		"a token without a signature": {answer(200, `{"Signature":"eyJhbGciOiJub25lIn0.eyJQcm9kdWN0Q29kZSI6IjRoMmV4YW1wbGUifQ."}`),
			"signing method none is invalid", "does not hold the entitlement"},
		"another entitlement": {answer(200, `{"CheckoutType":"PROVISIONAL","LicenseConsumptionToken":"t","EntitlementsAllowed":[{"Name":"Other","Unit":"None"}]}`),
			"verify the token", `does not hold the entitlement "Feature"`},
		"a disabled entitlement": {answer(200, `{"CheckoutType":"PROVISIONAL","LicenseConsumptionToken":"t","EntitlementsAllowed":[{"Name":"Feature","Unit":"None","Value":"Disabled"}]}`),
			"verify the token", `does not hold the entitlement "Feature"`},
		"an entitlement that was checked out by nobody": {answer(200, `{"EntitlementsAllowed":[{"Name":"Feature","Unit":"None"}]}`),
			"verify the token", "not that of a checkout"},
		"an entitlement of yesterday": {answer(200, `{"CheckoutType":"PROVISIONAL","LicenseConsumptionToken":"t","Expiration":"1999-12-31T00:00:00Z","EntitlementsAllowed":[{"Name":"Feature","Unit":"None"}]}`),
			"verify the token", "has expired at 1999-12-31T00:00:00Z"},
		"a dropped connection": {drop, "can't reach AWS", "can't reach AWS"},
		"silence":              {silence, "AWS has not answered in time", "AWS has not answered in time"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				for _, b := range []build{meteringBuild(t), contractBuild(t)} {
					want := map[Mode]string{Metering: tc.metering, Contract: tc.cont}[b.mode]
					var calls atomic.Int32 // an answer that nobody waits for may still be under way
					counted := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { calls.Add(1); tc.handler.ServeHTTP(w, r) })
					err := b.check(t.Context(), to(counted))
					refused, ok := errors.AsType[*Error](err)
					if !ok || !strings.HasPrefix(refused.Text, "not licensed: ") || !strings.Contains(refused.Text, want) {
						t.Errorf("%s: %v", b.mode, err)
						continue
					}
					if refused.Hint() == "" || strings.Contains(refused.Text+refused.Hint(), "\n") || strings.Contains(refused.Hint(), "--sandbox") {
						t.Errorf("%s: %q, hint %q", b.mode, refused.Text, refused.Hint())
					}
					if n := calls.Load(); n != 1 {
						t.Errorf("%s: asked %d times", b.mode, n)
					}
				}
			})
		})
	}
}

func TestInterruptionIsNoRefusal(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := meteringBuild(t).check(ctx, to(openSandbox(t, "")))
	if refused, ok := errors.AsType[*Error](err); ok || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, %v", err, refused)
	}
}

func TestLinks(t *testing.T) {
	metering := sandboxLinks(t)
	change := func(f func(*links)) links { l := metering; f(&l); return l }
	small := "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDdlatRjRjogo3WojgGHFHYLugdUWAY9iR3fy4arWNA1KoS8kVw33cJibXr8bvwUAUparCwlvdbH6dvEOfou0/" +
		"gCFQsHUfQrSDv+MuSUMAe8jzKE4qW+jK+xQU9a03GUnKHkkle+Q0pX/g6jXZ7r1/xAK5Do2kQ+X5xK9cipRgEKwIDAQAB" // 1024 bits, of the seller's guide
	prime, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	curve := base64.StdEncoding.EncodeToString(publicDER(t, prime.Public()))
	for name, tc := range map[string]struct {
		links links
		want  string // the error; empty: none
	}{
		"a source build":             {links{mode: "none"}, ""},
		"metering":                   {change(func(l *links) { l.key = small }), ""},
		"the sandbox's key":          {metering, "the key is the sandbox's"},
		"a contract":                 {links{mode: "contract", product: "p", entitlement: "e"}, ""},
		"no mode":                    {links{}, `there is no mode ""`},
		"another mode":               {links{mode: "free"}, `there is no mode "free"`},
		"a mode in capitals":         {links{mode: "None"}, `there is no mode "None"`},
		"a product without a mode":   {links{mode: "none", product: "p"}, "there is a product, but no mode"},
		"a key without a mode":       {links{mode: "none", key: small}, "there is a product, but no mode"},
		"no product":                 {change(func(l *links) { l.product = "" }), "metering needs a product code"},
		"no key":                     {change(func(l *links) { l.key = "" }), "read public key"},
		"a key in PEM":               {change(func(l *links) { l.key = "-----BEGIN PUBLIC KEY-----" }), "read public key"},
		"a key of another kind":      {change(func(l *links) { l.key = curve }), "AWS Marketplace signs with RSA"},
		"no version of the key":      {change(func(l *links) { l.keyVersion = "" }), `"" is no version of a key`},
		"version 0":                  {change(func(l *links) { l.keyVersion = "0" }), `"0" is no version of a key`},
		"a contract without product": {links{mode: "contract", entitlement: "e"}, "contract needs a product ID"},
		"a contract with a key":      {links{mode: "contract", product: "p", entitlement: "e", key: small}, "contract needs a product ID"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := tc.links.parse(false)
			if got := errorText(err); (got == "") != (tc.want == "") || !strings.Contains(got, tc.want) {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
	if _, err := metering.parse(true); err != nil {
		t.Errorf("a test build: %v", err)
	}
}

// TestWronglyLinkedBuild: what the linker set is read at every check, and what makes no sense is a refusal.
func TestWronglyLinkedBuild(t *testing.T) {
	defer func(before string) { linkedMode = before }(linkedMode)
	if err := Check(t.Context(), Options{}); err != nil {
		t.Errorf("a source build: %v", err)
	}
	linkedMode = "metring"
	err := Check(t.Context(), Options{})
	refused, ok := errors.AsType[*Error](err)
	if !ok || refused.Error() != `this build's license settings are wrong: there is no mode "metring"` || refused.Hint() == "" {
		t.Errorf("got %v", err)
	}
	terms, err := Linked()
	if err == nil || terms.Text != `not valid ("metring")` {
		t.Errorf("terms %+v, %v", terms, err)
	}
}
