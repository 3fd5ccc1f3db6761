package sandbox_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/google/go-cmp/cmp"

	"mlops-infra-suite/internal/sandbox"
)

func TestCallerIdentity(t *testing.T) {
	s := open(t, "", sandbox.Options{})
	identity := func(accessKey, region string) string {
		c := clientsFor(s, accessKey, region)
		out := must[*sts.GetCallerIdentityOutput](t)(c.sts.GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{}))
		return *out.Account + " " + *out.Arn
	}
	want := func(got, account, partition string) {
		t.Helper()
		if want := account + " arn:" + partition + ":iam::" + account + ":user/sandbox"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	want(identity("111122223333", "us-west-2"), "111122223333", "aws")
	want(identity("AKIAEXAMPLE", "us-west-2"), sandbox.DefaultAccount, "aws")
	put(t, clientsFor(s, "444455556666", "us-west-2"), "/a", "1")
	want(identity("AKIAEXAMPLE", "us-west-2"), "444455556666", "aws") // the account written last
	want(identity("444455556666", "cn-north-1"), "444455556666", "aws-cn")
	want(identity("444455556666", "us-gov-west-1"), "444455556666", "aws-us-gov")
}

func TestAccountsAndRegionsAreIsolated(t *testing.T) {
	s := open(t, "", sandbox.Options{})
	for _, c := range []clients{
		clientsFor(s, "111122223333", "us-west-2"),
		clientsFor(s, "111122223333", "us-west-1"), // no prefix of one another either
		clientsFor(s, "444455556666", "us-west-2"),
	} {
		vpc := newVPC(t, c)
		newGroup(t, c, vpc, "web")
		put(t, c, "/vpc/main/VPCId", vpc)
		if n := len(groups(t, c)); n != 2 {
			t.Errorf("%d groups, want 2", n)
		}
		got := must[*ssm.GetParameterOutput](t)(c.ssm.GetParameter(t.Context(), &ssm.GetParameterInput{Name: aws.String("/vpc/main/VPCId")}))
		if *got.Parameter.Value != vpc {
			t.Errorf("VPC %s, want %s", *got.Parameter.Value, vpc)
		}
	}
}

func TestPersistence(t *testing.T) {
	dir := t.TempDir()
	first := open(t, dir, sandbox.Options{})
	c := clientsFor(first, testAccount, testRegion)
	id := newGroup(t, c, newVPC(t, c), "web")
	before := groups(t, c)
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	c = clientsFor(open(t, dir, sandbox.Options{}), testAccount, testRegion)
	if diff := cmp.Diff(before, groups(t, c), plain); diff != "" {
		t.Error(diff)
	}
	if again := newGroup(t, c, newVPC(t, c), "web"); again == id {
		t.Errorf("the ID %s is given twice", id)
	}
}

func TestSeed(t *testing.T) {
	group := func(seed uint64) string {
		c := clientsFor(open(t, "", sandbox.Options{Seed: seed}), testAccount, testRegion)
		return newGroup(t, c, newVPC(t, c), "web")
	}
	if a, b := group(7), group(7); a != b {
		t.Errorf("one seed gives %s and %s", a, b)
	}
	if a, b := group(7), group(8); a == b {
		t.Errorf("two seeds give %s", a)
	}
	if a, b := group(0), group(7); a == b {
		t.Errorf("no seed and seed 7 give %s", a)
	}
}

func TestLocked(t *testing.T) {
	dir := t.TempDir()
	open(t, dir, sandbox.Options{})
	begin := time.Now()
	_, err := sandbox.Open(dir, sandbox.Options{})
	if !errors.Is(err, sandbox.ErrLocked) || !strings.Contains(err.Error(), "in use by process ") {
		t.Errorf("got %v", err)
	}
	if waited := time.Since(begin); waited > 2*time.Second {
		t.Errorf("waited %s", waited)
	}
}

func TestOpenRefused(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := sandbox.Open(file, sandbox.Options{}); err == nil {
		t.Error("a file is no folder")
	}
	faults, err := sandbox.ParseFaults("WebSecurityGroup=throttle")
	if err != nil {
		t.Fatal(err)
	}
	_, err = sandbox.Open(t.TempDir(), sandbox.Options{Faults: faults})
	const want = "open sandbox: no such fault: WebSecurityGroup=throttle: the sandbox has no such action (a resource can only fail)"
	if err == nil || err.Error() != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
}

