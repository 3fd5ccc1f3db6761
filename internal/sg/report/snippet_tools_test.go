//go:build tools

package report

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// The AWS CLI takes the snippets as they stand: it checks commands and parameters by its own models before it asks anybody,
// and here nobody answers.
func TestAWSTakesTheSnippets(t *testing.T) {
	groups := []Group{{Tier: "web", ID: "sg-0123456789abcdef0"}, {Tier: "app", ID: "sg-0123456789abcdef1"}, {Tier: "db", ID: "sg-0123456789abcdef2"}}
	tried := 0
	for _, s := range snippetsOf("us-west-2", groups) {
		if !strings.HasPrefix(s.Text, "aws ") {
			continue
		}
		tried++
		t.Run(s.Title, func(t *testing.T) {
			command := strings.TrimSuffix(s.Text, "\n") + " --endpoint-url http://127.0.0.1:1"
			cmd := exec.CommandContext(t.Context(), "sh", "-c", command)
			cmd.Env = append(os.Environ(), "AWS_ACCESS_KEY_ID=123456789012", "AWS_SECRET_ACCESS_KEY=any", "AWS_MAX_ATTEMPTS=1", "AWS_CONFIG_FILE=/dev/null")
			out, err := cmd.CombinedOutput()
			if err == nil || !strings.Contains(string(out), "Could not connect to the endpoint URL") {
				t.Errorf("%s\n%v: %s", command, err, out)
			}
		})
	}
	if tried != 5 {
		t.Errorf("%d snippets are for the AWS CLI", tried)
	}
}
