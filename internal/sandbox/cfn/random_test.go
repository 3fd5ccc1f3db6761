package cfn_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"mlops-infra-suite/internal/sandbox/cfn"
)

// trouble is an operation of the second random test and what becomes of it.
type trouble struct {
	step
	leave  bool // as it has failed
	cancel int  // half a second after so many, if it is an update then; 0 for not
	back   bool // what is left failed is rolled back, and not just tried again
}

func drawTrouble(t *rapid.T) trouble {
	return trouble{
		step: step{draw(t), rapid.SampledFrom([]string{"", "A", "RAB", "PB", "B"}).Draw(t, "fails")}, leave: rapid.Bool().Draw(t, "leave"),
		cancel: rapid.IntRange(0, 2).Draw(t, "cancel"), back: rapid.Bool().Draw(t, "back"),
	}
}

// Whatever fails, is left failed, cancelled, rolled back or tried again: the
// stack ends where it was stable last, and leaves nothing behind.
func TestNoOrphansInTrouble(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		steps := rapid.SliceOfN(rapid.Custom(drawTrouble), 1, 4).Draw(rt, "steps")
		var diff string
		synctest.Test(t, func(t *testing.T) { diff = suffer(t, steps) })
		if diff != "" {
			rt.Fatal(diff)
		}
	})
}

func suffer(t *testing.T, steps []trouble) (diff string) {
	fails := ""
	c := newCloud(t, cfn.Options{Latency: second, Fail: func(id string) string {
		if id == fails {
			return "injected"
		}
		return ""
	}})
	stable := nothing()
	for i, s := range steps {
		fails = s.fails
		status := c.start(s)
		if s.back && (status == "CREATE_FAILED" || status == "UPDATE_FAILED") {
			if _, err := c.cfn.RollbackStack(t.Context(), &cloudformation.RollbackStackInput{StackName: aws.String("s")}); err != nil {
				t.Fatal(err)
			}
			status = string(c.wait("s").StackStatus)
		}
		switch status {
		case "CREATE_COMPLETE", "UPDATE_COMPLETE":
			stable = s.holdings()
		case "UPDATE_ROLLBACK_COMPLETE", "ROLLBACK_COMPLETE":
		case "CREATE_FAILED", "UPDATE_FAILED":
			continue // partly this, partly that
		default:
			return fmt.Sprintf("step %d ends in %s: %q", i, status, c.events("s"))
		}
		if diff := cmp.Diff(stable, c.holdings()); diff != "" {
			return fmt.Sprintf("after step %d, %s: %s\n%s", i, status, diff, strings.Join(c.events("s"), "\n"))
		}
		if status == "ROLLBACK_COMPLETE" {
			c.delete("s")
		}
	}
	fails = ""
	c.delete("s")
	return cmp.Diff(nothing(), c.holdings())
}

// start deploys, cancels that if it shall be, and waits for the end.
func (c *cloud) start(s trouble) string {
	c.t.Helper()
	cs := c.changeSet("s", request{template: s.template(), tags: map[string]string{"cost": fmt.Sprint(s.cost)}})
	if cs.Status == "FAILED" {
		if _, err := c.cfn.DeleteChangeSet(c.t.Context(), &cloudformation.DeleteChangeSetInput{ChangeSetName: cs.ChangeSetId}); err != nil {
			c.t.Fatal(err)
		}
		return string(c.stack("s").StackStatus)
	}
	_, err := c.cfn.ExecuteChangeSet(c.t.Context(), &cloudformation.ExecuteChangeSetInput{ChangeSetName: cs.ChangeSetId, DisableRollback: &s.leave})
	if err != nil {
		c.t.Fatal(err)
	}
	if s.cancel > 0 {
		time.Sleep(time.Duration(s.cancel)*time.Second - time.Second/2)
		_, err := c.cfn.CancelUpdateStack(c.t.Context(), &cloudformation.CancelUpdateStackInput{StackName: aws.String("s")})
		if err != nil && !strings.HasPrefix(message(err), "CancelUpdateStack cannot be called") {
			c.t.Fatal(err)
		}
	}
	return string(c.wait("s").StackStatus)
}
