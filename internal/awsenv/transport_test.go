package awsenv_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"mlops-infra-suite/internal/awsenv"
)

func TestHandlerTransportHandsOverARequestAsAServerWould(t *testing.T) {
	client := &http.Client{Transport: awsenv.HandlerTransport(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("X-Seen", fmt.Sprintf("%s %s %s %s %s", r.Method, r.Host, r.RequestURI, r.Header.Get("X-Sent"), body))
		w.WriteHeader(http.StatusTeapot)
		w.Header().Set("X-Late", "not sent")
		w.WriteHeader(http.StatusOK)
		io.WriteString(w, "short and stout")
	}))}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://sandbox/path?q=1", strings.NewReader("tea"))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Sent", "header")
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	got := []any{resp.Status, resp.Header, string(body), resp.ContentLength}
	want := []any{
		"418 I'm a teapot",
		http.Header{"X-Seen": {"POST sandbox /path?q=1 header tea"}},
		"short and stout", int64(15),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("response (-want +got):\n%s", diff)
	}
}

func TestHandlerTransportDropsTheConnection(t *testing.T) {
	client := &http.Client{Transport: awsenv.HandlerTransport(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "half an ans")
		panic(http.ErrAbortHandler)
	}))}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://sandbox", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Do(req); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("got %v, want an unexpected EOF", err)
	}
}

func TestHandlerTransportEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begun := time.Now()
		client := &http.Client{Transport: awsenv.HandlerTransport(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			time.Sleep(time.Minute) // deaf to the context
		}))}
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://sandbox", nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.Do(req); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want the context's error", err)
		}
		if took := time.Since(begun); took != time.Second {
			t.Errorf("took %v, want 1s", took)
		}
		time.Sleep(time.Minute) // the handler ends before the bubble does
	})
}
