package wire

import (
	"encoding/json"
	"encoding/xml"
	"net/http"
	"reflect"
	"strconv"
)

// Respond answers the request with an operation's output, or with err when there
// is one. An error that is no *Error is answered as an internal failure.
func (req *Request) Respond(w http.ResponseWriter, out any, err error) {
	if req.http != nil {
		var e *Error
		if err != nil {
			e = asError(err)
		}
		req.Service.REST.Write(w, req.http, req.RequestID, out, e)
		return
	}
	contentType := "text/xml;charset=UTF-8"
	if req.Service.Protocol == JSON {
		contentType = "application/x-amz-json-1.1"
	}
	status := http.StatusOK
	var body []byte
	if err != nil {
		e := asError(err)
		status, body = e.status(), req.errorBody(e)
	} else {
		body = req.body(out)
	}
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("X-Amzn-Requestid", req.RequestID)
	w.WriteHeader(status)
	w.Write(body) // a client that has gone away is no concern of ours
}

// body is the response in the protocol of the service.
func (req *Request) body(out any) []byte {
	v := reflect.ValueOf(out).Elem()
	if req.Service.Protocol == JSON {
		var e jsonEncoder
		e.object(v)
		return e.Bytes()
	}
	e := xmlEncoder{ec2: req.Service.Protocol == EC2}
	e.WriteString(xml.Header)
	e.WriteString(`<` + req.Operation.Name + `Response xmlns="`)
	xml.EscapeText(&e, []byte(req.Service.Namespace))
	e.WriteString(`">`)
	if e.ec2 {
		e.text("requestId", req.RequestID)
		e.members(v)
	} else {
		e.open(req.Operation.Name + "Result")
		e.members(v)
		e.close(req.Operation.Name + "Result")
		e.open("ResponseMetadata")
		e.text("RequestId", req.RequestID)
		e.close("ResponseMetadata")
	}
	e.close(req.Operation.Name + "Response")
	return e.Bytes()
}

// errorBody is the error in the protocol of the service.
func (req *Request) errorBody(err *Error) []byte {
	if req.Service.Protocol == JSON {
		body, _ := json.Marshal(struct { // two strings: can't fail
			Type    string `json:"__type"`
			Message string `json:"message"`
		}{err.Code, err.Message})
		return body
	}
	var e xmlEncoder
	e.WriteString(xml.Header)
	if req.Service.Protocol == EC2 {
		e.WriteString("<Response><Errors><Error>")
		e.text("Code", err.Code)
		e.text("Message", err.Message)
		e.WriteString("</Error></Errors>")
		e.text("RequestID", req.RequestID)
		e.WriteString("</Response>")
		return e.Bytes()
	}
	fault := "Sender"
	if err.Receiver {
		fault = "Receiver"
	}
	e.WriteString(`<ErrorResponse xmlns="`)
	xml.EscapeText(&e, []byte(req.Service.Namespace))
	e.WriteString(`"><Error>`)
	e.text("Type", fault)
	e.text("Code", err.Code)
	e.text("Message", err.Message)
	e.WriteString("</Error>")
	e.text("RequestId", req.RequestID)
	e.WriteString("</ErrorResponse>")
	return e.Bytes()
}
