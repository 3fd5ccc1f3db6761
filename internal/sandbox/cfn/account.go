package cfn

import "mlops-infra-suite/internal/sandbox/wire"

// AccountLimit is one quota of the account.
type AccountLimit struct {
	Name  string
	Value int32
}

// DescribeAccountLimitsInput is DescribeAccountLimits' request.
type DescribeAccountLimitsInput struct{ NextToken string }

// DescribeAccountLimitsOutput is DescribeAccountLimits' response.
type DescribeAccountLimitsOutput struct {
	AccountLimits []AccountLimit
	NextToken     string
}

// describeAccountLimits lists AWS's defaults (documented). The last is for
// operations on resources at the same time, which the sandbox doesn't limit.
func (e *Engine) describeAccountLimits(_ *wire.Call, in *DescribeAccountLimitsInput) (*DescribeAccountLimitsOutput, error) {
	limits := []AccountLimit{{"StackLimit", maxStacks}, {"StackOutputsLimit", 200}, {"ConcurrentResourcesLimit", 2500}}
	shown, next, err := page(limits, func(l AccountLimit) string { return l.Name }, in.NextToken)
	return &DescribeAccountLimitsOutput{AccountLimits: shown, NextToken: next}, err
}

// GetStackPolicyInput is GetStackPolicy's request.
type GetStackPolicyInput struct {
	StackName string `aws:",required"`
}

// GetStackPolicyOutput is GetStackPolicy's response.
type GetStackPolicyOutput struct{ StackPolicyBody string }

// getStackPolicy returns none, as AWS does for a stack that has none: the
// sandbox refuses to set any.
func (e *Engine) getStackPolicy(call *wire.Call, in *GetStackPolicyInput) (*GetStackPolicyOutput, error) {
	if findStack(call, in.StackName) == nil {
		return nil, noStackWithID(in.StackName)
	}
	return &GetStackPolicyOutput{}, nil
}
