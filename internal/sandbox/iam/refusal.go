package iam

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"

	"mlops-infra-suite/internal/sandbox/wire"
)

// Refusal words it as the service does that a caller may not do what its call needs
// (reported).
func Refusal(call *wire.Call, need Need, verdict Verdict) *wire.Error {
	message := fmt.Sprintf("User: %s is not authorized to perform: %s", call.CallerARN(), need.Action)
	if need.Resource != "*" {
		message += " on resource: " + need.Resource
	}
	if verdict == Denied {
		message += " with an explicit deny in an identity-based policy"
	} else {
		message += fmt.Sprintf(" because no identity-based policy allows the %s action", need.Action)
	}
	switch call.Service {
	case "ec2":
		message = "You are not authorized to perform this operation. " + message
		if need.Resource != "*" {
			message += ". Encoded authorization failure message: " + encoded(need, verdict)
		}
		return &wire.Error{Code: "UnauthorizedOperation", Status: http.StatusForbidden, Message: message}
	case "cloudformation", "s3", "sts":
		return &wire.Error{Code: "AccessDenied", Status: http.StatusForbidden, Message: message}
	}
	return wire.Errorf("AccessDeniedException", "%s", message)
}

// Decode reads the text that a refusal of EC2 ends with.
func Decode(encoded string) (message string, ok bool) {
	raw, err := base64.RawURLEncoding.DecodeString(encoded)
	return string(raw), err == nil && json.Valid(raw)
}

// encoded is the long text that only AWS can read. The sandbox's own is base64.
func encoded(need Need, verdict Verdict) string {
	raw, _ := json.Marshal(map[string]any{ // texts, lists of them and booleans
		"allowed": false, "explicitDeny": verdict == Denied,
		"context": map[string]any{"action": need.Action, "resource": need.Resource, "conditions": need.Keys},
	})
	return base64.RawURLEncoding.EncodeToString(raw)
}
