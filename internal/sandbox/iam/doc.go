// Package iam is the sandbox's authorization: identity policies, and what each
// call needs of them.
//
// Its promise: a caller that has a policy may do what IAM would let it do with
// that policy, and nothing else. What it does rests on, in order of trust:
//
//   - documented: the grammar of policies; how statements, patterns, condition
//     operators and missing keys are evaluated; which resources and condition keys
//     each action has (the service authorization reference); that an action that
//     tags what it makes needs the permission to tag, and which action that is;
//     that what CloudFormation does runs as its caller, with aws:CalledVia;
//   - reported: the wording of refusals; which actions CloudFormation's handlers
//     need beside the ones that change something;
//   - assumed (marked "Assumed" where it is done): the ARN of a stack that is named
//     and not identified, which keys a resource has that is yet to be made.
//
// It differs from AWS knowingly: there are no boundaries, session, resource and
// organization policies and no trust policies; what policies would be too large
// for AWS isn't looked at.
package iam
