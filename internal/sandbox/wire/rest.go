package wire

import (
	"io"
	"net/http"
	"strings"
)

// rest is the REST service that a request is for, by its signature or, without
// one, its host; nil for one of another protocol.
func (rt *Router) rest(r *http.Request, scope *scope) *Service {
	name, _ := awsHost(r.Host)
	if scope != nil {
		name = scope.service
	}
	if s := rt.service(name); s != nil && s.Protocol == REST {
		return s
	}
	return nil
}

// oldSignature refuses a request for S3 that is signed in the way of 2006, which is how
// SDKs presign by default where they don't know the endpoint (documented: regions since
// 2014 take the present way alone). It is nil for any other.
func (rt *Router) oldSignature(req *Request, r *http.Request) error {
	s := rt.service("s3")
	query := r.URL.Query()
	if s == nil || !strings.HasPrefix(r.Header.Get("Authorization"), "AWS ") && !(query.Has("AWSAccessKeyId") && query.Has("Signature")) {
		return nil
	}
	req.Service, req.http = s, r
	return Errorf("InvalidRequest", "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.")
}

// parseREST reads a request of a REST service.
func (req *Request) parseREST(r *http.Request, scope *scope) error {
	req.http = r
	name, region := awsHost(r.Host)
	switch {
	case scope == nil:
		if region != "" {
			req.Region = region
		}
	case name != "" && name != req.Service.Name:
		return Errorf("AuthorizationHeaderMalformed", "The authorization header is malformed; incorrect service %q.", scope.service)
	case region != "" && region != scope.region:
		return &Error{Code: "AuthorizationHeaderMalformed", Details: []Detail{{"Region", region}},
			Message: "The authorization header is malformed; the region '" + scope.region + "' is wrong; expecting '" + region + "'"}
	}
	var body []byte
	var err error
	if r.Body != nil {
		body, err = io.ReadAll(io.LimitReader(r.Body, req.Service.REST.MaxBody+1))
	}
	if err != nil {
		return Errorf("IncompleteBody", "You did not provide the number of bytes specified by the Content-Length HTTP header.")
	}
	if req.signature = newSignature(r, body); req.signature != nil {
		req.signature.payload = r.Header.Get("X-Amz-Content-Sha256")
		if req.signature.payload == "" {
			req.signature.payload = "UNSIGNED-PAYLOAD" // of a presigned request (documented)
		}
	}
	action, input, err := req.Service.REST.Read(r, body)
	if err != nil {
		return err
	}
	op, ok := req.Service.operation(action)
	if !ok {
		return &Error{Code: req.Service.unknownActionCode(), Status: http.StatusNotImplemented,
			Message: "The action " + action + " is not implemented by this sandbox."}
	}
	req.Operation, req.Input = op, input
	return nil
}
