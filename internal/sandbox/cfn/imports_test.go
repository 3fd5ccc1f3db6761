package cfn_test

import (
	"slices"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/google/go-cmp/cmp"

	"mlops-infra-suite/internal/sandbox/cfn"
)

// importing is a template that imports the web group of stack s.
const importing = `
Parameters:
  VpcId: {Type: AWS::EC2::VPC::Id, Default: unused}
  Exporter: {Type: String, Default: s}
Resources:
  P:
    Type: AWS::SSM::Parameter
    Properties: {Name: !Sub "/${AWS::StackName}", Type: String, Value: {"Fn::ImportValue": !Sub "${Exporter}-web"}}
`

func (c *cloud) importersOf(export string) []string {
	c.t.Helper()
	out, err := c.cfn.ListImports(c.t.Context(), &cloudformation.ListImportsInput{ExportName: &export})
	if err != nil {
		return []string{message(err)}
	}
	return out.Imports
}

// An export that is imported can't go or change; ListImports tells by whom.
func TestImportValue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, cfn.Options{Latency: second})
		exporter := c.deploy("s", request{template: twoTier})
		none := []string{"Export 's-web' is not imported by any stack."}
		if got := c.importersOf("s-web"); !slices.Equal(got, none) {
			t.Error(got)
		}
		for _, name := range []string{"b", "a", "c"} {
			c.deploy(name, request{template: importing})
		}
		if got := c.importersOf("s-web"); !slices.Equal(got, []string{"a", "b", "c"}) {
			t.Error(got)
		}
		before := c.holdings()
		if before.Parameters["/a"] != "web" {
			t.Error(before.Parameters)
		}
		updates := []struct {
			name, reason string
			change       []string
		}{
			{"changed", "Export s-web cannot be updated as it is in use by a, b and c", []string{"GroupDescription: web", "GroupDescription: web2"}},
			{"deleted", "Export s-web cannot be deleted as it is in use by a, b and c", []string{`, Export: {Name: !Sub "${AWS::StackName}-web"}`, ""}},
		}
		for _, tt := range updates {
			c.update("s", replaced(t, twoTier, tt.change...))
			c.wantStatus("s", "UPDATE_ROLLBACK_COMPLETE")
			if want := "s UPDATE_ROLLBACK_IN_PROGRESS (" + tt.reason + ")"; !slices.Contains(c.events("s"), want) {
				t.Errorf("%s: no %s in %q", tt.name, want, c.events("s"))
			}
			if diff := cmp.Diff(before, c.holdings()); diff != "" {
				t.Error(diff)
			}
		}
		s := c.delete("s")
		const canceled = "Delete canceled. Cannot delete export s-web as it is in use by a, b and c."
		if s.StackStatus != "UPDATE_ROLLBACK_COMPLETE" || *s.StackStatusReason != canceled || s.DeletionTime != nil || len(s.Outputs) != 1 {
			t.Errorf("%s %s %v", s.StackStatus, *s.StackStatusReason, s.DeletionTime)
		}
		if diff := cmp.Diff(before, c.holdings()); diff != "" {
			t.Error(diff)
		}
		for _, name := range []string{"a", "b", "c"} {
			c.delete(name)
		}
		if got := c.importersOf("s-web"); !slices.Equal(got, none) {
			t.Error(got)
		}
		checkEmptied(c, *exporter.StackId)
	})
}

// What is not exported can't be imported.
func TestMissingExport(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, cfn.Options{})
		const reason = "No export named s-web found"
		cs := c.changeSet("a", request{template: importing})
		if cs.Status != types.ChangeSetStatusFailed || *cs.StatusReason != reason {
			t.Error(cs.Status, *cs.StatusReason)
		}
		_, err := c.cfn.CreateStack(t.Context(), &cloudformation.CreateStackInput{
			StackName: aws.String("b"), TemplateBody: aws.String(importing),
			Parameters: []types.Parameter{{ParameterKey: aws.String("VpcId"), ParameterValue: &c.vpc}},
		})
		if err != nil {
			t.Fatal(err)
		}
		c.wantStatus("b", "ROLLBACK_COMPLETE")
		if want := "b ROLLBACK_IN_PROGRESS (" + reason + ". Rollback requested by user.)"; !slices.Contains(c.events("b"), want) {
			t.Errorf("%q", c.events("b"))
		}
	})
}
