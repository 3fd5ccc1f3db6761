package cli_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/google/go-cmp/cmp"
)

// fromRange is an ingress rule on a port from 10.7.0.0/16.
func fromRange(port int32, description string) []types.IpPermission {
	peer := types.IpRange{CidrIp: aws.String("10.7.0.0/16")}
	if description != "" {
		peer.Description = &description
	}
	return []types.IpPermission{{IpProtocol: aws.String("tcp"), FromPort: &port, ToPort: &port, IpRanges: []types.IpRange{peer}}}
}

// A deployment over drift says of each rule what becomes of it: what it overwrites, what it collides with, what it leaves.
func TestDeploymentOverDrift(t *testing.T) {
	w := newWorkbench(t, "dev")
	w.config(t, `  scenario: 3-tier-web
  overrides:
    app:
      additional_ingress:
        - {protocol: tcp, port: 7070, source: 10.7.0.0/16, description: Taken away}
        - {protocol: tcp, port: 7071, source: 10.7.0.0/16, description: Taken away and gone}
        - {protocol: tcp, port: 7072, source: 10.7.0.0/16, description: Described}
        - {protocol: tcp, port: 7073, source: 10.7.0.0/16, description: Described and overwritten}
        - {protocol: tcp, port: 7074, source: 10.7.0.0/16, description: Taken away and described anew}
`)
	w.run(t, 0, nil, "create-security-groups", "--force")
	groups := w.groups(t)
	app, db := groups[guardedSet+"-app"], groups[guardedSet+"-db"]
	for _, port := range []int32{7070, 7071, 7074} {
		if _, err := w.ec2.RevokeSecurityGroupIngress(t.Context(), &ec2.RevokeSecurityGroupIngressInput{GroupId: &app, IpPermissions: fromRange(port, "")}); err != nil {
			t.Fatal(err)
		}
	}
	for _, port := range []int32{7072, 7073} {
		if _, err := w.ec2.UpdateSecurityGroupRuleDescriptionsIngress(t.Context(), &ec2.UpdateSecurityGroupRuleDescriptionsIngressInput{
			GroupId: &app, IpPermissions: fromRange(port, "by hand"),
		}); err != nil {
			t.Fatal(err)
		}
	}
	w.authorize(t, app, 9090, "10.8.0.0/16")
	w.authorize(t, app, 9091, "10.8.0.0/16")
	w.authorize(t, db, 9092, "10.8.0.0/16")

	w.config(t, `  scenario: 2-tier-web
  overrides:
    app:
      additional_ingress:
        - {protocol: tcp, port: 7070, source: 10.7.0.0/16, description: Taken away}
        - {protocol: tcp, port: 7072, source: 10.7.0.0/16, description: Described}
        - {protocol: tcp, port: 7073, source: 10.7.0.0/16, description: Described anew}
        - {protocol: tcp, port: 7074, source: 10.7.0.0/16, description: Described anew}
        - {protocol: tcp, port: 9090, source: 10.8.0.0/16, description: A hot fix}
`)
	text := w.run(t, 0, nil, "show-changes").Stdout
	_, text, _ = strings.Cut(text, "\nChanged outside of the stack\n")
	text, _, _ = strings.Cut(text, "\n\n")
	text = regexp.MustCompile(`sgr-[0-9a-f]{17}`).ReplaceAllString(text, "sgr-N")
	text = regexp.MustCompile(` {2,}`).ReplaceAllString(text, "  ")
	want := `  added  app: ingress: 10.8.0.0/16 may reach app on tcp/9090  sgr-N  is in the way, see below
  added  app: ingress: 10.8.0.0/16 may reach app on tcp/9091  sgr-N  stays so
  added  db: ingress: 10.8.0.0/16 may reach db on tcp/9092  sgr-N  goes with its group
  taken away  app: ingress: 10.7.0.0/16 may reach app on tcp/7070  stays so
  taken away  app: ingress: 10.7.0.0/16 may reach app on tcp/7071  leaves the stack as well
  taken away  app: ingress: 10.7.0.0/16 may reach app on tcp/7074  is in the way, see below
  described  app: ingress: 10.7.0.0/16 may reach app on tcp/7072 is described as "by hand"  sgr-N  stays so
  described  app: ingress: 10.7.0.0/16 may reach app on tcp/7073 is described as "by hand"  sgr-N  is overwritten
  What stays so is no part of the change: check-drift says who did it, and check-drift --fix puts it right. ` +
		`A deployment is carried out all the same, and ends as not verified`
	if diff := cmp.Diff(want, text); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if text := w.run(t, 0, nil, "show-changes", "-o", "markdown").Stdout; !strings.Contains(text, `is described as "by hand" | sgr-`) || !strings.Contains(text, "| is overwritten |") {
		t.Errorf("the Markdown does not tell:\n%s", text)
	}
	var got struct {
		Drift struct {
			Added, Removed []any
			Described      []struct {
				Tier, Description, Meant string
				FromPort                 int    `json:"from_port"`
				RuleID                   string `json:"rule_id"`
			}
		}
		Blockers []blocker
	}
	w.run(t, 0, &got, "show-changes")
	if len(got.Drift.Added) != 3 || len(got.Drift.Removed) != 3 || len(got.Drift.Described) != 2 || len(got.Blockers) != 2 {
		t.Fatalf("%+v", got)
	}
	for _, d := range got.Drift.Described {
		meant := map[int]string{7072: "Described", 7073: "Described and overwritten"}[d.FromPort]
		if d.Tier != "app" || d.Description != "by hand" || d.Meant != meant || d.RuleID == "" {
			t.Errorf("%+v", d)
		}
	}
}

