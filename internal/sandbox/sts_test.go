package sandbox_test

import (
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"mlops-infra-suite/internal/sandbox"
)

const deployer = "arn:aws:iam::444455556666:role/ci/deployer"

func assume(t *testing.T, c clients, role, session string) *sts.AssumeRoleOutput {
	t.Helper()
	return must[*sts.AssumeRoleOutput](t)(c.sts.AssumeRole(t.Context(), &sts.AssumeRoleInput{RoleArn: &role, RoleSessionName: &session}))
}

// TestAssumeRole: the credentials act in the role's account, as the role, and
// still do after a restart.
func TestAssumeRole(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, sandbox.Options{})
	made := assume(t, clientsFor(s, testAccount, testRegion), deployer, "build-7")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, dir, sandbox.Options{})
	c := clientsFor(s, *made.Credentials.AccessKeyId, testRegion)
	put(t, c, "/by/role", "v")
	identity := must[*sts.GetCallerIdentityOutput](t)(c.sts.GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{}))
	want := &sts.GetCallerIdentityOutput{
		Account: aws.String("444455556666"), UserId: made.AssumedRoleUser.AssumedRoleId,
		Arn: aws.String("arn:aws:sts::444455556666:assumed-role/deployer/build-7"),
	}
	if diff := cmp.Diff(want, identity, cmpopts.IgnoreFields(sts.GetCallerIdentityOutput{}, "ResultMetadata"),
		cmpopts.IgnoreUnexported(sts.GetCallerIdentityOutput{})); diff != "" {
		t.Error(diff)
	}
	if id := *made.AssumedRoleUser.AssumedRoleId; !strings.HasPrefix(id, "AROA") || !strings.HasSuffix(id, ":build-7") {
		t.Errorf("ID of the role: %s", id)
	}
	direct := clientsFor(s, "444455556666", testRegion)
	history := must[*ssm.GetParameterHistoryOutput](t)(direct.ssm.GetParameterHistory(t.Context(), &ssm.GetParameterHistoryInput{Name: aws.String("/by/role")}))
	if by := *history.Parameters[0].LastModifiedUser; by != *want.Arn {
		t.Errorf("written by %s", by)
	}
}

// TestAccessKeys: a key carries its account as those of AWS are reported to.
func TestAccessKeys(t *testing.T) {
	c := newClients(t)
	first, second := assume(t, c, deployer, "one").Credentials, assume(t, c, deployer, "one").Credentials
	if *first.AccessKeyId == *second.AccessKeyId {
		t.Errorf("two sessions have the key %s", *first.AccessKeyId)
	}
	info := must[*sts.GetAccessKeyInfoOutput](t)(c.sts.GetAccessKeyInfo(t.Context(), &sts.GetAccessKeyInfoInput{AccessKeyId: first.AccessKeyId}))
	rest, ok := strings.CutPrefix(*first.AccessKeyId, "ASIA")
	raw, err := base32.StdEncoding.DecodeString(rest)
	if err != nil || !ok || len(raw) != 10 {
		t.Fatalf("key %s: %v", *first.AccessKeyId, err)
	}
	carried := fmt.Sprintf("%012d", binary.BigEndian.Uint64(raw[:8])>>16&0x7fffffffff80>>7)
	if *info.Account != "444455556666" || carried != "444455556666" {
		t.Errorf("account %s, in the key %s", *info.Account, carried)
	}
	_, err = c.sts.GetAccessKeyInfo(t.Context(), &sts.GetAccessKeyInfoInput{AccessKeyId: aws.String("short")})
	wantError(t, err, "ValidationError", "1 validation error detected: Value 'short' at 'accessKeyId' failed to satisfy constraint: "+
		"Member must have length greater than or equal to 16")
}

// TestAssumeRoleWritesNothing: the account that a key without one means is the one
// that something was written in.
func TestAssumeRoleWritesNothing(t *testing.T) {
	s := open(t, "", sandbox.Options{})
	put(t, clientsFor(s, "777788889999", testRegion), "/a", "1")
	assume(t, clientsFor(s, testAccount, testRegion), deployer, "me")
	identity := must[*sts.GetCallerIdentityOutput](t)(clientsFor(s, "AKIAEXAMPLE", testRegion).sts.
		GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{}))
	if *identity.Account != "777788889999" {
		t.Errorf("account %s", *identity.Account)
	}
}