func TestResetSnapshotRestore(t *testing.T) {
	s := open(t, "", sandbox.Options{Seed: 1})
	c := clientsFor(s, testAccount, testRegion)
	newGroup(t, c, newVPC(t, c), "web")
	before := groups(t, c)

	snapshot := post(t, s, "/_sandbox/snapshot", nil)
	if snapshot.Code != http.StatusOK {
		t.Fatal(snapshot.Body)
	}
	if reset := post(t, s, "/_sandbox/reset", nil); reset.Code != http.StatusOK {
		t.Fatal(reset.Body)
	}
	if left := groups(t, c); len(left) != 0 {
		t.Errorf("a reset leaves %v", left)
	}
	if bad := post(t, s, "/_sandbox/restore", []byte("no store")); bad.Code != http.StatusBadRequest {
		t.Errorf("restoring rubbish: %d %s", bad.Code, bad.Body)
	}
	if restored := post(t, s, "/_sandbox/restore", snapshot.Body.Bytes()); restored.Code != http.StatusOK {
		t.Fatal(restored.Body)
	}
	if diff := cmp.Diff(before, groups(t, c), plain); diff != "" {
		t.Error(diff)
	}
}

func TestEnsureVPC(t *testing.T) {
	s := open(t, "", sandbox.Options{})
	c := clientsFor(s, testAccount, testRegion)
	const path = "/vpc/globalbank-prod/VPCId"
	id, created, err := s.EnsureVPC(testAccount, testRegion, path)
	if err != nil || !created {
		t.Fatal(id, created, err)
	}
	got := must[*ssm.GetParameterOutput](t)(c.ssm.GetParameter(t.Context(), &ssm.GetParameterInput{Name: aws.String(path)}))
	if *got.Parameter.Value != id || *groups(t, c, "vpc-id", id)[0].GroupName != "default" {
		t.Errorf("parameter %s, VPC %s", *got.Parameter.Value, id)
	}
	again := post(t, s, "/_sandbox/ensure-vpc", []byte(`{"account":"111122223333","region":"us-west-2","parameter":"`+path+`"}`))
	if want := `{"vpc_id":"` + id + `","created":false}` + "\n"; again.Body.String() != want {
		t.Errorf("got %s, want %s", again.Body, want)
	}
	bad := post(t, s, "/_sandbox/ensure-vpc", []byte(`{"account":"1","region":"us-west-2","parameter":"/a"}`))
	if bad.Code != http.StatusBadRequest || !strings.Contains(bad.Body.String(), "no account and region") {
		t.Errorf("got %d %s", bad.Code, bad.Body)
	}
}

