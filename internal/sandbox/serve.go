package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	shutdownTimeout = 10 * time.Second // for requests under way when a server ends
	probeTimeout    = time.Second      // for a server to say that it lives
	headerTimeout   = 10 * time.Second // for a client to send its headers
)

// Serve answers requests on the listener, which must be a loopback one, until
// ctx ends; requests under way are then finished. While it runs, the sandbox's
// folder holds its address. Serve closes the listener and the sandbox.
//
// It refuses requests whose Host header is not a loopback name, and those with
// an Origin header, so that no web page can reach it.
func (s *Sandbox) Serve(ctx context.Context, listener net.Listener) error {
	address, ok := listener.Addr().(*net.TCPAddr)
	if !ok || !address.IP.IsLoopback() {
		return errors.Join(fmt.Errorf("serve sandbox: %s is not a loopback address", listener.Addr()), listener.Close(), s.Close())
	}
	return s.serve(ctx, listener, address, loopbackOnly(address.Port, s))
}

// ServeRemote is Serve on any address, for a private network: whoever can connect
// can do anything to the sandbox. It refuses requests with an Origin header, and
// those whose Host header is a name that the DNS of the internet could have.
func (s *Sandbox) ServeRemote(ctx context.Context, listener net.Listener) error {
	address, ok := listener.Addr().(*net.TCPAddr)
	if !ok {
		return errors.Join(fmt.Errorf("serve sandbox: %s is no TCP address", listener.Addr()), listener.Close(), s.Close())
	}
	near := *address // where this machine reaches it
	if near.IP.IsUnspecified() {
		near.IP = net.IPv4(127, 0, 0, 1)
	}
	return s.serve(ctx, listener, &near, privateOnly(s))
}

func (s *Sandbox) serve(ctx context.Context, listener net.Listener, address *net.TCPAddr, handler http.Handler) (err error) {
	defer func() { err = errors.Join(err, s.Close()) }()
	path := filepath.Join(s.dir, addressFile)
	if err := writeFile(path, address.String()+"\n"); err != nil {
		return errors.Join(fmt.Errorf("serve sandbox: %w", err), listener.Close())
	}
	defer func() { _ = os.Remove(path) }()

	server := &http.Server{Handler: handler, ReadHeaderTimeout: headerTimeout}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case err := <-served:
		return fmt.Errorf("serve sandbox: %w", err)
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
	defer cancel()
	if err := server.Shutdown(grace); err != nil {
		return errors.Join(fmt.Errorf("end sandbox server: %w", err), server.Close())
	}
	return nil
}

// writeFile writes a file that is never seen half written.
func writeFile(path, text string) error {
	if err := os.WriteFile(path+".new", []byte(text), 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// loopbackOnly refuses requests for a host that isn't this one: what a browser
// sends when a foreign name is made to resolve to a loopback address.
func loopbackOnly(port int, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isLoopbackHost(r.Host, port) {
			http.Error(w, "The sandbox answers requests to localhost, 127.0.0.1 and [::1] alone.", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func isLoopbackHost(host string, port int) bool {
	name := strings.TrimSuffix(strings.ToLower(host), ":"+strconv.Itoa(port))
	return name == "localhost" || name == "127.0.0.1" || name == "[::1]"
}

// privateOnly refuses requests for a name that somebody on the internet could
// have, and make resolve to this server in a browser near it: neither an IP
// address, nor one word, nor below a domain that no public DNS has.
func privateOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isPrivateHost(r.Host) {
			http.Error(w, "The sandbox answers requests to IP addresses, to names without a dot, and to names that end in "+
				strings.Join(privateDomains, ", ")+".", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

var privateDomains = []string{".internal", ".local", ".localhost", ".test"}

func isPrivateHost(host string) bool {
	name := strings.ToLower(host)
	if h, _, err := net.SplitHostPort(name); err == nil {
		name = h
	}
	if _, err := netip.ParseAddr(strings.Trim(name, "[]")); err == nil || !strings.Contains(name, ".") {
		return name != ""
	}
	return slices.ContainsFunc(privateDomains, func(domain string) bool { return strings.HasSuffix(name, domain) })
}

// Address returns the address, host:port, of the server that has the sandbox in
// dir open. A server that has died leaves no address behind.
func Address(dir string) (string, bool) {
	text, err := os.ReadFile(filepath.Join(dir, addressFile))
	if err != nil {
		return "", false
	}
	address, err := netip.ParseAddrPort(strings.TrimSpace(string(text)))
	if err != nil || !address.Addr().IsLoopback() {
		return "", false
	}
	//nolint:forbidigo // a short probe with a time-out of its own: a caller has nothing to cancel
	ctx, cancel := context.WithTimeout(context.Background(), probeTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address.String()+"/_sandbox/health", nil)
	if err != nil {
		return "", false
	}
	var found health
	if err := exchange(req, &found); err != nil || found.Directory != resolved(dir) {
		return "", false // nobody there, or another sandbox on a port that was ours
	}
	return address.String(), true
}

// exchange sends a request to a server's own paths and decodes the answer, which
// is JSON whatever the status. It never goes through a proxy.
func exchange(req *http.Request, out any) error {
	transport := &http.Transport{DisableKeepAlives: true}
	res, err := transport.RoundTrip(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if err := json.NewDecoder(res.Body).Decode(out); err != nil {
		return fmt.Errorf("%s answered %s: %w", req.URL, res.Status, err)
	}
	return nil
}
