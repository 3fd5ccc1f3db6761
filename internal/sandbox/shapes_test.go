//go:build tools

package sandbox_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os/exec"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mlops-infra-suite/internal/sandbox"
)

// TestAnswersFitTheModels holds what each operation answers to the models of
// botocore: clients ignore a member that they don't know, so that no test with a
// client finds one that is misspelt.
func TestAnswersFitTheModels(t *testing.T) {
	s := open(t, "", sandbox.Options{})
	writes, reads := writeParameters(t, s), readParameters(t, s)
	writes["PutParameter"] = `{"Name":"/new","Value":"v","Type":"String","Tags":[{"Key":"k","Value":"v"}]}`
	writes["AddTagsToResource"] = `{"ResourceType":"Parameter","ResourceId":"/demo","Tags":[{"Key":"k","Value":"v"}]}`
	writes["RemoveTagsFromResource"] = `{"ResourceType":"Parameter","ResourceId":"/demo","TagKeys":["x"]}`
	writes["DeleteParameters"] = `{"Names":["/new","/none"]}`
	writes["AssumeRole"] = "RoleArn=" + deployer + "&RoleSessionName=me"
	writes["AssumeRoleWithWebIdentity"] = writes["AssumeRole"] + "&WebIdentityToken=" + *token(`{"iss":"https://token.example","sub":"me"}`)

	type answer struct {
		Service string `json:"service"`
		Action  string `json:"action"`
		Body    string `json:"body"`
	}
	var answers []answer
	run := func(parameters map[string]string, wanted func(action string) bool) {
		for service := range services {
			for _, name := range sdkOperations(t, service) {
				text, ok := parameters[name]
				// CloudTrail has a ListImports of its own.
				if !ok || !wanted(name) || service == "cloudtrail" && name != "LookupEvents" {
					continue
				}
				w := perform(t, s, service, name, text)
				if w.Code != http.StatusOK {
					t.Errorf("%s of %s: %d %s", name, service, w.Code, w.Body)
				}
				answers = append(answers, answer{service, name, w.Body.String()})
			}
		}
	}
	removal := regexp.MustCompile("^(Delete|Revoke)")
	run(reads, func(string) bool { return true })
	run(writes, func(action string) bool { return !removal.MatchString(action) })
	run(writes, removal.MatchString)
	if len(answers) < 50 {
		t.Errorf("only %d answers", len(answers))
	}
	input, err := json.Marshal(answers)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "python3", "testdata/check_shapes.py")
	var errs bytes.Buffer
	cmd.Stdin, cmd.Stderr = bytes.NewReader(input), &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, &errs)
	}
	var complaints []string
	if err := json.Unmarshal(out, &complaints); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	// AWS's example of CreateNetworkInterface shows a status that its model hasn't.
	documented := []string{"ec2 CreateNetworkInterface.networkInterface.status: 'pending' is none of " +
		"['available', 'associated', 'attaching', 'in-use', 'detaching']"}
	if diff := cmp.Diff(documented, complaints); diff != "" {
		t.Error(diff)
	}
}
