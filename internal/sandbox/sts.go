package sandbox

import (
	"mlops-infra-suite/internal/sandbox/iam"
	"mlops-infra-suite/internal/sandbox/store"
	"mlops-infra-suite/internal/sandbox/wire"
)

// stsService answers who a caller is, and lets it become somebody else. Every role
// exists and trusts everybody, and may do everything until it has a policy.
func stsService() wire.Service {
	return wire.Service{
		Name:      "sts",
		Version:   "2011-06-15",
		Namespace: "https://sts.amazonaws.com/doc/2011-06-15/",
		Protocol:  wire.Query,
		Operations: []wire.Operation{
			wire.Read("GetCallerIdentity", getCallerIdentity),
			wire.Read("GetAccessKeyInfo", getAccessKeyInfo),
			wire.Read("DecodeAuthorizationMessage", decodeAuthorizationMessage),
			wire.Write("AssumeRole", assumeRole),
			wire.Write("AssumeRoleWithWebIdentity", assumeRoleWithWebIdentity),
		},
		Known: []string{
			"AssumeRoleWithSAML", "AssumeRoot", "GetDelegatedAccessToken",
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
		Arn: call.CallerARN(), UserId: call.CallerID(), Account: call.Account,
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
	if u, ok := store.Get[user](call.Tx, userKeyTable, in.AccessKeyId); ok {
		return &accessKeyInfo{Account: u.Account}, nil
	}
	return &accessKeyInfo{Account: account(call.Tx, in.AccessKeyId)}, nil
}

// encodedMessage is DecodeAuthorizationMessage's request.
type encodedMessage struct {
	EncodedMessage string `aws:",required"` // 1 to 10240 characters
}

// decodedMessage is DecodeAuthorizationMessage's response.
type decodedMessage struct{ DecodedMessage string }

// decodeAuthorizationMessage shows what an error of EC2 leaves out: the condition keys of the refused request. (Assumed: their
// form.)
func decodeAuthorizationMessage(_ *wire.Call, in *encodedMessage) (*decodedMessage, error) {
	var c wire.Constraints
	c.Length("encodedMessage", in.EncodedMessage, 1, 10240)
	if err := c.Err("ValidationError"); err != nil {
		return nil, err
	}
	message, ok := iam.Decode(in.EncodedMessage)
	if !ok {
		return nil, wire.Errorf("InvalidAuthorizationMessageException", "Message is not valid.")
	}
	return &decodedMessage{message}, nil
}