func TestAssumeRoleRefused(t *testing.T) {
	s := open(t, "", sandbox.Options{})
	c := clientsFor(s, testAccount, testRegion)
	const one = "1 validation error detected: Value "
	for name, test := range map[string]struct {
		in      sts.AssumeRoleInput
		message string
	}{
		"short ARN":      {sts.AssumeRoleInput{RoleArn: aws.String("arn:x"), RoleSessionName: aws.String("me")}, one + "'arn:x' at 'roleArn' failed to satisfy constraint: Member must have length greater than or equal to 20"},
		"ARN of a user":  {sts.AssumeRoleInput{RoleArn: aws.String("arn:aws:iam::444455556666:user/me"), RoleSessionName: aws.String("me")}, "arn:aws:iam::444455556666:user/me is invalid"},
		"session":        {sts.AssumeRoleInput{RoleArn: aws.String(deployer), RoleSessionName: aws.String("a b")}, one + `'a b' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w+=,.@-]*`},
		"too short":      {sts.AssumeRoleInput{RoleArn: aws.String(deployer), RoleSessionName: aws.String("me"), DurationSeconds: aws.Int32(899)}, one + "'899' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900"},
		"too long":       {sts.AssumeRoleInput{RoleArn: aws.String(deployer), RoleSessionName: aws.String("me"), DurationSeconds: aws.Int32(43201)}, one + "'43201' at 'durationSeconds' failed to satisfy constraint: Member must have value less than or equal to 43200"},
		"both are wrong": {sts.AssumeRoleInput{RoleArn: aws.String("arn:x"), RoleSessionName: aws.String("m")}, "2 validation errors detected: Value 'arn:x' at 'roleArn' failed to satisfy constraint: Member must have length greater than or equal to 20; Value 'm' at 'roleSessionName' failed to satisfy constraint: Member must have length greater than or equal to 2"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := c.sts.AssumeRole(t.Context(), &test.in)
			wantError(t, err, "ValidationError", test.message)
		})
	}
	_, err := c.sts.AssumeRole(t.Context(), &sts.AssumeRoleInput{RoleArn: aws.String(deployer), RoleSessionName: aws.String("me"), Policy: aws.String("{}")})
	wantError(t, err, "InvalidQueryParameter", "The parameter Policy is not recognized")
	role := clientsFor(s, *assume(t, c, deployer, "me").Credentials.AccessKeyId, testRegion)
	_, err = role.sts.AssumeRole(t.Context(), &sts.AssumeRoleInput{RoleArn: aws.String(deployer), RoleSessionName: aws.String("me"), DurationSeconds: aws.Int32(3601)})
	wantError(t, err, "ValidationError", "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining")
}

// TestSessionEnds: each protocol has an error of its own for old credentials.
func TestSessionEnds(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := open(t, dir, sandbox.Options{})
		made := assume(t, clientsFor(s, testAccount, testRegion), deployer, "me")
		c := clientsFor(s, *made.Credentials.AccessKeyId, testRegion)
		time.Sleep(59 * time.Minute)
		put(t, c, "/a", "1")
		time.Sleep(time.Minute)
		_, err := c.sts.GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
		wantError(t, err, "ExpiredToken", "The security token included in the request is expired")
		_, err = c.ec2.DescribeVpcs(t.Context(), &ec2.DescribeVpcsInput{})
		wantError(t, err, "RequestExpired", "Request has expired.")
		_, err = c.ssm.GetParameter(t.Context(), &ssm.GetParameterInput{Name: aws.String("/a")})
		wantError(t, err, "ExpiredTokenException", "The security token included in the request is expired")
	})
}

// token is an unsigned OpenID Connect token with the claims.
func token(claims string) *string {
	part := base64.RawURLEncoding.EncodeToString
	return aws.String(part([]byte(`{"alg":"none"}`)) + "." + part([]byte(claims)) + "." + part([]byte("signature")))
}

func TestAssumeRoleWithWebIdentity(t *testing.T) {
	s := open(t, "", sandbox.Options{})
	c := clientsFor(s, testAccount, testRegion)
	in := &sts.AssumeRoleWithWebIdentityInput{RoleArn: aws.String(deployer), RoleSessionName: aws.String("pod"),
		WebIdentityToken: token(`{"iss":"https://token.example","sub":"repo:org/app","aud":["sts.amazonaws.com"],"exp":4102444800}`)}
	made := must[*sts.AssumeRoleWithWebIdentityOutput](t)(c.sts.AssumeRoleWithWebIdentity(t.Context(), in))
	want := &sts.AssumeRoleWithWebIdentityOutput{
		AssumedRoleUser: &types.AssumedRoleUser{AssumedRoleId: made.AssumedRoleUser.AssumedRoleId,
			Arn: aws.String("arn:aws:sts::444455556666:assumed-role/deployer/pod")},
		Audience: aws.String("sts.amazonaws.com"), Provider: aws.String("https://token.example"),
		SubjectFromWebIdentityToken: aws.String("repo:org/app"),
	}
	if diff := cmp.Diff(want, made, cmpopts.IgnoreFields(*made, "Credentials", "ResultMetadata"),
		cmpopts.IgnoreUnexported(*made, types.AssumedRoleUser{})); diff != "" {
		t.Error(diff)
	}
	identity := must[*sts.GetCallerIdentityOutput](t)(clientsFor(s, *made.Credentials.AccessKeyId, testRegion).sts.
		GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{}))
	if *identity.Arn != *want.AssumedRoleUser.Arn {
		t.Errorf("acts as %s", *identity.Arn)
	}
	for text, code := range map[string]string{
		`{"iss":"https://token.example","sub":"me","exp":1}`: "ExpiredTokenException",
		`{"iss":"https://token.example"}`:                    "InvalidIdentityToken",
		`[]`:                                                 "InvalidIdentityToken",
	} {
		in.WebIdentityToken = token(text)
		_, err := c.sts.AssumeRoleWithWebIdentity(t.Context(), in)
		if err == nil || !strings.Contains(err.Error(), code+": ") {
			t.Errorf("%s: %v, want %s", text, err, code)
		}
	}
	in.WebIdentityToken = aws.String("no token")
	_, err := c.sts.AssumeRoleWithWebIdentity(t.Context(), in)
	wantError(t, err, "InvalidIdentityToken", "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)")
}
