package sandbox

import "mlops-infra-suite/internal/sandbox/wire"

// stsService answers who a caller is.
func stsService() wire.Service {
	return wire.Service{
		Name:       "sts",
		Version:    "2011-06-15",
		Namespace:  "https://sts.amazonaws.com/doc/2011-06-15/",
		Protocol:   wire.Query,
		Operations: []wire.Operation{wire.Read("GetCallerIdentity", getCallerIdentity)},
		Known: []string{
			"AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity", "AssumeRoot",
			"DecodeAuthorizationMessage", "GetAccessKeyInfo", "GetFederationToken", "GetSessionToken",
		},
	}
}

// callerIdentity is GetCallerIdentity's response.
type callerIdentity struct {
	Arn     string
	UserId  string
	Account string
}

// getCallerIdentity names the one user that every account has. (Assumed: the
// sandbox has no IAM.)
func getCallerIdentity(call *wire.Call, _ *wire.Empty) (*callerIdentity, error) {
	return &callerIdentity{Arn: call.CallerARN(), UserId: "AIDASANDBOX" + call.Account, Account: call.Account}, nil
}
