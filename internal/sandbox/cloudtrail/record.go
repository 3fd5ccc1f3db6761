package cloudtrail

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"mlops-infra-suite/internal/sandbox/store"
	"mlops-infra-suite/internal/sandbox/wire"
)

// Record notes what came of a call that writes, in the call's transaction. A
// transaction that fails takes the call's effects back, not that it was tried.
func (t *Trail) Record(call *wire.Call, in, out any, err error) {
	var events []event
	failure, refused := errors.AsType[*wire.Error](err)
	switch {
	case err == nil:
		events = succeeded(call, in, out)
	case refused:
		events = []event{failed(call, in, failure)}
	} // else it was given up before anything came of it
	for _, e := range events {
		put(call.Tx, call.Now, e)
	}
	if refused {
		call.Tx.OnFailure(func() { t.recordAgain(call.Now, events) })
	}
}

// recordAgain notes calls whose transaction was given up. If the store fails here, it has failed the call as well, whose caller
// knows.
func (t *Trail) recordAgain(at time.Time, events []event) {
	_ = t.db.Update(func(tx *store.Tx) error {
		for _, e := range events {
			put(tx, at, e)
		}
		return nil
	})
}

// put stores an event, whose ID follows from its number: the same calls in the
// same order have the same IDs.
func put(tx *store.Tx, at time.Time, e event) {
	number := tx.Sequence(eventTable)
	e.EventID = idOf(fmt.Sprint("event ", number))
	raw, err := json.Marshal(e)
	if err != nil {
		raw, _ = json.Marshal(map[string]string{"eventID": e.EventID, "additionalEventData": err.Error()}) // two texts
	}
	username := e.UserIdentity.UserName
	if _, session, ok := strings.Cut(e.UserIdentity.PrincipalID, ":"); ok && e.UserIdentity.Type == assumedRole {
		username = session
	}
	store.Put(tx, eventTable, store.Key(e.RecipientAccountID, e.AWSRegion, fmt.Sprintf("%016x", number)), record{
		ID: e.EventID, Time: at.Truncate(time.Second), Name: e.EventName, Source: e.EventSource, ReadOnly: fmt.Sprint(e.ReadOnly),
		Username: username, AccessKey: e.UserIdentity.AccessKeyID, Resources: resourcesOf(e), Event: raw,
	})
}

// idOf is a UUID that follows from a text.
func idOf(text string) string {
	b := sha256.Sum256([]byte(text))
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:16])
}

// begun is what every event of a call has.
func begun(call *wire.Call, in any) event {
	e := event{
		EventVersion: "1.11", UserIdentity: identityOf(call), EventTime: call.Now.Format(time.RFC3339),
		EventSource: sourceOf(call.Service), EventName: call.Action, AWSRegion: call.Region,
		SourceIPAddress: call.SourceIP, UserAgent: call.UserAgent,
		RequestParameters: request(call, in), RequestID: call.RequestID,
		ReadOnly:  call.Service == "sts", // documented: a session is nothing in an account
		EventType: "AwsApiCall", ManagementEvent: true, RecipientAccountID: call.Account, EventCategory: "Management",
	}
	if call.Via != "" {
		e.UserIdentity.InvokedBy, e.SourceIPAddress, e.UserAgent = call.Via, call.Via, call.Via
	}
	return e
}

func failed(call *wire.Call, in any, err *wire.Error) event {
	e := begun(call, in)
	e.ErrorCode, e.ErrorMessage = errorCode(call.Service, err), err.Message
	return e
}

func succeeded(call *wire.Call, in, out any) []event {
	e := begun(call, in)
	e.ResponseElements = response(call, out)
	if call.Service == "sts" {
		return assumptions(e)
	}
	return []event{e}
}

// errorCode is an error's code as events have it: EC2's say whose fault it was
// (reported), one of the JSON protocol loses its suffix where access was denied.
func errorCode(service string, err *wire.Error) string {
	switch {
	case service == "ec2" && (err.Receiver || err.Status >= 500):
		return "Server." + err.Code
	case service == "ec2":
		return "Client." + err.Code
	case err.Code == "AccessDeniedException":
		return "AccessDenied"
	}
	return err.Code
}

// sourceOf is the name of a service as an event's source.
func sourceOf(service string) string {
	if service == "aws-marketplace" {
		service = "metering-marketplace" // assumed: the name in its endpoints
	}
	return service + ".amazonaws.com"
}
