package wire

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"mlops-infra-suite/internal/sandbox/store"
)

// MaxRequest is the size in bytes of the largest request body, before and after
// it is unpacked.
const MaxRequest = 2 << 20

// Router knows the services of the sandbox and finds the one a request is for.
type Router struct {
	services []Service
}

// NewRouter returns a Router of the given services.
func NewRouter(services ...Service) *Router { return &Router{services: services} }

// Request is an API request that has been understood, or as much of it as could
// be: Respond works on it in any case.
type Request struct {
	Service   *Service
	Operation Operation
	Input     any    // what the operation takes
	AccessKey string // of the signature, "" without one
	Region    string
	RequestID string
	SourceIP  string
	UserAgent string
}

// Call is the request as the call of an account, at the present time.
func (r *Request) Call(ctx context.Context, tx *store.Tx, account string) *Call {
	return &Call{
		Context: ctx, Tx: tx, Account: account, Region: r.Region, RequestID: r.RequestID,
		Service: r.Service.Name, Action: r.Operation.Name, Now: time.Now().UTC(),
		SourceIP: r.SourceIP, UserAgent: r.UserAgent,
	}
}

// Parse reads an HTTP request: which service and action it is for, who signed
// it for which region, and the operation's input. It checks no signature: any
// secret will do. The Request is never nil; the error is always an *Error.
//
// The service is the one of the signature's credential scope, which must agree
// with a host name of AWS; without a signature, X-Amz-Target or the action and
// version tell it.
func (rt *Router) Parse(r *http.Request) (*Request, error) {
	req := &Request{RequestID: newRequestID(), UserAgent: r.UserAgent(), Region: "us-east-1"}
	req.SourceIP, _, _ = net.SplitHostPort(r.RemoteAddr)
	req.Service = &Service{Protocol: Query} // until the real one is known
	if r.Header.Get("X-Amz-Target") != "" {
		req.Service = &Service{Protocol: JSON}
	}
	scope, err := credentialScope(r)
	if err != nil {
		return req, err
	}
	body, err := readBody(r)
	if err != nil {
		return req, err
	}
	m := message{r: r, body: body}
	if req.Service.Protocol != JSON {
		if m.form, err = formNode(formText(r, body)); err != nil {
			return req, req.Service.malformed("%s", err)
		}
	}
	if err := rt.route(req, scope, m); err != nil {
		return req, err
	}
	return req, req.decode(m)
}

// message is what the parts of Parse read from.
type message struct {
	r    *http.Request
	body []byte
	form *node // nil for JSON
}

// route finds the service and checks that all of the request agrees on it.
func (rt *Router) route(req *Request, scope *scope, m message) error {
	hostService, hostRegion := awsHost(m.r.Host)
	name := hostService
	if scope != nil {
		req.AccessKey, req.Region, name = scope.accessKey, scope.region, scope.service
		if hostService != "" && hostService != name {
			return denied("Credential should be scoped to correct service: '%s'.", hostService)
		}
		if hostRegion != "" && hostRegion != req.Region {
			return denied("Credential should be scoped to a valid region, not '%s'.", req.Region)
		}
	} else if hostRegion != "" {
		req.Region = hostRegion
	}
	if name == "" {
		name = rt.guess(m)
	}
	i := slices.IndexFunc(rt.services, func(s Service) bool { return s.Name == name })
	if i < 0 {
		return Errorf(req.Service.unknownActionCode(), "The service '%s' is not part of this sandbox.", name)
	}
	protocol := req.Service.Protocol
	req.Service = &rt.services[i]
	if (protocol == JSON) != (req.Service.Protocol == JSON) {
		return Errorf(req.Service.unknownActionCode(), "The request is not in the protocol of %s.", name)
	}
	if m.r.URL.Path != "/" && m.r.URL.Path != "" {
		return &Error{Code: req.Service.unknownActionCode(), Status: http.StatusNotFound,
			Message: "The service has nothing at this path."}
	}
	return nil
}

// guess names the service of a request without a signature, "" when none fits.
func (rt *Router) guess(m message) string {
	target, _, _ := strings.Cut(m.r.Header.Get("X-Amz-Target"), ".")
	for _, s := range rt.services {
		if m.form == nil {
			if s.Target == target {
				return s.Name
			}
			continue
		}
		action, version := m.form.text1("Action"), m.form.text1("Version")
		if s.Protocol != JSON && (version == s.Version || version == "") {
			if _, ok := s.operation(action); ok || slices.Contains(s.Known, action) || version != "" {
				return s.Name
			}
		}
	}
	return ""
}

// decode finds the operation and binds its input.
func (req *Request) decode(m message) error {
	s := req.Service
	action, err := s.action(m)
	if err != nil {
		return err
	}
	op, ok := s.operation(action)
	if !ok {
		return s.unknownAction(action, s.Version)
	}
	root := m.form
	if root == nil {
		if root, err = jsonNode(bytes.NewReader(m.body)); err != nil {
			return s.malformed("The request is not valid JSON: %s", err)
		}
	}
	req.Operation, req.Input = op, op.input()
	return s.bind(req.Input, root)
}

