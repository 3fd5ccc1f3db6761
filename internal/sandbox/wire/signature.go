package wire

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxSkew is by how much a request's time may differ from the service's, and how
// long a presigned request without a duration of its own is good for (documented).
const (
	maxSkew = 5 * time.Minute
	amzTime = "20060102T150405Z"
)

// signature is what a request has been signed with, in a header or in its URL.
type signature struct {
	r         *http.Request
	body      []byte   // as it was sent
	scope     string   // "20260102/us-west-2/ec2/aws4_request"
	headers   []string // that are signed
	signature string
	date      string
	token     string
	expires   time.Duration // of a presigned one
	payload   string        // the hash of the body as the request says it, of a REST service; else ""
}

// newSignature reads the parts of a signature; nil for a request without one.
func newSignature(r *http.Request, body []byte) *signature {
	s := &signature{r: r, body: body, expires: maxSkew}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		query = url.Values{}
	}
	credential, headers := "", ""
	if header := r.Header.Get("Authorization"); header != "" {
		parts := map[string]string{}
		for part := range strings.SplitSeq(strings.TrimPrefix(header, "AWS4-HMAC-SHA256"), ",") {
			name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
			parts[name] = value
		}
		credential, headers, s.signature = parts["Credential"], parts["SignedHeaders"], parts["Signature"]
		s.date, s.token = r.Header.Get("X-Amz-Date"), r.Header.Get("X-Amz-Security-Token")
	} else {
		credential, headers, s.signature = query.Get("X-Amz-Credential"), query.Get("X-Amz-SignedHeaders"), query.Get("X-Amz-Signature")
		s.date, s.token = query.Get("X-Amz-Date"), query.Get("X-Amz-Security-Token")
		if seconds, err := strconv.Atoi(query.Get("X-Amz-Expires")); err == nil {
			s.expires = time.Duration(seconds) * time.Second
		}
	}
	if credential == "" {
		return nil
	}
	_, s.scope, _ = strings.Cut(credential, "/")
	s.headers = strings.Split(headers, ";")
	return s
}

// CheckSignature verifies the request's signature with the caller's secret key and,
// where it has one, its session token. (Documented: how it is made, that a request
// is good for five minutes. Reported: codes and wording.)
func (req *Request) CheckSignature(secret, token string, now time.Time) error {
	s := req.signature
	if s == nil {
		return req.Service.unsigned()
	}
	if subtle.ConstantTimeCompare([]byte(s.token), []byte(token)) != 1 {
		return req.Service.unknownCaller()
	}
	signed, err := time.Parse(amzTime, s.date)
	if err != nil || !strings.HasPrefix(s.scope, signed.Format("20060102")+"/") {
		return incomplete()
	}
	if now.Sub(signed) > s.expires {
		return req.Service.badlyTimed(fmt.Sprintf("Signature expired: %s is now earlier than %s (%s - 5 min.)",
			s.date, now.Add(-maxSkew).Format(amzTime), now.Format(amzTime)))
	}
	if signed.Sub(now) > maxSkew {
		return req.Service.badlyTimed(fmt.Sprintf("Signature not yet current: %s is still later than %s (%s + 5 min.)",
			s.date, now.Add(maxSkew).Format(amzTime), now.Format(amzTime)))
	}
	if subtle.ConstantTimeCompare([]byte(s.signature), []byte(s.expected(secret))) != 1 {
		return req.Service.wrongSignature()
	}
	return nil
}

// expected is the signature that the secret makes.
func (s *signature) expected(secret string) string {
	hash := sha256.Sum256([]byte(s.canonical()))
	text := "AWS4-HMAC-SHA256\n" + s.date + "\n" + s.scope + "\n" + hex.EncodeToString(hash[:])
	key := []byte("AWS4" + secret)
	for part := range strings.SplitSeq(s.scope, "/") {
		key = mac(key, part)
	}
	return hex.EncodeToString(mac(key, text))
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

// canonical is the request in the form that is signed.
func (s *signature) canonical() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%s\n%s\n", s.r.Method, cmp.Or(s.r.URL.EscapedPath(), "/"), s.query())
	for _, name := range s.headers {
		fmt.Fprintf(&b, "%s:%s\n", name, s.header(name))
	}
	payload := s.payload
	if payload == "" {
		payload = fmt.Sprintf("%x", sha256.Sum256(s.body))
	}
	fmt.Fprintf(&b, "\n%s\n%s", strings.Join(s.headers, ";"), payload)
	return b.String()
}

// header is a header's values with single spaces.
func (s *signature) header(name string) string {
	switch name {
	case "host":
		return s.r.Host
	case "content-length":
		return strconv.FormatInt(max(s.r.ContentLength, 0), 10)
	}
	var values []string
	for _, value := range s.r.Header.Values(name) {
		values = append(values, strings.Join(strings.Fields(value), " "))
	}
	return strings.Join(values, ",")
}

// query is the URL's parameters in order, but for the signature itself.
func (s *signature) query() string {
	var pairs []string
	for name, values := range s.r.URL.Query() {
		for _, value := range values {
			if name != "X-Amz-Signature" {
				pairs = append(pairs, escape(name)+"="+escape(value))
			}
		}
	}
	slices.Sort(pairs)
	return strings.Join(pairs, "&")
}

// escape encodes as RFC 3986 does.
func escape(text string) string { return strings.ReplaceAll(url.QueryEscape(text), "+", "%20") }

// The errors below have other codes in each protocol (reported).

func (s *Service) wrongSignature() error {
	const message = "The request signature we calculated does not match the signature you provided. " +
		"Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
	switch s.Protocol {
	case EC2:
		return &Error{Code: "AuthFailure", Message: "AWS was not able to validate the provided access credentials", Status: http.StatusUnauthorized}
	case JSON:
		return Errorf("InvalidSignatureException", message)
	}
	return &Error{Code: "SignatureDoesNotMatch", Message: message, Status: http.StatusForbidden}
}

func (s *Service) badlyTimed(message string) error {
	switch s.Protocol {
	case EC2:
		return Errorf("RequestExpired", "Request has expired.")
	case JSON:
		return Errorf("InvalidSignatureException", "%s", message)
	case REST:
		return &Error{Code: "RequestTimeTooSkewed", Status: http.StatusForbidden,
			Message: "The difference between the request time and the server's time is too large."}
	}
	return &Error{Code: "SignatureDoesNotMatch", Message: message, Status: http.StatusForbidden}
}

func (s *Service) unknownCaller() error {
	const message = "The security token included in the request is invalid."
	switch s.Protocol {
	case EC2:
		return s.wrongSignature()
	case JSON:
		return Errorf("UnrecognizedClientException", message)
	case REST:
		return Errorf("InvalidToken", "The provided token is malformed or otherwise invalid.")
	}
	return &Error{Code: "InvalidClientTokenId", Message: message, Status: http.StatusForbidden}
}

func (s *Service) unsigned() error {
	if s.Protocol == REST { // an anonymous request is one like any other (documented)
		return &Error{Code: "AccessDenied", Message: "Access Denied", Status: http.StatusForbidden}
	}
	return &Error{Code: "MissingAuthenticationToken", Message: "Request is missing Authentication Token", Status: http.StatusForbidden}
}
