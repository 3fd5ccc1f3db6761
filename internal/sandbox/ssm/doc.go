// Package ssm is the sandbox's Parameter Store.
//
// Its promise: names, values, versions, paths and tags behave as Parameter Store
// documents them, and what Parameter Store would refuse is refused with its
// error. The wording of errors is reported, not documented, except where a
// comment says assumed.
//
// It differs from AWS knowingly: there is no SecureString (which needs KMS), no
// label, policy or sharing, and a parameter of the data type aws:ec2:image is
// refused.
//
// The operations are plain functions, which CloudFormation's part of the
// sandbox calls as CloudFormation calls SSM. One that fails has written nothing.
package ssm

import "mlops-infra-suite/internal/sandbox/wire"

// Service is SSM for the wire.
func Service() wire.Service {
	return wire.Service{
		Name:     "ssm",
		Version:  "2014-11-06",
		Target:   "AmazonSSM",
		Protocol: wire.JSON,
		Operations: []wire.Operation{
			wire.Write("PutParameter", PutParameter),
			wire.Write("DeleteParameter", DeleteParameter),
			wire.Write("DeleteParameters", DeleteParameters),
			wire.Read("GetParameter", GetParameter),
			wire.Read("GetParameters", GetParameters),
			wire.Read("GetParametersByPath", GetParametersByPath),
			wire.Read("GetParameterHistory", GetParameterHistory),
			wire.Read("DescribeParameters", DescribeParameters),
			wire.Write("AddTagsToResource", AddTagsToResource),
			wire.Write("RemoveTagsFromResource", RemoveTagsFromResource),
			wire.Read("ListTagsForResource", ListTagsForResource),
		},
		Known: []string{
			"DeleteResourcePolicy", "DescribeInstanceInformation", "GetDocument", "GetResourcePolicies",
			"GetServiceSetting", "LabelParameterVersion", "ListDocuments", "PutResourcePolicy", "SendCommand",
			"StartSession", "UnlabelParameterVersion", "UpdateServiceSetting",
		},
	}
}
