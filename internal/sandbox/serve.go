package sandbox

import (
	"context"
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
// It refuses requests whose Host header is not a loopback name, and those that a
// browser sends for a page, so that no web page can reach it.
func (s *Sandbox) Serve(ctx context.Context, listener net.Listener) error {
	address, ok := listener.Addr().(*net.TCPAddr)
	if !ok || !address.IP.IsLoopback() {
		return errors.Join(fmt.Errorf("serve sandbox: %s is not a loopback address", listener.Addr()), listener.Close(), s.Close())
	}
	return s.serve(ctx, listener, address, loopbackOnly(address.Port, s))
}

// ServeRemote is Serve on any address, for a private network: whoever can connect
// can do anything to the sandbox. It refuses requests that say they come from a page,
// and those whose Host header is a name that the DNS of the internet could have.
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

// loopbackOnly refuses requests for any host but this one: a browser sends them when a foreign name is made to resolve to a
// loopback address.
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

// privateOnly refuses requests for a host name that somebody on the internet could own and make resolve to this server in a
// browser near it. Allowed are IP addresses, names of one word, and names below a domain that no public DNS has.
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
