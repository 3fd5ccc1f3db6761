package sandbox_test

import (
	"context"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptrace"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mlops-infra-suite/internal/sandbox"
)

// serve opens a new sandbox on a loopback port, until the test or stop ends it.
func serve(t *testing.T, opts sandbox.Options) (dir, address string, stop func() error) {
	t.Helper()
	dir = t.TempDir()
	s := open(t, dir, opts)
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, listener) }()
	var result error
	stop = func() error {
		if cancel(); ended != nil {
			result, ended = <-ended, nil
		}
		return result
	}
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
	return dir, listener.Addr().String(), stop
}

// send sends a request to a server, with a Host header of its own unless it is "".
func send(t *testing.T, method, url, host string, header http.Header) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = host
	maps.Copy(req.Header, header)
	res, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

func TestServe(t *testing.T) {
	dir, address, stop := serve(t, sandbox.Options{})
	_, port, _ := net.SplitHostPort(address)
	for host, want := range map[string]int{
		"":                              200,
		"localhost":                     200,
		"LOCALHOST:" + port:             200,
		"127.0.0.1":                     200,
		"[::1]:" + port:                 200,
		"127.0.0.1:1":                   403,
		"evil.example":                  403,
		"localhost.evil.example":        403,
		"x.localhost":                   403,
		"ec2.us-west-2.amazonaws.com":   403,
		"evil.example:" + port:          403,
		"127.0.0.1." + port + ".nip.io": 403,
	} {
		if got, body := send(t, "GET", "http://"+address+"/_sandbox/health", host, nil); got != want {
			t.Errorf("Host %q: %d %s, want %d", host, got, body, want)
		}
	}
	origin := http.Header{"Origin": {"http://" + address}}
	for _, path := range []string{"/", "/_sandbox/reset", "/_sandbox/snapshot", "/_sandbox/restore"} {
		if got, _ := send(t, "POST", "http://"+address+path, "", origin); got != http.StatusForbidden {
			t.Errorf("%s with an Origin: %d", path, got)
		}
	}
	if got, _ := send(t, "GET", "http://"+address+"/_sandbox/reset", "", nil); got != http.StatusMethodNotAllowed {
		t.Errorf("a reset by GET: %d", got)
	}

	if found, ok := sandbox.Address(dir); !ok || found != address {
		t.Errorf("address %q, %v, want %q", found, ok, address)
	}
	id, created, err := sandbox.EnsureVPCAt(t.Context(), address, testAccount, testRegion, "/vpc/main/VPCId")
	if err != nil || !created || !strings.HasPrefix(id, "vpc-") {
		t.Error(id, created, err)
	}
	_, _, err = sandbox.EnsureVPCAt(t.Context(), address, testAccount, testRegion, "/a b")
	if err == nil || !strings.Contains(err.Error(), "Invalid parameter name") {
		t.Errorf("a bad parameter name: %v", err)
	}
	if _, err := sandbox.Open(dir, sandbox.Options{}); err == nil || !strings.Contains(err.Error(), "which serves it on "+address) {
		t.Errorf("got %v", err)
	}

	if err := stop(); err != nil {
		t.Error(err)
	}
	if found, ok := sandbox.Address(dir); ok {
		t.Errorf("a server that has ended leaves the address %s", found)
	}
	open(t, dir, sandbox.Options{}) // the store is free again
}

func TestStaleAddress(t *testing.T) {
	_, address, _ := serve(t, sandbox.Options{})
	for name, text := range map[string]string{
		"nobody there":    "127.0.0.1:1",
		"another sandbox": address,
		"no address":      "localhost",
		"foreign host":    "192.0.2.1:80",
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "address"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if found, ok := sandbox.Address(dir); ok {
			t.Errorf("%s: %s", name, found)
		}
	}
}

func TestServeRefusesOtherAddresses(t *testing.T) {
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	err = open(t, "", sandbox.Options{}).Serve(t.Context(), listener)
	if err == nil || !strings.Contains(err.Error(), "is not a loopback address") {
		t.Errorf("got %v", err)
	}
	if _, err := listener.Accept(); err == nil {
		t.Error("the listener is still open")
	}
}

// TestShutdown ends a server while it answers.
func TestShutdown(t *testing.T) {
	_, address, stop := serve(t, sandbox.Options{Faults: parse(t, "GetCallerIdentity=slow:200ms")})
	underWay := make(chan struct{}) // the server asks for the body once it works on the request
	trace := &httptrace.ClientTrace{Got100Continue: func() { close(underWay) }}
	req, err := http.NewRequestWithContext(httptrace.WithClientTrace(t.Context(), trace), http.MethodPost,
		"http://"+address+"/", strings.NewReader("Action=GetCallerIdentity&Version=2011-06-15"))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Expect", "100-continue")
	answered := make(chan string, 1)
	go func() {
		res, err := (&http.Transport{DisableKeepAlives: true, ExpectContinueTimeout: time.Minute}).RoundTrip(req)
		if err != nil {
			answered <- err.Error()
			return
		}
		res.Body.Close()
		answered <- res.Status
	}()
	<-underWay
	if err := stop(); err != nil {
		t.Error(err)
	}
	if status := <-answered; status != "200 OK" {
		t.Errorf("a request under way got %s", status)
	}
}

func parse(t *testing.T, text string) []sandbox.Fault {
	t.Helper()
	return must[[]sandbox.Fault](t)(sandbox.ParseFaults(text))
}
