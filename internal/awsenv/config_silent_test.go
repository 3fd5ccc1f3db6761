package awsenv_test

import (
	"testing"

	"github.com/aws/smithy-go/logging"

	"mlops-infra-suite/internal/awsenv"
)

// The SDK's warnings about its own connections never reach stderr, where they would stand among what the tool tells.
func TestTheSDKWritesNothing(t *testing.T) {
	isolate(t)
	loaded, err := awsenv.Load(t.Context(), awsenv.Options{Region: "us-west-2"})
	if err != nil {
		t.Fatal(err)
	}
	served := awsenv.Sandbox(awsenv.SandboxOptions{Address: "127.0.0.1:1", Account: "123456789012", Region: "us-west-2"})
	for door, logger := range map[string]logging.Logger{"AWS": loaded.Logger, "sandbox": served.Logger} {
		if _, silent := logger.(logging.Nop); !silent {
			t.Errorf("%s: the SDK logs to %T", door, logger)
		}
	}
}
