// Package sandboxtest gives tests a sandbox in a folder of the test's own, and a record of the calls made to it.
package sandboxtest

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"mlops-infra-suite/internal/sandbox"
)

// Open opens an empty sandbox that ends with the test. Inside a synctest bubble it lives in virtual time.
func Open(t *testing.T, opt sandbox.Options) *sandbox.Sandbox {
	t.Helper()
	opt.NoSync = true
	s, err := sandbox.Open(t.TempDir(), opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// Recorder is a handler that records the API calls it hands on.
type Recorder struct {
	next http.Handler

	mu    sync.Mutex
	calls []string
}

// Record puts a Recorder in front of a sandbox.
func Record(next http.Handler) *Recorder { return &Recorder{next: next} }

// ServeHTTP records the request's action and hands it on.
func (r *Recorder) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	req.Body = io.NopCloser(bytes.NewReader(body))
	r.mu.Lock()
	r.calls = append(r.calls, action(req, string(body)))
	r.mu.Unlock()
	r.next.ServeHTTP(w, req)
}

// Calls lists the actions called so far, in order, without those that are named.
func (r *Recorder) Calls(except ...string) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(r.calls), func(call string) bool { return slices.Contains(except, call) })
}

// Reset forgets the calls so far.
func (r *Recorder) Reset() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls = nil
}

// action is the API action of a request in any of the protocols.
func action(req *http.Request, body string) string {
	if target := req.Header.Get("X-Amz-Target"); target != "" {
		return target[strings.LastIndexByte(target, '.')+1:]
	}
	form, err := url.ParseQuery(body)
	if err != nil || !form.Has("Action") {
		return req.Method + " " + req.URL.Path
	}
	return form.Get("Action")
}
