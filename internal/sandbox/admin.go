package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"

	"mlops-infra-suite/internal/sandbox/wire"
)

// maxSnapshot bounds what restore reads, in bytes.
const maxSnapshot = 1 << 30

// health is the answer of GET /_sandbox/health.
type health struct {
	Status    string `json:"status"`    // "ok"
	PID       int    `json:"pid"`       // of the process that has the store open
	Directory string `json:"directory"` // of the store
}

// adminRoutes are the requests to the sandbox itself:
//
//	GET  /_sandbox/health         who serves what
//	POST /_sandbox/reset          empties the store
//	POST /_sandbox/snapshot       answers the store's content
//	POST /_sandbox/restore        replaces it by a snapshot, the request's body
//	POST /_sandbox/ensure-vpc     EnsureVPC, with JSON in and out
//	POST /_sandbox/ensure-bucket  EnsureBucket, with JSON in and out
//	POST /_sandbox/policy         PutPolicy, with JSON in and out
//
// An error is {"error": "..."} with status 400, or 500 when the sandbox failed.
func (s *Sandbox) adminRoutes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /_sandbox/health", s.serveHealth)
	mux.HandleFunc("POST /_sandbox/reset", s.serveReset)
	mux.HandleFunc("POST /_sandbox/snapshot", s.serveSnapshot)
	mux.HandleFunc("POST /_sandbox/restore", s.serveRestore)
	mux.HandleFunc("POST /_sandbox/ensure-vpc", s.serveEnsureVPC)
	mux.HandleFunc("POST /_sandbox/ensure-bucket", s.serveEnsureBucket)
	mux.HandleFunc("POST /_sandbox/policy", s.servePolicy)
	return mux
}

func (s *Sandbox) serveHealth(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, health{Status: "ok", PID: os.Getpid(), Directory: resolved(s.dir)})
}

// resolved is the one name of a folder, however it was written.
func resolved(dir string) string {
	if abs, err := filepath.Abs(dir); err == nil {
		dir = abs
	}
	if target, err := filepath.EvalSymlinks(dir); err == nil {
		dir = target
	}
	return dir
}

func (s *Sandbox) serveReset(w http.ResponseWriter, _ *http.Request) {
	if err := s.Reset(); err != nil { //nolint:contextcheck // what goes on afterwards outlives the request
		refuse(w, err)
		return
	}
	answer(w, http.StatusOK, struct{}{})
}

// Reset empties the sandbox. What a stack operation is about to do is not done.
func (s *Sandbox) Reset() error {
	if err := s.replace(s.db.Reset); err != nil {
		return fmt.Errorf("reset sandbox: %w", err)
	}
	return nil
}

func (s *Sandbox) serveSnapshot(w http.ResponseWriter, _ *http.Request) {
	var content bytes.Buffer
	if err := s.db.Snapshot(&content); err != nil {
		refuse(w, fmt.Errorf("take a snapshot: %w", err))
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Length", strconv.Itoa(content.Len()))
	w.Write(content.Bytes())
}

func (s *Sandbox) serveRestore(w http.ResponseWriter, r *http.Request) {
	// Read before everything stops: a client may take its time.
	snapshot, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxSnapshot))
	if err == nil {
		err = s.replace(func() error { return s.db.Restore(bytes.NewReader(snapshot)) }) //nolint:contextcheck // as in serveReset
	}
	if err != nil {
		refuse(w, wire.Errorf("InvalidSnapshot", "%s", err))
		return
	}
	answer(w, http.StatusOK, struct{}{})
}

func answer(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value) // a client that has gone away is no concern of ours
}

// refuse answers an error: the sender's when it is modelled, else the sandbox's.
func refuse(w http.ResponseWriter, err error) {
	status := http.StatusInternalServerError
	if _, ok := errors.AsType[*wire.Error](err); ok {
		status = http.StatusBadRequest
	}
	answer(w, status, map[string]string{"error": err.Error()})
}
