package wire

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"strings"
	"unicode/utf8"
)

// MaxRequest is the size in bytes of the largest request body, before and after
// it is unpacked.
const MaxRequest = 2 << 20

// readBody reads a body, as it was sent and unpacked.
func readBody(r *http.Request) (sent, body []byte, err error) {
	if r.Body == nil {
		return nil, nil, nil
	}
	if sent, err = readAll(r.Body); err != nil {
		return nil, nil, err
	}
	switch encoding := r.Header.Get("Content-Encoding"); encoding {
	case "", "identity":
		body = sent
	case "gzip":
		unpacked, err := gzip.NewReader(bytes.NewReader(sent))
		if err != nil {
			return nil, nil, Errorf("MalformedInput", "The body is not in gzip format")
		}
		if body, err = readAll(unpacked); err != nil {
			return nil, nil, err
		}
	default:
		return nil, nil, &Error{Code: "MalformedInput", Status: http.StatusUnsupportedMediaType,
			Message: fmt.Sprintf("The content encoding %q is not supported", encoding)}
	}
	if !utf8.Valid(body) {
		return nil, nil, Errorf("MalformedInput", "The body is not valid UTF-8")
	}
	return sent, body, nil
}

// readAll reads a body of at most MaxRequest bytes.
func readAll(from io.Reader) ([]byte, error) {
	raw, err := io.ReadAll(io.LimitReader(from, MaxRequest+1))
	switch {
	case len(raw) > MaxRequest:
		// Assumed: AWS has a limit for each service, with codes of their own.
		return nil, &Error{Code: "RequestEntityTooLarge", Status: http.StatusRequestEntityTooLarge,
			Message: fmt.Sprintf("The request is larger than %d bytes", MaxRequest)}
	case err != nil:
		return nil, Errorf("MalformedInput", "The body can not be read: %s", err)
	}
	return raw, nil
}

// formText is the form of a request, in its URL or its body, without the
// parameters of a signature in the URL.
func formText(r *http.Request, body []byte) string {
	var kept []string
	for pair := range strings.SplitSeq(r.URL.RawQuery, "&") {
		if !strings.HasPrefix(pair, "X-Amz-") {
			kept = append(kept, pair)
		}
	}
	return strings.Join(append(kept, string(body)), "&")
}
