//go:build tools

package license_test

import (
	"cmp"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"mlops-infra-suite/internal/sandbox"
	"mlops-infra-suite/internal/testkit/sandboxtest"
)

// impostor answers both services as AWS does when the customer is entitled, with a key of its own: as a plain server, and as
// a proxy that opens TLS with a certificate authority of its own. It is the metadata of a task and of an instance too.
type impostor struct {
	url, proxy     string
	ca             []byte // its certificate authority, in PEM
	publicKey      []byte // in PEM: the one that it signs with
	otherPublicKey []byte

	key       *rsa.PrivateKey
	authority tls.Certificate

	mu   sync.Mutex
	seen []string
}

func newImpostor(t *testing.T) *impostor {
	t.Helper()
	f := &impostor{key: newKey(t)}
	f.publicKey, f.otherPublicKey = publicPEM(t, f.key), publicPEM(t, newKey(t))
	f.authority = certificate(t, &x509.Certificate{Subject: pkix.Name{CommonName: "Impostor"}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign}, nil)
	f.ca = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: f.authority.Certificate[0]})
	f.url = serve(t, f)
	f.proxy = serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { f.intercept(t, w, r) }))
	return f
}

// targets are the operations that were asked for.
func (f *impostor) targets() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.seen)
}

func (f *impostor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	target := cmp.Or(r.Header.Get("X-Amz-Target"), r.URL.Path)
	over := map[bool]string{true: " over TLS"}[r.TLS != nil]
	f.mu.Lock()
	f.seen = append(f.seen, target+over)
	f.mu.Unlock()
	var in struct {
		ProductCode, Nonce string
		PublicKeyVersion   int
		Entitlements       []map[string]any
	}
	_ = json.NewDecoder(r.Body).Decode(&in) // of other requests than these two there is nothing to know
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.Header().Set("X-Aws-Ec2-Metadata-Token-Ttl-Seconds", "21600")
	answer := map[string]any{"TaskARN": "arn:aws:ecs:us-west-2:123456789012:task/1", "region": "us-west-2", "Code": "Success",
		"AccessKeyId": "any", "SecretAccessKey": "any", "Token": "any", "Expiration": "2099-01-01T00:00:00Z"}
	switch target {
	case "/latest/api/token", "/latest/meta-data/iam/security-credentials/":
		fmt.Fprint(w, "role")
		return
	case "AWSMPMeteringService.RegisterUsage":
		token, err := jwt.NewWithClaims(jwt.SigningMethodPS256, jwt.MapClaims{
			"ProductCode": in.ProductCode, "PublicKeyVersion": in.PublicKeyVersion, "Nonce": in.Nonce, "iat": time.Now().Unix(),
		}).SignedString(f.key)
		answer = map[string]any{"Signature": token}
		if err != nil {
			answer = map[string]any{"error": err.Error()}
		}
	case "AWSLicenseManager.CheckoutLicense":
		answer = map[string]any{"CheckoutType": "PROVISIONAL", "LicenseConsumptionToken": "t", "EntitlementsAllowed": in.Entitlements,
			"Expiration": time.Now().Add(time.Hour).UTC().Format(time.RFC3339)}
	}
	_ = json.NewEncoder(w).Encode(answer)
}

// intercept is a proxy's CONNECT that ends here.
func (f *impostor) intercept(t *testing.T, w http.ResponseWriter, r *http.Request) {
	t.Helper()
	host, _, err := net.SplitHostPort(r.Host)
	if r.Method != http.MethodConnect || err != nil {
		http.Error(w, "only CONNECT", http.StatusBadRequest)
		return
	}
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		t.Error(err)
		return
	}
	fmt.Fprint(conn, "HTTP/1.1 200 OK\r\n\r\n")
	leaf := certificate(t, &x509.Certificate{Subject: pkix.Name{CommonName: host}, DNSNames: []string{host}}, &f.authority)
	server := &http.Server{Handler: f, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError), ReadHeaderTimeout: time.Minute}
	_ = server.Serve(&once{conn: tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{leaf}, MinVersion: tls.VersionTLS12})})
}

// once is a listener that accepts one connection.
type once struct{ conn net.Conn }

func (l *once) Accept() (net.Conn, error) {
	conn := l.conn
	l.conn = nil
	if conn == nil {
		return nil, io.EOF
	}
	return conn, nil
}
func (l *once) Close() error   { return nil }
func (l *once) Addr() net.Addr { return &net.TCPAddr{} }

// certificate makes one, signed by the authority or by itself.
func certificate(t *testing.T, template *x509.Certificate, by *tls.Certificate) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template.SerialNumber = big.NewInt(time.Now().UnixNano())
	template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	parent, signer := template, any(key)
	if by != nil {
		if parent, err = x509.ParseCertificate(by.Certificate[0]); err != nil {
			t.Fatal(err)
		}
		signer = by.PrivateKey
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func newKey(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func publicPEM(t *testing.T, key *rsa.PrivateKey) []byte {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}

func serve(t *testing.T, h http.Handler) string {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server.URL
}

func openSandbox(t *testing.T, faults []sandbox.Fault) *sandbox.Sandbox {
	t.Helper()
	return sandboxtest.Open(t, sandbox.Options{Faults: faults})
}
