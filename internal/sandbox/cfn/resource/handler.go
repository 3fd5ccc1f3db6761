package resource

import (
	"errors"
	"fmt"
	"strings"

	"mlops-infra-suite/internal/sandbox/cfn/template"
	"mlops-infra-suite/internal/sandbox/wire"
)

// Handler makes, changes and deletes the resources of a type.
type Handler interface {
	create(c *Context, want Desired) (State, error)
	update(c *Context, want Desired, have State) (State, error)
	remove(c *Context, have State) error
	// read looks up what exists with an ID: its attributes, as create gives them.
	read(c *Context, physicalID string, properties template.Map) (State, error)
	// actual reads what a resource is now, as a template would write it.
	actual(c *Context, have State) (template.Map, error)
}

// Context is what a handler works in. Call is a writing call on behalf of the
// stack's owner.
type Context struct {
	*wire.Call
	// Fault may refuse an action of EC2 or SSM before it is tried; nil for never.
	// Of the actions that only read it is asked when Inspecting.
	Fault      func(action string) error
	Inspecting bool
	// Adoptable reports whether a physical ID belongs to a resource of this stack that this very operation replaces or removes.
	Adoptable func(physicalID string) bool
	// Owned reports whether any resource of this stack has the physical ID.
	Owned func(physicalID string) bool
	// TagsAfterCreation tags a new group, with the system's tags too, only after its rules have been made. This is reported
	// (2020, 2021: a RequestTag condition on CreateSecurityGroup fails through CloudFormation); that the rules come before the
	// tags is assumed. Without it the group is created with its tags, as documented (tagOnCreate in the type's schema).
	TagsAfterCreation bool
}

// Desired is what a template wants of a resource, all values known.
type Desired struct {
	StackName  string
	LogicalID  string
	Properties template.Map
	Tags       map[string]string // of the stack, those of the system among them
}

// State is what there is of a resource.
type State struct {
	PhysicalID string
	Properties template.Map
	Tags       map[string]string // as Desired had them
	Attributes map[string]string // for Fn::GetAtt
}

// Create makes the resource. Its error is a *HandlerError.
func (t Type) Create(c *Context, want Desired) (State, error) {
	if problems := t.Validate(want.Properties); len(problems) > 0 {
		return State{}, invalidProperties(want.LogicalID, problems)
	}
	state, err := t.handler.create(c, want)
	return want.into(state), c.failure(err)
}

// Update changes the resource in place. Its error is a *HandlerError.
func (t Type) Update(c *Context, want Desired, have State) (State, error) {
	if problems := t.Validate(want.Properties); len(problems) > 0 {
		return State{}, invalidProperties(want.LogicalID, problems)
	}
	state, err := t.handler.update(c, want, have)
	return want.into(state), c.failure(err)
}

// Delete removes the resource. One that is gone already is removed. Its error
// is a *HandlerError.
func (t Type) Delete(c *Context, have State) error {
	return c.failure(t.handler.remove(c, have))
}

// Import looks up an existing resource for a template's. Its error is a
// *HandlerError.
func (t Type) Import(c *Context, want Desired, physicalID string) (State, error) {
	state, err := t.handler.read(c, physicalID, want.Properties)
	state.Properties = want.Properties
	return state, c.failure(err)
}

// Existing is the physical ID of what has the name that the properties give, "" if there is nothing, or no name.
func (t Type) Existing(c *Context, properties template.Map) (physicalID string, err error) {
	finder, ok := t.handler.(interface {
		find(c *Context, properties template.Map) (physicalID string, err error)
	})
	if !ok {
		return "", nil
	}
	return finder.find(c, properties)
}

// Release removes the stack's tags from a resource that will outlive the stack. Its error is a *HandlerError.
func (t Type) Release(c *Context, have State) error {
	if !t.taggable {
		return nil
	}
	_, err := t.handler.update(c, Desired{Properties: have.Properties}, have)
	return c.failure(err)
}