// TestRequests sends what no SDK sends, or only old ones.
func TestRequests(t *testing.T) {
	s := open(t, "", sandbox.Options{})
	const scope = "AWS4-HMAC-SHA256 Credential=111122223333/20260102/us-west-2/%s/aws4_request, SignedHeaders=host, Signature=0"
	signed := func(r *http.Request, service string) *http.Request {
		r.Header.Set("Authorization", strings.Replace(scope, "%s", service, 1))
		return r
	}
	form := func(body string) *http.Request {
		return httptest.NewRequestWithContext(t.Context(), "POST", "http://localhost/", strings.NewReader(body))
	}
	target := func(name, body string) *http.Request {
		r := form(body)
		r.Header.Set("X-Amz-Target", name)
		return r
	}
	zipped := func(body string) *http.Request {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		_, err := w.Write([]byte(body))
		if err := errors.Join(err, w.Close()); err != nil {
			t.Fatal(err)
		}
		r := form(b.String())
		r.Header.Set("Content-Encoding", "gzip")
		return r
	}
	large := strings.Repeat("x", 2<<20)
	for name, test := range map[string]struct {
		request *http.Request
		status  int
		want    string // part of the answer
	}{
		"unsigned query": {form("Action=GetCallerIdentity&Version=2011-06-15"), 200, "<Account>123456789012</Account>"},
		"unsigned EC2":   {form("Action=DescribeVpcs"), 200, "<vpcSet></vpcSet>"},
		"unsigned JSON":  {target("AmazonSSM.GetParametersByPath", `{"Path":"/"}`), 200, `{"Parameters":[]}`},
		"GET":            {httptest.NewRequestWithContext(t.Context(), "GET", "http://localhost/?Action=DescribeVpcs&Version=2016-11-15", nil), 200, "<vpcSet>"},
		"presigned": {httptest.NewRequestWithContext(t.Context(), "GET", "http://sts.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15"+
			"&X-Amz-Credential=444455556666%2F20260102%2Fus-east-1%2Fsts%2Faws4_request&X-Amz-Signature=0", nil), 200, "<Account>444455556666</Account>"},
		"gzip":             {zipped("Action=DescribeVpcs&Version=2016-11-15"), 200, "<vpcSet>"},
		"empty EC2 list":   {signed(form("Action=DescribeVpcs&Version=2016-11-15&VpcId="), "ec2"), 200, "<vpcSet>"},
		"gaps in a list":   {signed(form("Action=DescribeVpcs&Filter.9.Name=state&Filter.9.Value.7=x"), "ec2"), 200, "<vpcSet>"},
		"EC2 action":       {signed(form("Action=Nope&Version=2016-11-15"), "ec2"), 400, "<Code>InvalidAction</Code><Message>The action Nope is not valid for this web service.</Message>"},
		"known action":     {signed(form("Action=RunInstances&Version=2016-11-15"), "ec2"), 400, "The action RunInstances is not implemented by this sandbox."},
		"query action":     {signed(form("Action=Nope&Version=2011-06-15"), "sts"), 400, "<Type>Sender</Type><Code>InvalidAction</Code><Message>Could not find operation Nope for version 2011-06-15</Message>"},
		"JSON action":      {signed(target("AmazonSSM.Nope", "{}"), "ssm"), 400, `{"__type":"UnknownOperationException","message":"The operation Nope is not known."}`},
		"EC2 version":      {signed(form("Action=DescribeVpcs&Version=2010-01-01"), "ec2"), 400, "<Code>NoSuchVersion</Code>"},
		"no action":        {signed(form(""), "ec2"), 400, "<Code>MissingAction</Code>"},
		"EC2 parameter":    {signed(form("Action=DescribeVpcs&Version=2016-11-15&Colour=red"), "ec2"), 400, "<Code>UnknownParameter</Code><Message>The parameter Colour is not recognized</Message>"},
		"query parameter":  {signed(form("Action=GetCallerIdentity&Version=2011-06-15&Colour=red"), "sts"), 400, "<Code>InvalidQueryParameter</Code>"},
		"JSON member":      {signed(target("AmazonSSM.GetParameter", `{"Name":"/a","Colour":"red"}`), "ssm"), 400, `"__type":"SerializationException","message":"The member Colour is not recognized"`},
		"JSON type":        {signed(target("AmazonSSM.GetParameter", `{"Name":1}`), "ssm"), 400, `SerializationException`},
		"JSON missing":     {signed(target("AmazonSSM.GetParameter", `{"Name":null}`), "ssm"), 400, "Value null at 'name' failed to satisfy constraint: Member must not be null"},
		"JSON cut short":   {signed(target("AmazonSSM.GetParameter", `{"Name":`), "ssm"), 400, "SerializationException"},
		"EC2 missing":      {signed(form("Action=DeleteVpc&Version=2016-11-15"), "ec2"), 400, "<Code>MissingParameter</Code><Message>The request must contain the parameter VpcId</Message>"},
		"EC2 type":         {signed(form("Action=DescribeVpcs&Version=2016-11-15&MaxResults=many"), "ec2"), 400, "<Code>InvalidParameterValue</Code>"},
		"twice":            {signed(form("Action=DeleteVpc&VpcId=vpc-1&VpcId=vpc-2"), "ec2"), 400, "given more than once"},
		"other service":    {signed(form("Action=ListUsers"), "iam"), 400, "The service &#39;iam&#39; is not part of this sandbox."},
		"no service":       {form("Colour=red"), 400, "<Message>The request names no service: it has no signature"},
		"other path":       {signed(httptest.NewRequestWithContext(t.Context(), "POST", "http://localhost/bucket", strings.NewReader("Action=DescribeVpcs")), "ec2"), 404, "<Code>InvalidAction</Code>"},
		"wrong protocol":   {signed(form("Action=GetParameter"), "ssm"), 400, "The request is not in the protocol of ssm."},
		"wrong host":       {signed(httptest.NewRequestWithContext(t.Context(), "POST", "http://ec2.us-west-2.amazonaws.com/", nil), "ssm"), 403, "Credential should be scoped to correct service: 'ec2'."},
		"wrong region":     {signed(httptest.NewRequestWithContext(t.Context(), "POST", "http://ec2.eu-west-1.amazonaws.com/", nil), "ec2"), 403, "Credential should be scoped to a valid region"},
		"bad signature":    {signed(form("Action=DescribeVpcs"), "ec2/x"), 400, "<Code>IncompleteSignature</Code>"},
		"too large":        {signed(form("Action=DescribeVpcs&x="+large), "ec2"), 413, "<Response><Errors><Error><Code>RequestEntityTooLarge</Code>"},
		"zip bomb":         {zipped(large + large), 413, "<Code>RequestEntityTooLarge</Code>"},
		"no UTF-8":         {signed(form("Action=DescribeVpcs&x=\xff"), "ec2"), 400, "<Code>MalformedInput</Code>"},
		"encoded no UTF-8": {signed(form("Action=DeleteVpc&VpcId=%ff"), "ec2"), 400, "<Code>MalformedQueryString</Code>"},
		"bad escape":       {signed(form("Action=DescribeVpcs&x=%zz"), "ec2"), 400, "<Code>MalformedQueryString</Code>"},
	} {
		t.Run(name, func(t *testing.T) {
			w := httptest.NewRecorder()
			s.ServeHTTP(w, test.request)
			if w.Code != test.status || !strings.Contains(w.Body.String(), test.want) {
				t.Errorf("got %d %s\nwant %d %s", w.Code, w.Body, test.status, test.want)
			}
			if w.Header().Get("X-Amzn-Requestid") == "" {
				t.Error("the answer has no request ID")
			}
		})
	}
}

