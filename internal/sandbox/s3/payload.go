package s3

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"

	"mlops-infra-suite/internal/sandbox/wire"
)

// payload returns what a request's body holds: as it is, or taken out of the chunks
// in which SDKs send what they read only once (documented: aws-chunked).
func (m *message) payload() ([]byte, error) {
	content := m.body
	declared := m.header("X-Amz-Content-Sha256")
	decodedLength, trailer := m.header("X-Amz-Decoded-Content-Length"), m.header("X-Amz-Trailer")
	switch {
	case len(m.body) > MaxObject+maxFraming: // not all of it has been read
		return nil, tooLarge()
	case strings.HasPrefix(declared, "STREAMING-"):
		if decodedLength == "" {
			return nil, failure(http.StatusLengthRequired, "MissingContentLength", "You must provide the Content-Length HTTP header.")
		}
		var err error
		if content, m.trailers, err = unchunk(m.body); err != nil {
			return nil, err
		}
		if strconv.Itoa(len(content)) != decodedLength {
			return nil, failure(http.StatusBadRequest, "IncompleteBody",
				"You did not provide the number of bytes specified by the Content-Length HTTP header.")
		}
		for name := range strings.SplitSeq(trailer, ",") {
			if name = strings.ToLower(strings.TrimSpace(name)); name != "" && m.trailers[name] == "" {
				return nil, failure(http.StatusBadRequest, "MalformedTrailerError", "The request contained trailing data that was not well-formed "+
					"or did not conform to our published schema.")
			}
		}
	case declared == "", declared == "UNSIGNED-PAYLOAD":
	default:
		if sum := sha256.Sum256(m.body); declared != hex.EncodeToString(sum[:]) {
			return nil, failure(http.StatusBadRequest, "XAmzContentSHA256Mismatch",
				"The provided 'x-amz-content-sha256' header does not match what was computed.",
				wire.Detail{Name: "ClientComputedContentSHA256", Value: declared},
				wire.Detail{Name: "S3ComputedContentSHA256", Value: hex.EncodeToString(sum[:])})
		}
	}
	if len(content) > MaxObject {
		return nil, tooLarge()
	}
	return content, nil
}

func tooLarge() error {
	return failure(http.StatusBadRequest, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size",
		wire.Detail{Name: "MaxSizeAllowed", Value: strconv.Itoa(MaxObject)})
}

// unchunk takes a body in chunks apart: each is its length in hexadecimal digits,
// perhaps with a signature, and its bytes; the last is empty, and trailers follow.
func unchunk(body []byte) (content []byte, trailers map[string]string, err error) {
	broken := failure(http.StatusBadRequest, "IncompleteBody", "The request body terminated unexpectedly")
	trailers = map[string]string{}
	for {
		line, rest, ok := bytes.Cut(body, []byte("\r\n"))
		size, _, _ := strings.Cut(string(line), ";")
		n, err := strconv.ParseUint(size, 16, 31)
		if !ok || err != nil || n > 0 && uint64(len(rest)) < n+2 {
			return nil, nil, broken
		}
		if body = rest; n == 0 {
			break
		}
		if !bytes.HasPrefix(body[n:], []byte("\r\n")) {
			return nil, nil, broken
		}
		content, body = append(content, body[:n]...), body[n+2:]
	}
	for line := range strings.SplitSeq(string(body), "\r\n") {
		if name, value, ok := strings.Cut(line, ":"); ok {
			trailers[strings.ToLower(strings.TrimSpace(name))] = strings.TrimSpace(value)
		}
	}
	return content, trailers, nil
}
