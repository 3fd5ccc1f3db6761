package wire

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"mlops-infra-suite/internal/sandbox/store"
)

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

	signature *signature    // nil for a request without one
	http      *http.Request // of a REST service
}

// Call is the request as the call of an account, at the present time.
func (req *Request) Call(ctx context.Context, tx *store.Tx, account string) *Call {
	return &Call{
		Context: ctx, Tx: tx, Account: account, Region: req.Region, RequestID: req.RequestID,
		Service: req.Service.Name, Action: req.Operation.Name, Now: time.Now().UTC(),
		SourceIP: req.SourceIP, UserAgent: req.UserAgent,
	}
}

// Parse reads an HTTP request: which service and action it is for, who signed
// it for which region, and the operation's input. It checks no signature: see
// CheckSignature. The Request is never nil; the error is always an *Error.
//
// The service is the one of the signature's credential scope, which must agree
// with a host name of AWS; without a signature, X-Amz-Target or the action and
// version tell it.
func (rt *Router) Parse(r *http.Request) (*Request, error) {
	req := &Request{RequestID: newRequestID(), Region: "us-east-1", SourceIP: sourceIP(r), UserAgent: r.UserAgent()}
	isJSON := r.Header.Get("X-Amz-Target") != ""
	req.Service = &Service{Protocol: Query} // words errors until the real one is known
	if isJSON {
		req.Service.Protocol = JSON
	}
	if err := rt.oldSignature(req, r); err != nil {
		return req, err
	}
	scope, err := credentialScope(r)
	if err != nil {
		return req, err
	}
	if scope != nil {
		req.AccessKey, req.Region = scope.accessKey, scope.region
		req.Service = cmp.Or(rt.service(scope.service), req.Service)
	}
	if rest := rt.rest(r, scope); rest != nil {
		req.Service = rest
		return req, req.parseREST(r, scope)
	}
	m := message{r: r}
	sent, body, err := readBody(r)
	if err != nil {
		return req, err
	}
	m.body, req.signature = body, newSignature(r, sent)
	if !isJSON {
		if m.form, err = formNode(formText(r, m.body)); err != nil {
			return req, req.Service.malformed("%s", err)
		}
	}
	if err := rt.route(req, scope, m); err != nil {
		return req, err
	}
	return req, req.decode(m)
}

// service is nil when there is none of the name.
func (rt *Router) service(name string) *Service {
	i := slices.IndexFunc(rt.services, func(s Service) bool { return s.Name == name })
	if i < 0 {
		return nil
	}
	return &rt.services[i]
}

// message is what the parts of Parse read from.
type message struct {
	r    *http.Request
	body []byte
	form *node // nil for JSON
}

// route finds the service and checks that all of the request agrees on it.
func (rt *Router) route(req *Request, scope *scope, m message) error {
	name, region := awsHost(m.r.Host)
	switch {
	case scope == nil:
		name = cmp.Or(name, rt.guess(m))
		req.Region = cmp.Or(region, req.Region)
	case name != "" && name != scope.service:
		return denied("Credential should be scoped to correct service: '%s'.", name)
	case region != "" && region != scope.region:
		return denied("Credential should be scoped to a valid region, not '%s'.", scope.region)
	default:
		name = scope.service
	}
	found := rt.service(name)
	if name == "" {
		return Errorf(req.Service.unknownActionCode(), "The request names no service: it has no signature, and neither a target nor an action that tells.")
	}
	if found == nil {
		return Errorf(req.Service.unknownActionCode(), "The service '%s' is not part of this sandbox.", name)
	}
	req.Service = found
	if (m.form == nil) != (found.Protocol == JSON) {
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
	target, _ := jsonTarget(m.r)
	for _, s := range rt.services {
		if m.form == nil {
			if s.Target == target {
				return s.Name
			}
			continue
		}
		action, version := m.form.textAt("Action"), m.form.textAt("Version")
		known := s.Has(action) || slices.Contains(s.Known, action)
		if s.Protocol != JSON && (version == s.Version || version == "" && known) {
			return s.Name
		}
	}
	return ""
}

// jsonTarget takes service and action from a request's X-Amz-Target. Some models
// put the service into a namespace, which botocore sends and the SDK for Go doesn't:
// com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents.
func jsonTarget(r *http.Request) (target, action string) {
	parts := strings.Split(r.Header.Get("X-Amz-Target"), ".")
	action = parts[len(parts)-1]
	if len(parts) > 1 {
		target = parts[len(parts)-2]
	}
	return target, action
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
		target, action := jsonTarget(m.r)
		if target != s.Target || m.r.Method != http.MethodPost {
			return "", s.unknownAction(action, s.Version)
		}
		return action, nil
	}
	action, version := m.form.textAt("Action"), m.form.textAt("Version")
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

// textAt is the text of a member, "" when it is absent or no text.
func (n *node) textAt(name string) string {
	if child := n.members[name]; child != nil {
		text, _ := child.scalar.(string)
		return text
	}
	return ""
}

// sourceIP is the address of the client. One in the same process has none: it is
// as near as the loopback address.
func sourceIP(r *http.Request) string {
	if host, _, err := net.SplitHostPort(r.RemoteAddr); err == nil {
		return host
	}
	return "127.0.0.1"
}

func newRequestID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
