package ec2

import (
	"encoding/json"

	"mlops-infra-suite/internal/sandbox/store"
	"mlops-infra-suite/internal/sandbox/wire"
)

const tokenTable = "ec2.client-token"

// attempt is a request with a client token, and the resource that it made.
type attempt struct {
	Request string
	ID      string
}

// once runs create unless a request with the same token has made a resource
// already: then it returns that one's ID (documented). Another request with the
// token is an error. SDKs send a token with every request.
func once(call *wire.Call, token string, request any, create func() (string, error)) (id string, err error) {
	if token == "" {
		return create()
	}
	text, err := json.Marshal(request)
	if err != nil {
		return "", err
	}
	key := call.Key(call.Action, token)
	found, ok := store.Get[attempt](call.Tx, tokenTable, key)
	if ok && found.Request == string(text) {
		return found.ID, nil
	}
	if ok {
		return "", wire.Errorf("IdempotentParameterMismatch",
			"The client token you have provided is associated with a resource with different parameters")
	}
	if id, err = create(); err == nil {
		store.Put(call.Tx, tokenTable, key, attempt{string(text), id})
	}
	return id, err
}
