package sandbox_test

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mlops-infra-suite/internal/sandbox"
)

// services are those of the sandbox, as the SDK's modules name them.
var services = map[string]struct{ version, target string }{
	"cloudformation": {version: "2010-05-15"},
	"ec2":            {version: "2016-11-15"},
	"sts":            {version: "2011-06-15"},
	"ssm":            {target: "AmazonSSM"},
	"cloudtrail":     {target: "CloudTrail_20131101"},
}

// marketplaceTargets are those of AWS Marketplace, by their signing names: see TestMarketplaceOperations.
var marketplaceTargets = map[string]string{"aws-marketplace": "AWSMPMeteringService", "license-manager": "AWSLicenseManager"}

// sdkOperations reads the names of a service's operations from the SDK's source.
func sdkOperations(t *testing.T, service string) []string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/aws/aws-sdk-go-v2/service/"+service)
	dir, err := cmd.Output()
	if err != nil {
		t.Fatalf("find the SDK's module of %s: %v", service, err)
	}
	files, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(dir)), "api_op_*.go"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, file := range files {
		name := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(file), "api_op_"), ".go")
		if !strings.HasSuffix(name, "_test") {
			names = append(names, name)
		}
	}
	if len(names) < 4 { // AWS Marketplace Metering has the fewest
		t.Fatalf("%s has only the operations %v", service, names)
	}
	return names
}

// apiError is an error as each of the protocols writes it.
type apiError struct {
	Type, Code, Message string
}

// perform sends an action, with no parameters but those of text.
func perform(t *testing.T, handler http.Handler, service, action, text string) *httptest.ResponseRecorder {
	t.Helper()
	s := services[service]
	if target, ok := marketplaceTargets[service]; ok {
		s.target = target
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://localhost/", strings.NewReader(text))
	if s.target != "" {
		r.Header.Set("X-Amz-Target", s.target+"."+action)
	} else {
		form := "Action=" + action + "&Version=" + s.version + "&" + text
		r = httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://localhost/", strings.NewReader(form))
	}
	r.Header.Set("Authorization", fmt.Sprintf("AWS4-HMAC-SHA256 Credential=%s/20260102/%s/%s/aws4_request, SignedHeaders=host, Signature=0",
		testAccount, testRegion, service))
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	return w
}

// request does the same and takes an error apart, whose protocol must be the
// service's.
func request(t *testing.T, handler http.Handler, service, action, text string) (int, apiError) {
	t.Helper()
	w := perform(t, handler, service, action, text)
	var found apiError
	if w.Code >= 300 {
		found = decodeError(t, service, w)
	}
	return w.Code, found
}

func decodeError(t *testing.T, service string, w *httptest.ResponseRecorder) apiError {
	t.Helper()
	var err error
	var found apiError
	switch service {
	case "ssm", "cloudtrail", "aws-marketplace", "license-manager":
		var body struct {
			Code    string `json:"__type"`
			Message string `json:"message"`
		}
		err = json.Unmarshal(w.Body.Bytes(), &body)
		found = apiError{Type: "Sender", Code: body.Code, Message: body.Message}
	case "ec2":
		var body struct {
			Error apiError `xml:"Errors>Error"`
		}
		err = xml.Unmarshal(w.Body.Bytes(), &body)
		found = body.Error
		found.Type = "Sender"
	default:
		var body struct{ Error apiError }
		err = xml.Unmarshal(w.Body.Bytes(), &body)
		found = body.Error
	}
	if err != nil || found.Code == "" {
		t.Fatalf("an error of %s in no form of %s: %v\n%s", service, service, err, w.Body)
	}
	return found
}

// TestEveryOperation walks all operations that AWS has, as the SDK lists them:
// each is there, or is refused with the error that the service has for it.
func TestEveryOperation(t *testing.T) {
	s := open(t, "", sandbox.Options{})
	for service := range services {
		implemented := 0
		names := sdkOperations(t, service)
		for _, name := range append(names, "NoSuchOperation") {
			isJSON := services[service].target != ""
			status, got := request(t, s, service, name, map[bool]string{true: "{}"}[isJSON])
			unknown := map[bool]string{true: "UnknownOperationException", false: "InvalidAction"}[isJSON]
			switch {
			case got.Code != unknown:
				implemented++
				if status >= 500 || name == "NoSuchOperation" {
					t.Errorf("%s of %s: %d %+v", name, service, status, got)
				}
			case status != http.StatusBadRequest || got.Type != "Sender" || !strings.Contains(got.Message, name):
				t.Errorf("%s of %s is refused by %d %+v", name, service, status, got)
			}
		}
		if implemented < 4 && !(service == "cloudtrail" && implemented == 1) {
			t.Errorf("%s implements only %d of %d operations", service, implemented, len(names))
		}
	}
}

// TestDocumentedOperations: docs/sandbox.md names what EC2, SSM and STS of the
// sandbox can do, and nothing else.
func TestDocumentedOperations(t *testing.T) {
	text, err := os.ReadFile("../../docs/sandbox.md")
	if err != nil {
		t.Fatal(err)
	}
	s := open(t, "", sandbox.Options{})
	for service, title := range map[string]string{"ec2": "EC2", "ssm": "SSM", "sts": "STS", "cloudtrail": "CloudTrail"} {
		line := regexp.MustCompile(`(?m)^\*\*` + title + ` operations\*\*: (.*)$`).FindSubmatch(text)
		if line == nil {
			t.Fatalf("no line with the operations of %s", title)
		}
		documented := regexp.MustCompile(`[A-Za-z0-9]+`).FindAllString(string(line[1]), -1)
		var implemented []string
		for _, name := range sdkOperations(t, service) {
			_, got := request(t, s, service, name, map[bool]string{true: "{}"}[services[service].target != ""])
			if got.Code != "InvalidAction" && got.Code != "UnknownOperationException" {
				implemented = append(implemented, name)
			}
		}
		slices.Sort(documented)
		slices.Sort(implemented)
		if diff := cmp.Diff(implemented, documented); diff != "" {
			t.Errorf("implemented (-) and documented (+) operations of %s: %s", title, diff)
		}
	}
}
