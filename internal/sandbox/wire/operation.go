package wire

import "net/http"

// Protocol is how a service writes its requests and responses.
type Protocol int

// The protocols of AWS that the sandbox speaks.
const (
	Query Protocol = iota // form in, XML out: CloudFormation, STS
	EC2                   // form with flat lists in, XML with <item> out
	JSON                  // awsJson1.1: SSM
	REST                  // method, path and headers in, XML out: S3
)

// Service is an AWS service as the wire sees it.
type Service struct {
	Name       string // signing name, as in a credential scope: "ec2", "cloudformation", "ssm", "sts"
	Version    string // of the API: "2016-11-15"
	Namespace  string // of the XML; unused by JSON
	Target     string // JSON: what comes before the dot in X-Amz-Target: "AmazonSSM"
	Protocol   Protocol
	Operations []Operation
	Known      []string // actions that AWS has and the sandbox hasn't: refused in those words
	REST       *Resources
}

// Resources is how a REST service reads requests and writes answers, which no
// other does in the same way.
type Resources struct {
	MaxBody int64 // bytes

	// Read tells which action a request is for, and makes its input.
	Read func(r *http.Request, body []byte) (action string, input any, err error)

	// Write answers a request with what came of it.
	Write func(w http.ResponseWriter, r *http.Request, requestID string, out any, err *Error)
}

// Operation is one action of a service. Make it with Read or Write.
type Operation struct {
	Name   string
	Writes bool
	input  func() any
	run    func(*Call, any) (any, error)
}

// Empty is the input or output of an operation that has none.
type Empty struct{}

// Read makes an operation that runs in a View transaction: it can't write.
func Read[In, Out any](name string, fn func(*Call, *In) (*Out, error)) Operation {
	return Operation{
		Name:  name,
		input: func() any { return new(In) },
		run: func(call *Call, in any) (any, error) {
			out, err := fn(call, in.(*In))
			if err == nil && out == nil {
				out = new(Out)
			}
			return out, err
		},
	}
}

// Write makes an operation that runs in an Update transaction. An error rolls
// back whatever it wrote.
func Write[In, Out any](name string, fn func(*Call, *In) (*Out, error)) Operation {
	op := Read(name, fn)
	op.Writes = true
	return op
}

// Has reports whether the service has an operation of the name.
func (s *Service) Has(name string) bool {
	_, ok := s.operation(name)
	return ok
}

// Writes reports whether the service has an operation of the name that writes.
func (s *Service) Writes(name string) bool {
	op, ok := s.operation(name)
	return ok && op.Writes
}

func (s *Service) operation(name string) (Operation, bool) {
	for _, op := range s.Operations {
		if op.Name == name {
			return op, true
		}
	}
	return Operation{}, false
}

// Run executes the operation. The call's Tx must be an Update transaction for an
// operation that Writes.
func (op Operation) Run(call *Call, input any) (any, error) {
	return op.run(call, input)
}
