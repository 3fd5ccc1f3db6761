// Package policy writes the IAM policy for who works with one set of security groups.
//
// Its promise: the policy allows what the actions of this tool need for this set and its test sets, and nothing else that IAM can
// tell apart. Each call is bound to the narrowest thing that AWS lets it be bound to: a name in an ARN, a tag of the group, the
// service that makes the call for its caller, at least the region. The same input gives the same bytes.
//
// It rests on AWS's service authorization reference:
//
//   - CloudFormation acts as its caller: what it does to EC2 and SSM needs the caller's permission, and carries aws:CalledVia. What
//     nobody but CloudFormation writes is bound to that, so that the policy is no way to make or delete a group by hand.
//   - CloudFormation tags a group as it is made (documented: tagOnCreate in the type's schema), or after it has written the first
//     rules (reported in 2020 and 2021: aws-cloudformation/cloudformation-coverage-roadmap 714, aws/aws-cdk 13204). The policy does for
//     both: what CloudFormation does to finish a group it may do to one that has no stack's tag yet. From then on the tag, which
//     nobody can change, says whose the group is. The price is in docs/iam.md, with a statement for who doesn't want to pay it.
//   - A change set of type IMPORT is not allowed: it would make a foreign group one of the stack's.
//   - What only a set's own stack needs, such as its drift or its way out of a failed update, isn't allowed for test sets.
//   - ec2:ModifySecurityGroupRules needs the group and the rules, which have no tags of their own here, and the prefix list
//     that a rule is to name, whoever owns it.
//   - A stack's tags need cloudformation:TagResource and UntagResource beside the actions that set them, a drift detection
//     DetectStackResourceDrift and BatchDescribeTypeConfigurations, and a list of all stacks ListStacks. A change set has an ARN of
//     its own for its tags and events, and its stack's for the rest.
//   - What CloudFormation reads beside is in the schemas of the resource types: to delete a group, the instances too.
//   - What describes or lists has no resources: the region is all that binds it.
//   - sts:GetCallerIdentity needs no permission. It is named since the tool calls it, so that the policy says all that it does.
//
// The package knows no AWS SDK and makes no call.
package policy
