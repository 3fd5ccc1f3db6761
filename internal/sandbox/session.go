package sandbox

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"net/http"
	"strconv"
	"time"

	"mlops-infra-suite/internal/sandbox/store"
	"mlops-infra-suite/internal/sandbox/wire"
)

const sessionTable = "sts.session"

// session is an assumed role, by the access key that it was given.
type session struct {
	Account string
	Caller  wire.Caller
	Expires time.Time
	Secret  string
	Token   string
}

// signer is the caller of a request, with the secret and the token that it must have used.
type signer struct {
	account string
	caller  wire.Caller
	secret  string // "" where any will do
	token   string
}

func getSession(tx *store.Tx, accessKey string) (session, bool) {
	return store.Get[session](tx, sessionTable, accessKey)
}

// identify finds who has signed the request with an access key: an assumed role, a
// user with a key of its own, or the user of the account that the key selects.
func identify(tx *store.Tx, req *wire.Request) (signer, error) {
	if s, ok := getSession(tx, req.AccessKey); ok {
		if !time.Now().Before(s.Expires) {
			return signer{}, expired(req.Service.Protocol)
		}
		s.Caller.AccessKey = req.AccessKey
		return signer{s.Account, s.Caller, s.Secret, s.Token}, nil
	}
	if u, ok := store.Get[user](tx, userKeyTable, req.AccessKey); ok {
		return signer{account: u.Account, caller: wire.Caller{ARN: u.ARN, UserID: userID(u.ARN), AccessKey: u.AccessKey}, secret: u.Secret}, nil
	}
	return signer{account: account(tx, req.AccessKey), caller: wire.Caller{AccessKey: req.AccessKey}}, nil
}

// expired is the error for credentials that are too old (codes documented, for
// each protocol another one).
func expired(protocol wire.Protocol) error {
	const message = "The security token included in the request is expired"
	switch protocol {
	case wire.EC2:
		return wire.Errorf("RequestExpired", "Request has expired.")
	case wire.JSON:
		return wire.Errorf("ExpiredTokenException", message)
	case wire.REST:
		return wire.Errorf("ExpiredToken", "The provided token has expired.")
	default:
		return &wire.Error{Code: "ExpiredToken", Message: message, Status: http.StatusForbidden}
	}
}

// credentials are temporary ones, as the AssumeRole operations answer them.
type credentials struct {
	AccessKeyId     string
	SecretAccessKey string
	SessionToken    string
	Expiration      time.Time
}

// newSession stores a session and makes its credentials. Secret and token are checked only for a role that has a policy; for
// any other the access key alone says who calls.
func newSession(call *wire.Call, s session) credentials {
	random := sha256.Sum256([]byte(call.NewUUID()))
	key := accessKeyID("ASIA", s.Account, [4]byte(random[:4]))
	s.Secret = base64.StdEncoding.EncodeToString(random[:30])
	s.Token = "sandbox/" + base64.StdEncoding.EncodeToString(random[:])
	store.Put(call.Tx, sessionTable, key, s)
	return credentials{AccessKeyId: key, SecretAccessKey: s.Secret, SessionToken: s.Token, Expiration: s.Expires}
}

// accessKeyID encodes the account as AWS is reported to: after the prefix comes base32, in which the 40 bits after the first
// are the account.
func accessKeyID(prefix, account string, random [4]byte) string {
	number, _ := strconv.ParseUint(account, 10, 64) // 12 digits
	var raw [10]byte
	binary.BigEndian.PutUint64(raw[:8], (1<<47|number<<7)<<16)
	copy(raw[6:], random[:])
	return prefix + base32.StdEncoding.EncodeToString(raw[:])
}

// roleID is the unique ID of a role, which follows from its ARN.
func roleID(arn string) string { return "AROA" + uniqueID(arn) }

// userID is the unique ID of a user, which follows from its ARN.
func userID(arn string) string { return "AIDA" + uniqueID(arn) }

func uniqueID(arn string) string {
	sum := sha256.Sum256([]byte(arn))
	return base32.StdEncoding.EncodeToString(sum[:])[:17]
}
