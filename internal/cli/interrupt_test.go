package cli_test

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	cfntypes "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"mlops-infra-suite/internal/cli"
)

// hangingTerminal is a terminal at which somebody presses Ctrl-C in the place of an answer.
type hangingTerminal struct{ press func() }

func (h hangingTerminal) Read([]byte) (int, error) {
	h.press()
	select {}
}

// Who presses Ctrl-C before anything has begun is told so, and how to go on.
func TestInterruptedBeforeAnythingHasBegun(t *testing.T) {
	dir := workdir(t, "dev")
	deployed := workdir(t, "dev")
	runIn(t.Context(), t, deployed, nil, 0, nil, "create-security-groups", "--force", "--sandbox")
	tests := map[string]struct {
		dir   string
		early bool
		args  []string
	}{
		"creating, at the question": {dir, false, []string{"create-security-groups"}},
		"deleting, at the question": {deployed, false, []string{"delete-security-groups"}},
		"creating, at once":         {dir, true, []string{"create-security-groups", "--force"}},
		"looking for drift":         {deployed, true, []string{"check-drift"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			ctx, press := context.WithCancel(t.Context())
			defer press()
			if tt.early {
				press()
			}
			var stdout, stderr bytes.Buffer
			env := cli.Env{
				Stdin: hangingTerminal{press}, Stdout: &stdout, Stderr: &stderr, Now: time.Now, Version: "test", StdinTerminal: true,
			}
			exit := cli.Main(ctx, append(tt.args, "--sandbox", "-c", "my.yaml", "--workdir", tt.dir), env)
			const want = "error: interrupted: nothing was changed\nhint: run the same command again\n"
			if exit != 130 || !strings.HasSuffix(stderr.String(), want) {
				t.Errorf("exit code %d, stderr:\n%s", exit, stderr.String())
			}
		})
	}
}

// A stack with the name of a test set that test-deploy has not made is left alone, also where it is this tool's: a real set with an
// overridden name. It is told.
func TestARealSetIsNoTestSet(t *testing.T) {
	w := newWorkbench(t, "dev")
	name := "my-dev-m001-us-west-2-sg-tabcdef-stack"
	body := `Resources: {P: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: x}}}`
	if _, err := w.cfn.CreateStack(t.Context(), &cloudformation.CreateStackInput{
		StackName: &name, TemplateBody: &body, Tags: []cfntypes.Tag{
			{Key: aws.String("ManagedBy"), Value: aws.String("sg-provisioner")},
			{Key: aws.String("Name"), Value: aws.String(strings.TrimSuffix(name, "-stack"))},
		},
	}); err != nil {
		t.Fatal(err)
	}
	var got deleted
	out := w.run(t, 0, &got, "delete-security-groups", "--test-sets", "--force")
	if got.Outcome != "absent" || !strings.Contains(out.Stderr, name+" is not touched: ") {
		t.Errorf("got %+v, stderr:\n%s", got, out.Stderr)
	}
	if _, err := w.cfn.DescribeStacks(t.Context(), &cloudformation.DescribeStacksInput{StackName: aws.String(name)}); err != nil {
		t.Error(err)
	}
}

// While a server has the store, a second one is refused, and so are faults that it would not heed.
func TestServedSandboxRefusesWhatItWouldIgnore(t *testing.T) {
	dir := workdir(t, "dev")
	ctx, stop := context.WithCancel(t.Context())
	address, stdout := io.Pipe()
	ended := make(chan int)
	go func() {
		env := cli.Env{Stdin: strings.NewReader(""), Stdout: stdout, Stderr: io.Discard, Now: time.Now, Version: "test"}
		ended <- cli.Main(ctx, []string{"sandbox", "serve", "--listen", "127.0.0.1:0", "--workdir", dir}, env)
	}()
	defer func() {
		stop()
		go func() { _, _ = io.Copy(io.Discard, address) }()
		if exit := <-ended; exit != 0 {
			t.Errorf("the server ended with %d", exit)
		}
	}()
	if _, err := address.Read(make([]byte, 100)); err != nil { // it is open once it has said where
		t.Fatal(err)
	}
	for _, variable := range []string{"SG_SANDBOX_FAULTS=banana", "SG_SANDBOX_FAULTS=CreateChangeSet=denied", "SG_SANDBOX_LATENCY=1s", "SG_SANDBOX_TRAIL_DELAY=1s"} {
		var got planned
		runIn(t.Context(), t, dir, []string{variable}, 2, &got, "show-changes", "--sandbox")
		if got.Error.Code != "USAGE" {
			t.Errorf("%s: %+v", variable, got.Error)
		}
	}
	runIn(t.Context(), t, dir, nil, 0, nil, "show-changes", "--sandbox")
	var second planned
	exit := runWith(t.Context(), t, cli.Env{}, dir, 6, &second, "sandbox", "serve", "--listen", "127.0.0.1:0")
	if second.Error.Code != "SANDBOX_LOCKED" {
		t.Errorf("got %+v after %d", second.Error, exit.Exit)
	}
}
