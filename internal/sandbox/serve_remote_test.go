package sandbox_test

import (
	"context"
	"net"
	"net/http"
	"testing"

	"mlops-infra-suite/internal/sandbox"
)

// TestServeRemote: a sandbox for a private network answers to the names that such networks have, and to no others.
func TestServeRemote(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, sandbox.Options{})
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.ServeRemote(ctx, listener) }()
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	url := "http://127.0.0.1:" + port + "/_sandbox/health"
	for host, want := range map[string]int{
		"":                       200,
		"sandbox":                200,
		"sandbox:" + port:        200,
		"172.18.0.2:7424":        200,
		"[fd00::2]:7424":         200,
		"host.docker.internal":   200,
		"sandbox.test:7424":      200,
		"evil.example":           403,
		"sandbox.example.com:80": 403,
		"internal.evil.example":  403,
		"172.18.0.2.nip.io":      403,
	} {
		if got, body := send(t, http.MethodGet, url, host, nil); got != want {
			t.Errorf("host %q: %d %s", host, got, body)
		}
	}
	if got, _ := send(t, http.MethodGet, url, "sandbox", http.Header{"Origin": {"http://sandbox"}}); got != 403 {
		t.Errorf("with an Origin: %d", got)
	}
	if address, ok := sandbox.Address(dir); !ok || address != "127.0.0.1:"+port {
		t.Errorf("this machine finds it at %q", address)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
