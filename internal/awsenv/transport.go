package awsenv

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
)

// HandlerTransport is an http.RoundTripper that calls a handler in this process, without a socket. The handler sees the
// request as a server would; its answer is buffered whole. A request ends with its context, whatever the handler does, and
// a handler that panics with http.ErrAbortHandler, the way to drop a connection, makes the request fail in transport.
func HandlerTransport(h http.Handler) http.RoundTripper { return handlerTransport{h} }

type handlerTransport struct{ handler http.Handler }

func (t handlerTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	done := make(chan *answer, 1)
	go func() { done <- t.serve(ctx, req) }()
	select {
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	case a := <-done:
		if a.dropped {
			return nil, fmt.Errorf("%s %s: connection dropped: %w", req.Method, req.URL.Host, io.ErrUnexpectedEOF)
		}
		return a.response(req), nil
	}
}

// serve calls the handler with a request in the form in which a server hands it over.
func (t handlerTransport) serve(ctx context.Context, req *http.Request) (a *answer) {
	a = &answer{header: http.Header{}}
	defer func() {
		if r := recover(); r == http.ErrAbortHandler {
			a.dropped = true
		} else if r != nil {
			panic(r)
		}
	}()
	in := req.Clone(ctx)
	in.RequestURI = req.URL.RequestURI()
	in.RemoteAddr = "127.0.0.1:0"
	if in.Host == "" {
		in.Host = req.URL.Host
	}
	if in.Body == nil {
		in.Body = http.NoBody
	}
	defer in.Body.Close()
	t.handler.ServeHTTP(a, in)
	return a
}

// answer is an http.ResponseWriter that keeps all that is written.
type answer struct {
	header  http.Header // as the handler sees it
	sent    http.Header // as it was with the status line
	status  int
	body    bytes.Buffer
	dropped bool
}

func (a *answer) Header() http.Header { return a.header }

func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status, a.sent = status, a.header.Clone()
	}
}

func (a *answer) Write(p []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(p)
}

func (a *answer) response(req *http.Request) *http.Response {
	a.WriteHeader(http.StatusOK)
	return &http.Response{
		Status:        fmt.Sprintf("%d %s", a.status, http.StatusText(a.status)),
		StatusCode:    a.status,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        a.sent,
		Body:          io.NopCloser(&a.body),
		ContentLength: int64(a.body.Len()),
		Request:       req,
	}
}