func (d Desired) into(s State) State {
	s.Properties, s.Tags = d.Properties, d.Tags
	return s
}

// HandlerError is why a handler failed, in CloudFormation's words.
type HandlerError struct{ Reason string }

func (f *HandlerError) Error() string { return f.Reason }

// serviceError is an error of EC2 or SSM.
type serviceError struct {
	service   string // "Ec2", "Ssm"
	requestID string
	err       error
}

func (e *serviceError) Error() string { return e.err.Error() }
func (e *serviceError) Unwrap() error { return e.err }

// invoke calls an action of another service on the caller's behalf.
func invoke[In, Out any](c *Context, service, action string, fn func(*wire.Call, *In) (*Out, error), in *In) (*Out, error) {
	call := *c.Call
	call.Service, call.Action, call.RequestID, call.Via = strings.ToLower(service), action, c.NewUUID(), wire.CloudFormation
	reads := strings.HasPrefix(action, "Describe") || strings.HasPrefix(action, "Get") || strings.HasPrefix(action, "List")
	out, err := wire.Through(&call, in, func(call *wire.Call, in *In) (*Out, error) {
		if c.Fault != nil && (c.Inspecting || !reads) {
			if err := c.Fault(action); err != nil {
				return nil, err
			}
		}
		return fn(call, in)
	})
	if err != nil {
		return nil, &serviceError{service, call.RequestID, err}
	}
	return out, nil
}

// failure words an error as resource handlers do (reported form).
func (c *Context) failure(err error) error {
	if err == nil {
		return nil
	}
	message, code := err.Error(), "InvalidRequest"
	modelled, ok := errors.AsType[*wire.Error](err)
	if ok {
		message, code = modelled.Message, handlerCode(modelled)
	}
	if from, ok := errors.AsType[*serviceError](err); ok {
		status := 400
		if modelled != nil && modelled.Status != 0 {
			status = modelled.Status
		}
		message += fmt.Sprintf(" (Service: %s, Status Code: %d, Request ID: %s)", from.service, status, from.requestID)
	}
	return &HandlerError{fmt.Sprintf("Resource handler returned message: \"%s\" (RequestToken: %s, HandlerErrorCode: %s)",
		message, c.RequestID, code)}
}

// handlerCode maps an error code of a service to one of the codes that resource
// handlers have (documented set, assumed mapping).
func handlerCode(e *wire.Error) string {
	has := func(parts ...string) bool {
		for _, part := range parts {
			if strings.Contains(e.Code, part) {
				return true
			}
		}
		return false
	}
	switch {
	case has("Duplicate", "AlreadyExists"):
		return "AlreadyExists"
	case has("NotFound"):
		return "NotFound"
	case has("LimitExceeded"):
		return "ServiceLimitExceeded"
	case has("AccessDenied", "UnauthorizedOperation"):
		return "AccessDenied"
	case has("Throttl", "RequestLimit"):
		return "Throttling"
	case e.Receiver || e.Status >= 500:
		return "ServiceInternalError"
	}
	return "InvalidRequest"
}

func invalidProperties(logicalID string, problems []string) error {
	return &HandlerError{InvalidProperties(logicalID, problems)}
}

// InvalidProperties words what Validate has found (reported form).
func InvalidProperties(logicalID string, problems []string) string {
	return fmt.Sprintf("Properties validation failed for resource %s with message:\n%s", logicalID, strings.Join(problems, "\n"))
}

// AlreadyExists words that a name is taken (reported).
func AlreadyExists(resourceType, name string) string {
	return fmt.Sprintf("Resource of type '%s' with identifier '%s' already exists.", resourceType, name)
}

// property is a property that is a text, "" when it isn't given.
func property(m template.Map, name string) string {
	s, _ := m[name].(string)
	return s
}

// suffix is the random end of the names that CloudFormation generates.
func (c *Context) suffix() string {
	id := c.NewID("name")
	return strings.ToUpper(id[len(id)-12:])
}
