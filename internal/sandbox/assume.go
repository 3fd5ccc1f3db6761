package sandbox

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"

	"mlops-infra-suite/internal/sandbox/wire"
)

// Documented limits of a session, in seconds.
const (
	defaultDuration = 3600
	minDuration     = 900
	maxDuration     = 43200
	chainedDuration = 3600 // for a role that an assumed role assumes
)

var (
	accessKeyPattern = regexp.MustCompile(`^[\w]*$`)
	rolePattern      = regexp.MustCompile(`^arn:aws[a-z-]*:iam::([0-9]{12}):role/(?:[\w+=,.@-]+/)*([\w+=,.@-]{1,64})$`)
	sessionPattern   = regexp.MustCompile(`^[\w+=,.@-]*$`)
)

// roleRequest is what the AssumeRole operations have in common.
type roleRequest struct {
	RoleArn         string `aws:",required"`
	RoleSessionName string `aws:",required"` // 2 to 64 characters
	DurationSeconds *int32 // 900 to 43200, 3600 by default
}

// assumedRoleUser is the session that the caller now acts as.
type assumedRoleUser struct {
	AssumedRoleId string
	Arn           string
}

// assumeRoleInput is AssumeRole's request. What only matters to trust policies
// is accepted and has no effect, as there are none: the external ID and the
// session's tags. A session policy would have one, and is no parameter here.
type assumeRoleInput struct {
	roleRequest
	ExternalId        string
	SourceIdentity    string
	Tags              []sessionTag
	TransitiveTagKeys []string
}

type sessionTag struct {
	Key   string `aws:",required"`
	Value string `aws:",required"`
}

// assumeRoleOutput is AssumeRole's response.
type assumeRoleOutput struct {
	Credentials     credentials
	AssumedRoleUser assumedRoleUser
	SourceIdentity  string
}

// assumeRole gives credentials that act as the role, in the role's account.
func assumeRole(call *wire.Call, in *assumeRoleInput) (*assumeRoleOutput, error) {
	chained := strings.Contains(call.CallerARN(), ":assumed-role/")
	if chained && in.DurationSeconds != nil && *in.DurationSeconds > chainedDuration {
		return nil, wire.Errorf("ValidationError",
			"The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining")
	}
	who, credentials, err := in.assume(call)
	if err != nil {
		return nil, err
	}
	return &assumeRoleOutput{Credentials: credentials, AssumedRoleUser: who, SourceIdentity: in.SourceIdentity}, nil
}

// assumeRoleWithWebIdentityInput is AssumeRoleWithWebIdentity's request.
type assumeRoleWithWebIdentityInput struct {
	roleRequest
	WebIdentityToken string `aws:",required"` // 4 to 20000 characters
}

// assumeRoleWithWebIdentityOutput is AssumeRoleWithWebIdentity's response.
type assumeRoleWithWebIdentityOutput struct {
	Credentials                 credentials
	SubjectFromWebIdentityToken string
	AssumedRoleUser             assumedRoleUser
	Provider                    string
	Audience                    string
}

// assumeRoleWithWebIdentity is AssumeRole for a caller with an OpenID Connect token, whose signature is not verified. (Assumed:
// every provider is known and trusted.)
func assumeRoleWithWebIdentity(call *wire.Call, in *assumeRoleWithWebIdentityInput) (*assumeRoleWithWebIdentityOutput, error) {
	var c wire.Constraints
	c.Length("webIdentityToken", in.WebIdentityToken, 4, 20000)
	if err := c.Err("ValidationError"); err != nil {
		return nil, err
	}
	claims, err := claimsOf(in.WebIdentityToken)
	if err != nil {
		return nil, err
	}
	if end := time.Unix(int64(claims.Expires), 0); claims.Expires > 0 && !call.Now.Before(end) {
		return nil, wire.Errorf("ExpiredTokenException",
			"Token expired: current date/time %d must be before the expiration date/time %d", call.Now.Unix(), end.Unix())
	}
	who, credentials, err := in.assume(call)
	if err != nil {
		return nil, err
	}
	return &assumeRoleWithWebIdentityOutput{
		Credentials: credentials, AssumedRoleUser: who,
		SubjectFromWebIdentityToken: claims.Subject, Provider: claims.Issuer, Audience: claims.Audience.first(),
	}, nil
}

// assume makes the session.
func (r roleRequest) assume(call *wire.Call) (assumedRoleUser, credentials, error) {
	duration := int32(defaultDuration)
	if r.DurationSeconds != nil {
		duration = *r.DurationSeconds
	}
	var c wire.Constraints
	c.Length("roleArn", r.RoleArn, 20, 2048)
	c.Length("roleSessionName", r.RoleSessionName, 2, 64)
	c.Pattern("roleSessionName", r.RoleSessionName, sessionPattern)
	c.Range("durationSeconds", int64(duration), minDuration, maxDuration)
	if err := c.Err("ValidationError"); err != nil {
		return assumedRoleUser{}, credentials{}, err
	}
	parts := rolePattern.FindStringSubmatch(r.RoleArn)
	if parts == nil {
		return assumedRoleUser{}, credentials{}, wire.Errorf("ValidationError", "%s is invalid", r.RoleArn)
	}
	who := assumedRoleUser{
		AssumedRoleId: roleID(r.RoleArn) + ":" + r.RoleSessionName,
		Arn:           fmt.Sprintf("arn:%s:sts::%s:assumed-role/%s/%s", call.Partition(), parts[1], parts[2], r.RoleSessionName),
	}
	return who, newSession(call, session{
		Account: parts[1], Caller: wire.Caller{ARN: who.Arn, UserID: who.AssumedRoleId, Role: r.RoleArn, Since: call.Now},
		Expires: call.Now.Add(time.Duration(duration) * time.Second).Truncate(time.Second),
	}), nil
}

// claims are what a token says.
type claims struct {
	Issuer   string   `json:"iss"`
	Subject  string   `json:"sub"`
	Audience audience `json:"aud"`
	Expires  float64  `json:"exp"` // seconds since 1970
}

// audience is one name or a list of them.
type audience []string

// UnmarshalJSON reads both forms.
func (a *audience) UnmarshalJSON(raw []byte) error {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		*a = audience{one}
		return nil
	}
	return json.Unmarshal(raw, (*[]string)(a))
}

func (a audience) first() string {
	if len(a) == 0 {
		return ""
	}
	return a[0]
}

// claimsOf reads a token in the form of RFC 7519.
func claimsOf(token string) (found claims, err error) {
	parts := strings.Split(token, ".")
	if len(parts) == 3 {
		var raw []byte
		if raw, err = base64.RawURLEncoding.DecodeString(parts[1]); err == nil {
			err = json.Unmarshal(raw, &found)
		}
	}
	if err != nil || len(parts) != 3 || found.Issuer == "" || found.Subject == "" {
		return claims{}, wire.Errorf("InvalidIdentityToken", "The ID Token provided is not a valid JWT. "+
			"(You may see this error if you sent an Access Token)")
	}
	return found, nil
}
