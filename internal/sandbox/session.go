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
}

func getSession(tx *store.Tx, accessKey string) (session, bool) {
	return store.Get[session](tx, sessionTable, accessKey)
}

// identify finds who has signed the request with an access key: an assumed role,
// or the user of the account that the key selects.
func identify(tx *store.Tx, req *wire.Request) (accountID string, caller wire.Caller, err error) {
	s, ok := getSession(tx, req.AccessKey)
	if !ok {
		return account(tx, req.AccessKey), wire.Caller{}, nil
	}
	if !time.Now().Before(s.Expires) {
		return "", wire.Caller{}, expired(req.Service.Protocol)
	}
	return s.Account, s.Caller, nil
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

// newSession stores a session and makes its credentials. Nobody checks secret
// and token: the access key alone tells who calls.
func newSession(call *wire.Call, s session) credentials {
	random := sha256.Sum256([]byte(call.NewUUID()))
	key := accessKeyID(s.Account, [4]byte(random[:4]))
	store.Put(call.Tx, sessionTable, key, s)
	return credentials{
		AccessKeyId:     key,
		SecretAccessKey: base64.StdEncoding.EncodeToString(random[:30]),
		SessionToken:    "sandbox/" + base64.StdEncoding.EncodeToString(random[:]),
		Expiration:      s.Expires,
	}
}

// accessKeyID carries the account as keys of AWS are reported to: in the 40 bits
// after the first of what follows the prefix, in base32.
func accessKeyID(account string, random [4]byte) string {
	number, _ := strconv.ParseUint(account, 10, 64) // 12 digits
	var raw [10]byte
	binary.BigEndian.PutUint64(raw[:8], (1<<47|number<<7)<<16)
	copy(raw[6:], random[:])
	return "ASIA" + base32.StdEncoding.EncodeToString(raw[:])
}

// roleID is the unique ID of a role, which follows from its ARN.
func roleID(arn string) string {
	sum := sha256.Sum256([]byte(arn))
	return "AROA" + base32.StdEncoding.EncodeToString(sum[:])[:17]
}
