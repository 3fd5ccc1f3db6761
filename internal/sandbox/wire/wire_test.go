package wire_test

import (
	"errors"
	"fmt"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"mlops-infra-suite/internal/sandbox/store"
	"mlops-infra-suite/internal/sandbox/wire"
)

// ask sends a body to an echo service and returns the request and the answer.
func ask(t *testing.T, protocol wire.Protocol, body string) (*wire.Request, string) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), "POST", "http://localhost/", strings.NewReader(body))
	if protocol == wire.JSON {
		r.Header.Set("X-Amz-Target", "echo.Echo")
	}
	req, err := wire.NewRouter(echoService("echo", protocol)).Parse(r)
	var out any
	if err == nil {
		out, err = req.Operation.Run(&wire.Call{}, req.Input)
	}
	w := httptest.NewRecorder()
	req.RequestID = "ID"
	req.Respond(w, out, err)
	return req, w.Body.String()
}

func TestProtocols(t *testing.T) {
	yes, small := true, int32(-7)
	at := time.Date(2026, 1, 2, 3, 4, 5, 678e6, time.UTC)
	want := &everything{
		Text: "a&<ü>", Flag: &yes, Small: &small, Number: 1.5, Time: &at, List: []string{"x", "y"},
		Deep: []nested{{Name: "d", Inner: &nested{Name: "e"}}},
		Map:  map[string]nested{"k": {Name: "v"}}, nested: nested{Name: "n"},
	}
	const header = `<?xml version="1.0" encoding="UTF-8"?>` + "\n"
	for name, test := range map[string]struct {
		protocol     wire.Protocol
		body, answer string
	}{
		"query": {wire.Query,
			"Action=Echo&Version=v1&Text=a%26%3C%C3%BC%3E&Flag=true&Small=-7&Number=1.5&Time=2026-01-02T03%3A04%3A05.678Z&Name=n" +
				"&List.member.1=x&List.member.2=y&Deep.member.1.Name=d&Deep.member.1.Inner.Name=e" +
				"&Map.entry.1.key=k&Map.entry.1.value.Name=v",
			header + `<EchoResponse xmlns="urn:echo"><EchoResult><Text>a&amp;&lt;ü&gt;</Text><Flag>true</Flag><Small>-7</Small>` +
				`<Number>1.5</Number><Time>2026-01-02T03:04:05.678Z</Time><List><member>x</member><member>y</member></List>` +
				`<Deep><member><Name>d</Name><Inner><Name>e</Name></Inner></member></Deep>` +
				`<Map><entry><key>k</key><value><Name>v</Name></value></entry></Map><Name>n</Name></EchoResult>` +
				`<ResponseMetadata><RequestId>ID</RequestId></ResponseMetadata></EchoResponse>`},
		"EC2": {wire.EC2,
			"Action=Echo&Version=v1&Text=a%26%3C%C3%BC%3E&Flag=TRUE&Small=-7&Number=1.5&Time=2026-01-02T03%3A04%3A05.678Z&Name=n" +
				"&List.10=y&List.2=x&Deep.1.Name=d&Deep.1.Inner.Name=e&Map.entry.1.key=k&Map.entry.1.value.Name=v",
			header + `<EchoResponse xmlns="urn:echo"><requestId>ID</requestId><text>a&amp;&lt;ü&gt;</text><flag>true</flag><small>-7</small>` +
				`<number>1.5</number><time>2026-01-02T03:04:05.678Z</time><list><item>x</item><item>y</item></list>` +
				`<deep><item><name>d</name><inner><name>e</name></inner></item></deep>` +
				`<map><entry><key>k</key><value><name>v</name></value></entry></map><name>n</name></EchoResponse>`},
		"JSON": {wire.JSON,
			`{"Text":"a&<ü>","Flag":true,"Small":-7,"Number":1.5,"Time":1767323045.678,"Name":"n","List":["x","y"],` +
				`"Deep":[{"Name":"d","Inner":{"Name":"e"}}],"Map":{"k":{"Name":"v"}}}`,
			`{"Text":"a\u0026\u003cü\u003e","Flag":true,"Small":-7,"Number":1.5,"Time":1767323045.678,"List":["x","y"],` +
				`"Deep":[{"Name":"d","Inner":{"Name":"e"}}],"Map":{"k":{"Name":"v"}},"Name":"n"}`},
	} {
		t.Run(name, func(t *testing.T) {
			req, answer := ask(t, test.protocol, test.body)
			if diff := cmp.Diff(want, req.Input, cmp.AllowUnexported(everything{})); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(test.answer, answer); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAbsent(t *testing.T) {
	for protocol, want := range map[wire.Protocol]string{
		wire.Query: "<EchoResult><Text></Text><Number>0</Number><List></List></EchoResult>",
		wire.EC2:   "<text></text><number>0</number></EchoResponse>",
		wire.JSON:  `{"Text":"","Number":0,"List":[]}`,
	} {
		body := map[wire.Protocol]string{wire.Query: "Action=Echo&List=", wire.EC2: "Action=Echo", wire.JSON: `{"List":[],"Deep":null}`}[protocol]
		if _, answer := ask(t, protocol, body); !strings.Contains(answer, want) {
			t.Errorf("%v: got %s, want %s", protocol, answer, want)
		}
	}
}

func TestBindRefused(t *testing.T) {
	for _, test := range []struct {
		protocol   wire.Protocol
		body, want string
	}{
		{wire.Query, "Action=Echo&List.1=x", "<Code>InvalidQueryParameter</Code><Message>The parameter List.1 is not recognized</Message>"},
		{wire.Query, "Action=Echo&List.member.x=x", "The parameter List.member.x is not recognized"},
		{wire.Query, "Action=Echo&Small=1.5", "<Code>MalformedInput</Code><Message>The value &#39;1.5&#39; of Small can not be converted to an integer"},
		{wire.Query, "Action=Echo&Small=2147483648", "can not be converted to an integer"},
		{wire.Query, "Action=Echo&Flag=1", "can not be converted to a boolean"},
		{wire.Query, "Action=Echo&Map.entry.1.key=k", "Map.entry.1 is not an entry with key and value"},
		{wire.EC2, "Action=Echo&List=x", "<Code>InvalidParameterValue</Code><Message>Value (x) for parameter List is invalid. Expecting a list.</Message>"},
		{wire.EC2, "Action=Echo&List.0=x", "<Code>UnknownParameter</Code><Message>The parameter List.0 is not recognized</Message>"},
		{wire.EC2, "Action=Echo&List.01=x", "The parameter List.01 is not recognized"},
		{wire.EC2, "Action=Echo&Text.1=x", "Value (a structure) for parameter Text is invalid. Expecting a string."},
		{wire.EC2, "Action=Echo&Deep.1=x", "Value (x) for parameter Deep.1 is invalid. Expecting a structure."},
		{wire.EC2, "Action=Echo&Deep.1.Color=x", "The parameter Deep.1.Color is not recognized"},
		{wire.EC2, "Action=Echo&Time=now", "Value (now) for parameter Time is invalid. Expecting a timestamp."},
		{wire.EC2, "Action=Echo&" + strings.Repeat("a.", 40) + "=1", "is nested too deeply"},
		{wire.JSON, `{"List":"x"}`, `{"__type":"SerializationException","message":"The value of List can not be converted to a List"}`},
		{wire.JSON, `{"Flag":"true"}`, "The value of Flag can not be converted to a Boolean"},
		{wire.JSON, `{"Small":1.5}`, "The value of Small can not be converted to an Integer"},
		{wire.JSON, `{"Deep":[{"Color":1}]}`, "The member Deep.1.member.Color is not recognized"},
		{wire.JSON, `{"Text":"a","Text":"b"}`, "is given more than once"},
		{wire.JSON, `{} {}`, "there is text after the JSON document"},
		{wire.JSON, `[]`, "the JSON document is not an object"},
		{wire.JSON, strings.Repeat(`{"Inner":`, 40), "nested too deeply"},
		{wire.JSON, `{"List":[null]}`, "a list holds a null"},
	} {
		if _, answer := ask(t, test.protocol, test.body); !strings.Contains(answer, test.want) {
			t.Errorf("%.60s: got %s\nwant %s", test.body, answer, test.want)
		}
	}
}

func TestConstraints(t *testing.T) {
	var c wire.Constraints
	c.Length("Name", "é", 1, 1)
	c.Range("Size", 3, 1, 3)
	c.Pattern("Name", "abc", regexp.MustCompile(`^[a-z]+$`))
	c.Enum("Kind", "A", "A", "B")
	if err := c.Err("ValidationError"); err != nil {
		t.Errorf("got %v", err)
	}
	c.Length("StackName", "", 1, 128)
	c.Pattern("StackName", "", regexp.MustCompile(`^[a-z]+$`))
	const want = "ValidationError: 2 validation errors detected: " +
		"Value '' at 'stackName' failed to satisfy constraint: Member must have length greater than or equal to 1; " +
		"Value '' at 'stackName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-z]+"
	if err := c.Err("ValidationError"); err == nil || err.Error() != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
}

func TestPaginate(t *testing.T) {
	id := func(s string) string { return s }
	all := []string{"a", "b", "c", "d", "e"}
	first, token, err := wire.Paginate(all, id, "", 2)
	if err != nil {
		t.Fatal(err)
	}
	second, _, err := wire.Paginate([]string{"a", "bb", "c", "d", "e"}, id, token, 2) // b has gone, bb come
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([][]string{{"a", "b"}, {"bb", "c"}}, [][]string{first, second}); diff != "" {
		t.Error(diff)
	}
	last, token, err := wire.Paginate(all, id, "", 5)
	if diff := cmp.Diff(all, last); diff != "" || token != "" || err != nil {
		t.Error(diff, token, err)
	}
	none, _, err := wire.Paginate([]string(nil), id, "", 0)
	if none == nil || err != nil {
		t.Error(none, err)
	}
	if _, _, err := wire.Paginate(all, id, "rubbish", 2); !errors.Is(err, wire.ErrToken) {
		t.Errorf("got %v", err)
	}
}

func TestIDs(t *testing.T) {
	ids := func(seed uint64) (found []string) {
		db, err := store.Open(filepath.Join(t.TempDir(), "store.db"), store.Options{NoSync: true})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		})
		if err := wire.Seed(db, seed); err != nil {
			t.Fatal(err)
		}
		err = db.Update(func(tx *store.Tx) error {
			call := &wire.Call{Tx: tx}
			for range 100 {
				found = append(found, call.NewID("sg"), call.NewID("vpc"), call.NewUUID())
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	first := ids(1)
	shape := regexp.MustCompile(`^((sg|vpc)-0[0-9a-f]{16}|[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12})$`)
	for _, id := range first {
		if !shape.MatchString(id) {
			t.Errorf("ID %s", id)
		}
	}
	if distinct := slices.Compact(slices.Sorted(slices.Values(first))); len(distinct) != len(first) {
		t.Errorf("%d of %d IDs are distinct", len(distinct), len(first))
	}
	if diff := cmp.Diff(first, ids(1)); diff != "" {
		t.Error(diff)
	}
	if cmp.Equal(first, ids(2), cmpopts.EquateEmpty()) {
		t.Error("two seeds give the same IDs")
	}
}

func TestUnmodelledError(t *testing.T) {
	req := &wire.Request{Service: &wire.Service{Protocol: wire.EC2}, RequestID: "ID"}
	w := httptest.NewRecorder()
	req.Respond(w, nil, fmt.Errorf("disk full"))
	if want := "<Code>InternalFailure</Code><Message>the sandbox failed: disk full</Message>"; w.Code != 500 || !strings.Contains(w.Body.String(), want) {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
}
