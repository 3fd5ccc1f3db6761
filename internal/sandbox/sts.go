package sandbox

import (
	"cmp"

	"mlops-infra-suite/internal/sandbox/wire"
)

// stsService answers who a caller is, and lets it become somebody else. There is
// no IAM behind it: every role exists, trusts everybody and may do everything.
func stsService() wire.Service {
	return wire.Service{
		Name:      "sts",
		Version:   "2011-06-15",
		Namespace: "https://sts.amazonaws.com/doc/2011-06-15/",
		Protocol:  wire.Query,
		Operations: []wire.Operation{
			wire.Read("GetCallerIdentity", getCallerIdentity),
			wire.Read("GetAccessKeyInfo", getAccessKeyInfo),
			wire.Write("AssumeRole", assumeRole),
			wire.Write("AssumeRoleWithWebIdentity", assumeRoleWithWebIdentity),
		},
		Known: []string{
			"AssumeRoleWithSAML", "AssumeRoot", "DecodeAuthorizationMessage", "GetDelegatedAccessToken",
			"GetFederationToken", "GetSessionToken", "GetWebIdentityToken",
		},
	}
}

// callerIdentity is GetCallerIdentity's response.
type callerIdentity struct {
	Arn     string
	UserId  string
	Account string
}

// getCallerIdentity names the role that has been assumed, or the one user that
// every account has. (Assumed: the sandbox has no IAM.)
func getCallerIdentity(call *wire.Call, _ *wire.Empty) (*callerIdentity, error) {
	return &callerIdentity{
		Arn: call.CallerARN(), UserId: cmp.Or(call.Caller.UserID, "AIDASANDBOX"+call.Account), Account: call.Account,
	}, nil
}

// accessKeyInfoInput is GetAccessKeyInfo's request.
type accessKeyInfoInput struct {
	AccessKeyId string `aws:",required"` // 16 to 128 characters
}

// accessKeyInfo is GetAccessKeyInfo's response.
type accessKeyInfo struct {
	Account string
}

// getAccessKeyInfo says which account a request with the key would act in.
func getAccessKeyInfo(call *wire.Call, in *accessKeyInfoInput) (*accessKeyInfo, error) {
	var c wire.Constraints
	c.Length("accessKeyId", in.AccessKeyId, 16, 128)
	c.Pattern("accessKeyId", in.AccessKeyId, accessKeyPattern)
	if err := c.Err("ValidationError"); err != nil {
		return nil, err
	}
	if s, ok := getSession(call.Tx, in.AccessKeyId); ok {
		return &accessKeyInfo{Account: s.Account}, nil
	}
	return &accessKeyInfo{Account: account(call.Tx, in.AccessKeyId)}, nil
}
