package stack_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"mlops-infra-suite/internal/awsenv"
	"mlops-infra-suite/internal/sandbox"
	"mlops-infra-suite/internal/stack"
)

// cut is a connection that breaks for good while the answer to an action is on its way: what was asked for is done.
func cut(next http.Handler, action string) http.Handler {
	var broken atomic.Bool
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if broken.Load() {
			panic(http.ErrAbortHandler)
		}
		if actionOf(r) == action {
			broken.Store(true)
			next.ServeHTTP(httptest.NewRecorder(), r)
			panic(http.ErrAbortHandler)
		}
		next.ServeHTTP(w, r)
	})
}

// A request whose answer never came may have done its work: the error says what may be left behind, what is left is that, and the
// same command takes it away.
func TestLostForGoodSaysWhatMayBeLeft(t *testing.T) {
	tests := map[string]struct {
		action, says string
		sets         int // change sets that are left
	}{
		"the change set":  {"CreateChangeSet", "change set test-", 1},
		"the empty stack": {"DeleteChangeSet", "change set test-", 0}, // it is gone, and that isn't known
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			in(t, sandbox.Options{}, stack.Options{}, func(t *testing.T, w *world) {
				_, err := w.engine(cut(w.box, tt.action)).Preview(t.Context(), w.spec(80))
				if err == nil {
					t.Fatal("no error")
				}
				text := awsenv.Explain(err).Error()
				if !strings.HasPrefix(text, tt.says) || !strings.Contains(text, " may be left behind until the command is run again") {
					t.Errorf("got %s", text)
				}
				w.wantStatus(t, stack.ReviewInProgress)
				w.wantChangeSets(t, tt.sets)
				_, err = w.engine(w.box).Preview(t.Context(), w.spec(80))
				must(t, err)
				w.wantStatus(t, stack.Absent)
			})
		})
	}
}
