package cli_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What the sandbox, which connects no VPCs, never answers: the answers are those that EC2 documents.
func TestDeleteAcrossVPCs(t *testing.T) {
	w := newWorkbench(t, "dev")
	w.run(t, 0, nil, "create-security-groups", "--force")
	app := w.groups(t)[guardedSet+"-app"]
	const xmlns = ` xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>r</requestId>`
	w.instead["DescribeSecurityGroupVpcAssociations"] = `<DescribeSecurityGroupVpcAssociationsResponse` + xmlns + `<securityGroupVpcAssociationSet><item><groupId>` + app +
		`</groupId><vpcId>vpc-2</vpcId><vpcOwnerId>210987654321</vpcOwnerId><state>associated</state></item></securityGroupVpcAssociationSet></DescribeSecurityGroupVpcAssociationsResponse>`
	w.instead["DescribeSecurityGroupReferences"] = `<DescribeSecurityGroupReferencesResponse` + xmlns + `<securityGroupReferenceSet><item><groupId>` + app +
		`</groupId><referencingVpcId>vpc-3</referencingVpcId><vpcPeeringConnectionId>pcx-1</vpcPeeringConnectionId></item></securityGroupReferenceSet></DescribeSecurityGroupReferencesResponse>`
	w.calls.Reset()
	var got deleted
	told := w.run(t, 6, &got, "delete-security-groups", "--force").Stderr
	want := []blocker{{"vpc-association", "vpc-2", "AppSecurityGroup (" + app + ") is associated with this VPC of account 210987654321: disassociate it"}}
	if diff := cmp.Diff(want, got.Blockers); diff != "" || got.Error.Code != "IN_USE" {
		t.Errorf("%s; blockers (-want +got):\n%s", got.Error.Code, diff)
	}
	if writes := looks(w.calls.Calls()); len(writes) > 0 {
		t.Errorf("it has touched something: %v", writes)
	}

	// A rule across a connection keeps nothing: who deletes is warned.
	const warning = "warning: rules in vpc-3, connected by pcx-1, name AppSecurityGroup ("
	if !strings.Contains(told, warning) {
		t.Errorf("nobody is warned:\n%s", told)
	}
	delete(w.instead, "DescribeSecurityGroupVpcAssociations")
	if told := w.run(t, 0, nil, "delete-security-groups", "--force").Stderr; !strings.Contains(told, warning) {
		t.Errorf("nobody is warned:\n%s", told)
	}
}