func TestTokensAreOpaque(t *testing.T) {
	c := newClients(t)
	for i := range 2 {
		put(t, c, "/p/"+string(rune('a'+i)), "v")
	}
	out := must[*ssm.GetParametersByPathOutput](t)(c.ssm.GetParametersByPath(t.Context(),
		&ssm.GetParametersByPathInput{Path: aws.String("/p"), MaxResults: aws.Int32(1)}))
	if _, err := base64.URLEncoding.DecodeString(*out.NextToken); err != nil {
		t.Errorf("token %q: %v", *out.NextToken, err)
	}
}

// No web page reaches the sandbox: neither a script or a form, which have an Origin, nor an image or a link.
func TestPagesRefused(t *testing.T) {
	s := open(t, "", sandbox.Options{})
	ask := func(method, path, header, value string) int {
		r := httptest.NewRequestWithContext(t.Context(), method, path, nil)
		r.Header.Set(header, value)
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		return w.Code
	}
	for _, path := range []string{"/", "/_sandbox/reset", "/_sandbox/snapshot", "/_sandbox/restore", "/_sandbox/ensure-vpc", "/_sandbox/health"} {
		if got := ask("POST", path, "Origin", "null"); got != http.StatusForbidden {
			t.Errorf("%s with an Origin: %d", path, got)
		}
	}
	const action = "/?Action=CreateVpc&CidrBlock=10.0.0.0/16&Version=2016-11-15"
	for _, site := range []string{"cross-site", "same-site", "same-origin", "anything"} {
		if got := ask("GET", action, "Sec-Fetch-Site", site); got != http.StatusForbidden {
			t.Errorf("from %s: %d", site, got)
		}
	}
	if got := ask("GET", "/_sandbox/health", "Sec-Fetch-Site", "none"); got != http.StatusOK {
		t.Errorf("an address that is typed: %d", got)
	}
}

// A client that takes its time to send a snapshot keeps nobody else waiting.
func TestSlowRestore(t *testing.T) {
	s := open(t, "", sandbox.Options{})
	body, client := io.Pipe()
	restored := make(chan int, 1)
	go func() {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/_sandbox/restore", body))
		restored <- w.Code
	}()
	if _, err := client.Write([]byte("the beginning")); err != nil { // has been read when it returns
		t.Fatal(err)
	}
	answered := make(chan error, 1)
	go func() {
		c := clientsFor(s, testAccount, testRegion)
		_, err := c.sts.GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
		answered <- err
	}()
	select {
	case err := <-answered:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(5 * time.Second):
		t.Error("the sandbox waits for the client")
	}
	client.CloseWithError(io.ErrUnexpectedEOF)
	if code := <-restored; code != http.StatusBadRequest {
		t.Errorf("a snapshot that breaks off: %d", code)
	}
}