// What somebody only added keeps no deployment from being verified.
func TestDeploymentBesideAnAddedRule(t *testing.T) {
	w := newWorkbench(t, "dev")
	w.run(t, 0, nil, "create-security-groups", "--force")
	w.authorize(t, w.groups(t)[guardedSet+"-app"], 9090, "10.8.0.0/16")
	w.config(t, "  scenario: 3-tier-rds-mysql\n")
	told := w.run(t, 0, nil, "create-security-groups", "--force").Stderr
	if !strings.Contains(told, "What stays so is no part of the change") || strings.Contains(told, "not verified") {
		t.Errorf("got:\n%s", told)
	}
}

// What a deployment leaves as somebody made it keeps it from being verified, as it has said.
func TestDeploymentLeavesDrift(t *testing.T) {
	w := newWorkbench(t, "dev")
	w.write(t, "app_config.yaml", "timeouts: {verify: 1s}\n")
	w.config(t, `  scenario: 3-tier-web
  overrides:
    app:
      additional_ingress: [{protocol: tcp, port: 7072, source: 10.7.0.0/16, description: Described}]
`)
	w.run(t, 0, nil, "create-security-groups", "--force")
	app := w.groups(t)[guardedSet+"-app"]
	if _, err := w.ec2.UpdateSecurityGroupRuleDescriptionsIngress(t.Context(), &ec2.UpdateSecurityGroupRuleDescriptionsIngressInput{
		GroupId: &app, IpPermissions: fromRange(7072, "by hand"),
	}); err != nil {
		t.Fatal(err)
	}
	w.config(t, `  scenario: 3-tier-web
  overrides:
    app:
      additional_ingress:
        - {protocol: tcp, port: 7072, source: 10.7.0.0/16, description: Described}
        - {protocol: tcp, port: 7073, source: 10.7.0.0/16, description: New}
`)
	var got planned
	told := w.run(t, 1, &got, "create-security-groups", "--force").Stderr
	if got.Outcome != "updated" || got.Error.Code != "NOT_VERIFIED" || !strings.Contains(told, "ends as not verified") {
		t.Errorf("%q, %+v:\n%s", got.Outcome, got.Error, told)
	}
	w.run(t, 0, nil, "check-drift", "--fix", "--force", "--rules-only")
	w.run(t, 0, &got, "create-security-groups", "--force")
	if got.Outcome != "unchanged" {
		t.Errorf("put right: %q", got.Outcome)
	}
}

// A group that is made anew has the rules that are meant, and no other; the old one keeps what somebody added to it.
func TestReplacementOverDrift(t *testing.T) {
	w := newWorkbench(t, "dev")
	w.config(t, `  scenario: 3-tier-web
  overrides:
    app:
      additional_ingress: [{protocol: tcp, port: 7072, source: 10.7.0.0/16, description: Described}]
`)
	w.deploy(t, strings.Replace(w.template(t), guardedSet+" app tier", guardedSet+" app tier as it was", 1))
	app := w.groups(t)[guardedSet+"-app"]
	added := w.authorize(t, app, 9090, "10.8.0.0/16")
	if _, err := w.ec2.UpdateSecurityGroupRuleDescriptionsIngress(t.Context(), &ec2.UpdateSecurityGroupRuleDescriptionsIngressInput{
		GroupId: &app, IpPermissions: fromRange(7072, "by hand"),
	}); err != nil {
		t.Fatal(err)
	}
	text := w.run(t, 0, nil, "show-changes", "--allow-replacement").Stdout
	for _, want := range []string{added + "  stays behind with the old group\n", "  is as it was meant in the new group\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in:\n%s", want, text)
		}
	}
	if strings.Contains(text, "What stays so") {
		t.Errorf("nothing stays so:\n%s", text)
	}
}
