package sandbox_test

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.etcd.io/bbolt"

	"mlops-infra-suite/internal/sandbox"
	"mlops-infra-suite/internal/sandbox/ec2"
)

// TestDryRunOfEverything: a trial of any operation of EC2 that would succeed says
// so, and leaves the store as it was but for CloudTrail's history.
func TestDryRunOfEverything(t *testing.T) {
	s := open(t, "", sandbox.Options{})
	parameters := writeParameters(t, s)
	maps.Copy(parameters, readParameters(t, s))
	snapshot := func() string { return contentOf(t, post(t, s, "/_sandbox/snapshot", nil).Body.Bytes()) }
	before := snapshot()
	service := ec2.Service()
	for _, op := range service.Operations {
		text, ok := parameters[op.Name]
		if !ok {
			t.Errorf("no parameters for %s", op.Name)
		}
		want := apiError{Type: "Sender", Code: "DryRunOperation", Message: "Request would have succeeded, but DryRun flag is set."}
		if status, got := request(t, s, "ec2", op.Name, text+"&DryRun=true"); status != http.StatusPreconditionFailed || got != want {
			t.Errorf("%s: %d %+v", op.Name, status, got)
		}
		if before != snapshot() {
			t.Errorf("a trial of %s has written", op.Name)
			before = snapshot()
		}
	}
}

// contentOf prints the tables of a snapshot, without CloudTrail's.
func contentOf(t *testing.T, snapshot []byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "snapshot.db")
	if err := os.WriteFile(file, snapshot, 0o600); err != nil {
		t.Fatal(err)
	}
	db := must[*bbolt.DB](t)(bbolt.Open(file, 0o600, nil))
	var text strings.Builder
	err := db.View(func(tx *bbolt.Tx) error {
		return tx.ForEach(func(table []byte, b *bbolt.Bucket) error {
			return b.ForEach(func(key, value []byte) error {
				if string(table) != "cloudtrail.event" && string(key) != "cloudtrail.event" { // a table and its sequence
					fmt.Fprintf(&text, "%s %s %s\n", table, key, value)
				}
				return nil
			})
		})
	})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

// writeParameters makes something to change, and returns for each write of EC2
// what would change it.
func writeParameters(t *testing.T, s *sandbox.Sandbox) map[string]string {
	t.Helper()
	c := clientsFor(s, testAccount, testRegion)
	vpc, empty := newVPC(t, c), newVPC(t, c)
	group, unused := newGroup(t, c, vpc, "web"), newGroup(t, c, vpc, "unused")
	if err := allow(t, c, group, tcp(443, "10.0.0.0/8")); err != nil {
		t.Fatal(err)
	}
	var ingress, egress string
	for _, r := range rulesOf(t, c, group) {
		if *r.IsEgress {
			egress = *r.SecurityGroupRuleId
		} else {
			ingress = *r.SecurityGroupRuleId
		}
	}
	subnet, free := newSubnet(t, c, vpc, "10.0.2.0/24"), newSubnet(t, c, vpc, "10.0.3.0/24")
	eni := *newInterface(t, c, subnet, group).NetworkInterfaceId
	const rule = "&IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort=80&IpPermissions.1.ToPort=80&IpPermissions.1.IpRanges.1.CidrIp=10.0.0.0/8"
	return map[string]string{
		"CreateVpc": "CidrBlock=10.0.0.0/16", "DeleteVpc": "VpcId=" + empty,
		"CreateSubnet": "VpcId=" + vpc + "&CidrBlock=10.0.4.0/24", "DeleteSubnet": "SubnetId=" + free,
		"CreateSecurityGroup":           "GroupName=new&GroupDescription=d&VpcId=" + vpc,
		"DeleteSecurityGroup":           "GroupId=" + unused,
		"AuthorizeSecurityGroupIngress": "GroupId=" + group + rule, "AuthorizeSecurityGroupEgress": "GroupId=" + group + rule,
		"RevokeSecurityGroupIngress":                 "GroupId=" + group + "&SecurityGroupRuleId.1=" + ingress,
		"RevokeSecurityGroupEgress":                  "GroupId=" + group + "&SecurityGroupRuleId.1=" + egress,
		"UpdateSecurityGroupRuleDescriptionsIngress": "GroupId=" + group + "&SecurityGroupRuleDescription.1.SecurityGroupRuleId=" + ingress,
		"UpdateSecurityGroupRuleDescriptionsEgress":  "GroupId=" + group + "&SecurityGroupRuleDescription.1.SecurityGroupRuleId=" + egress,
		"ModifySecurityGroupRules": "GroupId=" + group + "&SecurityGroupRule.1.SecurityGroupRuleId=" + ingress +
			"&SecurityGroupRule.1.SecurityGroupRule.IpProtocol=-1&SecurityGroupRule.1.SecurityGroupRule.CidrIpv4=10.0.0.0/8",
		"CreateTags": "ResourceId.1=" + group + "&Tag.1.Key=k&Tag.1.Value=v", "DeleteTags": "ResourceId.1=" + group,
		"CreateNetworkInterface":          "SubnetId=" + subnet + "&ClientToken=token",
		"ModifyNetworkInterfaceAttribute": "NetworkInterfaceId=" + eni + "&Description.Value=changed",
		"DeleteNetworkInterface":          "NetworkInterfaceId=" + eni,
		"CreateManagedPrefixList":         "PrefixListName=new&AddressFamily=IPv4&MaxEntries=1&ClientToken=token",
		"DeleteManagedPrefixList":         "PrefixListId=" + newPrefixList(t, c, "unused", 1),
	}
}
