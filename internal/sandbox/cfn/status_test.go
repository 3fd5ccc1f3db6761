package cfn_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"mlops-infra-suite/internal/sandbox/cfn"
	"mlops-infra-suite/internal/sandbox/ec2"
	"mlops-infra-suite/internal/sandbox/wire"
)

// A stack can get into every status that AWS has.
func TestEveryStatus(t *testing.T) {
	broken := replaced(t, small, "CidrIp: 10.0.0.0/8", "CidrIp: x", "GroupDescription: g", "GroupDescription: g2")
	ways := map[string]func(*cloud, *faults){
		"life": func(c *cloud, _ *faults) {
			c.deploy("s", request{template: small})
			c.deploy("s", request{template: replaced(c.t.(*testing.T), small, "GroupDescription: g", "GroupDescription: g2")})
			c.deploy("s", request{template: replaced(c.t.(*testing.T), broken, "GroupDescription: g2", "GroupDescription: g3")})
			c.update("s", broken, leftFailed)
			c.wait("s")
			c.delete("s")
		},
		"failed creation": func(c *cloud, _ *faults) { c.deploy("s", request{template: broken}) },
		"creation left": func(c *cloud, _ *faults) {
			c.deploy("s", request{template: broken, rollback: types.OnStackFailureDoNothing})
		},
		"creation that can't be rolled back": func(c *cloud, f *faults) {
			f.action = "DeleteSecurityGroup"
			c.deploy("s", request{template: broken})
		},
		"update that can't be rolled back": func(c *cloud, _ *faults) { brokenRollback(c.t.(*testing.T), c) },
		"deletion that fails": func(c *cloud, _ *faults) {
			c.deploy("s", request{template: small})
			c.holdGroup(*c.physicalID("s", "G"))
			c.delete("s")
		},
		"import": func(c *cloud, _ *faults) {
			c.startImport(imported, c.existing())
			c.wait("s")
		},
		"import that fails": func(c *cloud, f *faults) {
			resources := c.existing()
			f.action = "AddTagsToResource" // to the parameter; the group is imported by then
			c.startImport(replaced(c.t.(*testing.T), imported, "  P:\n", "  P:\n    DependsOn: G\n"), resources)
			c.wait("s")
		},
		"import that can't be rolled back": func(c *cloud, f *faults) {
			resources := c.existing()
			f.action = "AddTagsToResource"
			c.startImport(replaced(c.t.(*testing.T), imported, "  P:\n", "  P:\n    DependsOn: G\n"), resources)
			time.Sleep(1500 * time.Millisecond)
			act(c, ec2.DeleteSecurityGroup, &ec2.DeleteSecurityGroupInput{GroupId: resources[0].ResourceIdentifier["Id"]})
			c.wait("s")
		},
	}
	seen := map[types.StackStatus]bool{}
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &faults{}
				c := newCloud(t, cfn.Options{Latency: second, Fault: f.fault})
				way(c, f)
				out, err := c.cfn.ListStacks(t.Context(), &cloudformation.ListStacksInput{})
				if err != nil {
					t.Fatal(err)
				}
				for _, e := range c.stackEvents(*out.StackSummaries[0].StackId) {
					if aws.ToString(e.ResourceType) == "AWS::CloudFormation::Stack" {
						seen[types.StackStatus(e.ResourceStatus)] = true
					}
				}
				last := out.StackSummaries[0]
				if !seen[last.StackStatus] {
					t.Errorf("no event for %s", last.StackStatus)
				}
				template, err := c.cfn.GetTemplate(t.Context(), &cloudformation.GetTemplateInput{StackName: last.StackId})
				if err != nil || !strings.Contains(*template.TemplateBody, "Resources:") && last.StackStatus != "IMPORT_ROLLBACK_COMPLETE" {
					t.Errorf("template in %s: %v, %+v", last.StackStatus, err, template)
				}
			})
		})
	}
	all := types.StackStatus("").Values()
	for status := range seen {
		if !slices.Contains(all, status) {
			t.Errorf("%s is none of AWS's", status)
		}
	}
	for _, status := range all {
		if !seen[status] {
			t.Errorf("%s was not seen", status)
		}
	}
}

// faults refuses one action of EC2 or SSM.
type faults struct{ action string }

func (f *faults) fault(action string) error {
	if action == f.action {
		return wire.Errorf("AccessDenied", "not allowed")
	}
	return nil
}