// action takes the action, and what else is no parameter, out of the message.
func (s *Service) action(m message) (string, error) {
	if s.Protocol == JSON {
		target, action, _ := strings.Cut(m.r.Header.Get("X-Amz-Target"), ".")
		if target != s.Target || m.r.Method != http.MethodPost {
			return "", s.unknownAction(action, s.Version)
		}
		return action, nil
	}
	action, version := m.form.text1("Action"), m.form.text1("Version")
	if action == "" {
		return "", &Error{Code: "MissingAction", Message: "The request must contain the parameter Action"}
	}
	if version != "" && version != s.Version {
		return "", s.wrongVersion(action, version)
	}
	delete(m.form.members, "Action")
	delete(m.form.members, "Version")
	return action, nil
}

// text1 is the text of a member, "" when it is absent or no text.
func (n *node) text1(name string) string {
	if child := n.members[name]; child != nil {
		text, _ := child.scalar.(string)
		return text
	}
	return ""
}

func readBody(r *http.Request) ([]byte, error) {
	if r.Body == nil {
		return nil, nil
	}
	body := io.Reader(r.Body)
	switch encoding := r.Header.Get("Content-Encoding"); encoding {
	case "", "identity":
	case "gzip":
		unpacked, err := gzip.NewReader(io.LimitReader(body, MaxRequest+1))
		if err != nil {
			return nil, Errorf("MalformedInput", "The body is not in gzip format")
		}
		body = unpacked
	default:
		return nil, &Error{Code: "MalformedInput", Status: http.StatusUnsupportedMediaType,
			Message: fmt.Sprintf("The content encoding %q is not supported", encoding)}
	}
	raw, err := io.ReadAll(io.LimitReader(body, MaxRequest+1))
	switch {
	case len(raw) > MaxRequest:
		// Assumed: AWS has a limit for each service, with codes of their own.
		return nil, &Error{Code: "RequestEntityTooLarge", Status: http.StatusRequestEntityTooLarge,
			Message: fmt.Sprintf("The request is larger than %d bytes", MaxRequest)}
	case err != nil:
		return nil, Errorf("MalformedInput", "The body can not be read: %s", err)
	case !utf8.Valid(raw):
		return nil, Errorf("MalformedInput", "The body is not valid UTF-8")
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

// scope is who signed a request, and for what.
type scope struct {
	accessKey, region, service string
}

// credentialScope reads the signature's scope from the header or, of a presigned
// request, from the URL. It is nil for a request without a signature.
func credentialScope(r *http.Request) (*scope, error) {
	credential, err := url.QueryUnescape(presigned(r.URL.RawQuery))
	if err != nil {
		return nil, incomplete()
	}
	if header := r.Header.Get("Authorization"); header != "" {
		_, rest, ok := strings.Cut(header, "Credential=")
		if !strings.HasPrefix(header, "AWS4-HMAC-SHA256 ") || !ok {
			return nil, incomplete()
		}
		credential, _, _ = strings.Cut(rest, ",")
	}
	if credential == "" {
		return nil, nil
	}
	parts := strings.Split(strings.TrimSpace(credential), "/")
	if len(parts) != 5 || parts[4] != "aws4_request" || slices.Contains(parts, "") || !isName(parts[2]) {
		return nil, incomplete()
	}
	return &scope{accessKey: parts[0], region: parts[2], service: parts[3]}, nil
}

func presigned(query string) string {
	for pair := range strings.SplitSeq(query, "&") {
		if value, ok := strings.CutPrefix(pair, "X-Amz-Credential="); ok {
			return value
		}
	}
	return ""
}

func isName(region string) bool {
	return !strings.ContainsFunc(region, func(c rune) bool {
		return c != '-' && (c < 'a' || c > 'z') && (c < '0' || c > '9')
	})
}

func incomplete() *Error {
	return Errorf("IncompleteSignature", "The request signature does not conform to AWS standards.")
}

func denied(format string, args ...any) *Error {
	e := Errorf("SignatureDoesNotMatch", format, args...)
	e.Status = http.StatusForbidden
	return e
}

// awsHost takes service and region from a host name of AWS: "ec2" and
// "us-west-2" from ec2.us-west-2.amazonaws.com. Other hosts tell nothing.
func awsHost(host string) (service, region string) {
	for _, suffix := range []string{".amazonaws.com", ".amazonaws.com.cn", ".api.aws"} {
		if name, ok := strings.CutSuffix(strings.ToLower(host), suffix); ok {
			service, region, _ = strings.Cut(name, ".")
			return strings.TrimSuffix(service, "-fips"), region
		}
	}
	return "", ""
}

func newRequestID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
