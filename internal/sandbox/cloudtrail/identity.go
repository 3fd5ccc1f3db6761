package cloudtrail

import (
	"strings"
	"time"

	"mlops-infra-suite/internal/sandbox/wire"
)

const assumedRole = "AssumedRole"

// identityOf is who makes a call (documented form).
func identityOf(call *wire.Call) identity {
	id := identity{
		Type: "IAMUser", PrincipalID: call.CallerID(), ARN: call.CallerARN(), AccountID: call.Account,
		AccessKeyID: call.Caller.AccessKey,
	}
	if call.Caller.Role == "" {
		id.UserName = lastPart(id.ARN)
		return id
	}
	id.Type = assumedRole
	roleID, _, _ := strings.Cut(id.PrincipalID, ":")
	id.SessionContext = &sessionContext{
		SessionIssuer: sessionIssuer{
			Type: "Role", PrincipalID: roleID, ARN: call.Caller.Role, AccountID: call.Account, UserName: lastPart(call.Caller.Role),
		},
		Attributes: sessionAttributes{CreationDate: call.Caller.Since.Format(time.RFC3339), MFAAuthenticated: "false"},
	}
	return id
}

// assumptions are the events of a role that has been assumed: one, or one in each
// of two accounts (documented).
func assumptions(e event) []event {
	user, _ := e.ResponseElements["assumedRoleUser"].(map[string]any)
	role, _ := e.RequestParameters["roleArn"].(string)
	account := accountOf(text(user, "arn"))
	if provider := text(e.ResponseElements, "provider"); provider != "" {
		e.UserIdentity = webIdentity(e.ResponseElements)
		e.RecipientAccountID = account
		return []event{e}
	}
	e.Resources = []arnOf{{ARN: role, AccountID: account, Type: "AWS::IAM::Role"}}
	if account == e.RecipientAccountID {
		return []event{e}
	}
	e.SharedEventID = idOf("shared " + e.RequestID)
	other := e
	other.RecipientAccountID = account
	other.UserIdentity = identity{Type: "AWSAccount", PrincipalID: e.UserIdentity.PrincipalID, AccountID: e.UserIdentity.AccountID}
	return []event{e, other}
}

// webIdentity is who has come with a token of an identity provider.
func webIdentity(response map[string]any) identity {
	provider, subject := text(response, "provider"), text(response, "subjectFromWebIdentityToken")
	return identity{
		Type: "WebIdentityUser", PrincipalID: provider + ":" + text(response, "audience") + ":" + subject,
		UserName: subject, IdentityProvider: provider,
	}
}

// lastPart is the name at the end of the ARN of a user or role.
func lastPart(arn string) string { return arn[strings.LastIndexByte(arn, '/')+1:] }

func accountOf(arn string) string {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 {
		return ""
	}
	return parts[4]
}

func text(members map[string]any, name string) string {
	s, _ := members[name].(string)
	return s
}
