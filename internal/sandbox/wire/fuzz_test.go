package wire_test

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"mlops-infra-suite/internal/sandbox/wire"
)

// everything has a field of each type that operations may have.
type everything struct {
	Text   string `aws:",always"`
	Flag   *bool
	Small  *int32
	Number float64
	Time   *time.Time
	List   []string
	Deep   []nested
	Map    map[string]nested
	nested
}

type nested struct {
	Name  string
	Inner *nested
}

// echo answers what it is asked.
func echo(_ *wire.Call, in *everything) (*everything, error) { return in, nil }

func echoService(name string, protocol wire.Protocol) wire.Service {
	return wire.Service{
		Name: name, Version: "v1", Namespace: "urn:" + name, Target: name, Protocol: protocol,
		Operations: []wire.Operation{wire.Read("Echo", echo)},
	}
}

// FuzzParse wants an answer that is well-formed for every request, without panic.
func FuzzParse(f *testing.F) {
	for _, body := range []string{
		"Action=Echo&Version=v1&Text=a&Flag=true&Small=1&Number=1.5&Time=2026-01-02T03:04:05Z",
		"Action=Echo&List.1=a&List.2=b&Deep.1.Name=x&Deep.1.Inner.Inner.Name=y",
		"Action=Echo&List.member.1=a&Map.entry.1.key=k&Map.entry.1.value.Name=v&List=",
		"Action=Echo&List.member=a&List.0=b&Deep.1=&.=&..=&=&&Map.entry.1.key.x=1",
		`{"Text":"ü","Flag":true,"Small":1,"Number":1e300,"Time":1767323045.5,"List":["a"],"Deep":[{"Inner":{}}],"Map":{"k":{}}}`,
		`{"Text":"a","Text":"b"}`, `[[[[`, `{"Small":99999999999}`, "\xff", "Action=Echo&Text=%ff%00\x01",
	} {
		for _, service := range []string{"query", "ec2", "json"} {
			f.Add(service, body)
		}
	}
	router := wire.NewRouter(echoService("query", wire.Query), echoService("ec2", wire.EC2), echoService("json", wire.JSON))
	f.Fuzz(func(t *testing.T, service, body string) {
		r := httptest.NewRequestWithContext(t.Context(), "POST", "http://localhost/", strings.NewReader(body))
		r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=key/20260102/us-east-1/"+service+"/aws4_request, x")
		if service == "json" {
			r.Header.Set("X-Amz-Target", "json.Echo")
		}
		req, err := router.Parse(r)
		var out any
		if err == nil {
			out, err = req.Operation.Run(&wire.Call{}, req.Input)
		}
		var modelled *wire.Error
		if err != nil && !errors.As(err, &modelled) {
			t.Fatalf("no modelled error: %v", err)
		}
		w := httptest.NewRecorder()
		req.Respond(w, out, err)
		if (w.Code == 200) != (err == nil) {
			t.Errorf("status %d for %v", w.Code, err)
		}
		if strings.HasPrefix(w.Header().Get("Content-Type"), "application/") {
			if !json.Valid(w.Body.Bytes()) {
				t.Errorf("no JSON: %q", w.Body)
			}
			return
		}
		for dec := xml.NewDecoder(w.Body); ; {
			if _, err := dec.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("no XML: %v", err)
			}
		}
	})
}
