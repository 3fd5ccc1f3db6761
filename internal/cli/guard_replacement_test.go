package cli

import (
	"strings"
	"testing"

	"mlops-infra-suite/internal/sg/template"
	"mlops-infra-suite/internal/stack"
)

// What CloudFormation may replace is guarded as what it will: of groups, which others use, not of parameters.
func TestWhatIsReplaced(t *testing.T) {
	const parameter, rule = "AWS::SSM::Parameter", "AWS::EC2::SecurityGroupIngress"
	for _, tc := range []struct {
		change stack.Change
		want   bool
	}{
		{stack.Change{Action: stack.Modify, Type: typeSecurityGroup, Replacement: stack.Replaced}, true},
		{stack.Change{Action: stack.Modify, Type: typeSecurityGroup, Replacement: stack.Conditional}, true},
		{stack.Change{Action: stack.Modify, Type: typeSecurityGroup}, false},
		{stack.Change{Action: stack.Add, Type: typeSecurityGroup}, false},
		{stack.Change{Action: stack.Modify, Type: parameter, Replacement: stack.Replaced}, true},
		{stack.Change{Action: stack.Modify, Type: parameter, Replacement: stack.Conditional}, false},
		{stack.Change{Action: stack.Modify, Type: rule, Replacement: stack.Replaced}, false},
	} {
		tc.change.LogicalID = "It"
		v := &review{plan: &stack.Plan{Changes: []stack.Change{tc.change}}, standing: &standing{template: &template.Deployed{}}}
		d := &deployment{session: &session{app: &app{}}}
		got := d.guardReplacement(v)
		if refused := len(got) == 1 && got[0].code == "REPLACEMENT" && strings.HasSuffix(got[0].summary, " It"); refused != tc.want {
			t.Errorf("%+v: %+v", tc.change, got)
		}
		d.app.opt.allowReplacement = true
		if got := d.guardReplacement(v); got != nil {
			t.Errorf("%+v, allowed: %+v", tc.change, got)
		}
	}
}
