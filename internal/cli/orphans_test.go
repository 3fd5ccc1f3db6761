package cli_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/google/go-cmp/cmp"
)

// leftBehind is what a result says of groups that a stack gave up.
type leftBehind struct {
	Outcome string
	Orphans []struct {
		LogicalID        string `json:"logical_id"`
		Type, ID, Reason string
	}
}

// A group that something used when it was replaced is left without a stack: whatever looks at the set from then on tells of it,
// and of no other group.
func TestOrphans(t *testing.T) {
	w := newWorkbench(t, "dev")
	w.deploy(t, strings.Replace(w.template(t), guardedSet+" app tier", guardedSet+" app tier as it was", 1))
	old := w.groups(t)[guardedSet+"-app"]
	eni := w.attach(t, old, "RDSNetworkInterface")
	w.run(t, 0, nil, "create-security-groups", "--force", "--allow-replacement")

	wantOrphan := func(reason, outcome string, args ...string) {
		t.Helper()
		var got leftBehind
		told := w.run(t, 0, &got, args...)
		if len(got.Orphans) != 1 || got.Outcome != outcome {
			t.Fatalf("%v: %+v", args, got)
		}
		o := got.Orphans[0]
		if o.ID != old || o.LogicalID != "AppSecurityGroup" || o.Type != "AWS::EC2::SecurityGroup" || o.Reason != reason {
			t.Errorf("%v: %+v", args, o)
		}
		if !strings.Contains(told.Stderr, "warning: "+old+" (AppSecurityGroup) is left without a stack, by "+guardedStack+": "+reason) {
			t.Errorf("%v: nobody is told:\n%s", args, told.Stderr)
		}
	}
	used := "network-interface " + eni + ": an RDS database uses AppSecurityGroup (" + old + "): it is attached to nothing: delete it, or give it other groups"
	wantOrphan(used, "unchanged", "create-security-groups", "--force")
	wantOrphan(used, "", "check-drift", "--rules-only", "--exit-code") // no drift: exit code 0
	wantOrphan(used, "", "delete-security-groups", "--dry-run")
	if page := read(t, w, filepath.Join("reports", guardedSet+"-drift.html")); !strings.Contains(page, "Left behind") || !strings.Contains(page, old) {
		t.Error("the report of the drift does not name the group")
	}
	for _, args := range [][]string{
		{"create-security-groups", "--force"}, {"check-drift", "--rules-only"}, {"delete-security-groups", "--dry-run"},
	} {
		if text := w.run(t, 0, nil, append(args, "-o", "markdown")...).Stdout; !strings.Contains(text, "### Left behind") || !strings.Contains(text, "| "+old+" |") {
			t.Errorf("%v does not name the group:\n%s", args, text)
		}
	}

	if _, err := w.ec2.DeleteNetworkInterface(t.Context(), &ec2.DeleteNetworkInterfaceInput{NetworkInterfaceId: &eni}); err != nil {
		t.Fatal(err)
	}
	unused := "nothing uses it: aws ec2 delete-security-group --region us-west-2 --group-id " + old
	wantOrphan(unused, "unchanged", "create-security-groups", "--force")
	wantOrphan(unused, "deleted", "delete-security-groups", "--force")
	wantOrphan(unused, "absent", "delete-security-groups", "--force")
	if diff := cmp.Diff(map[string]string{guardedSet + "-app": old}, w.groups(t)); diff != "" {
		t.Errorf("groups left (-want +got):\n%s", diff)
	}
}
