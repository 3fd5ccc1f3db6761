package sandbox

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"regexp"
	"time"

	"mlops-infra-suite/internal/sandbox/cfn"
	"mlops-infra-suite/internal/sandbox/iam"
	"mlops-infra-suite/internal/sandbox/store"
	"mlops-infra-suite/internal/sandbox/wire"
)

const (
	policyTable  = "iam.policy" // documents by the ARN of the user or role
	userTable    = "iam.user"   // users with keys of their own, by ARN
	userKeyTable = "iam.key"    // the same by access key
)

// user is a user with an access key of its own.
type user struct {
	ARN       string
	Account   string
	AccessKey string
	Secret    string
}

// AccessKey is what a user signs with.
type AccessKey struct {
	ID     string `json:"access_key_id,omitempty"`
	Secret string `json:"secret_access_key,omitempty"`
}

var principalPattern = regexp.MustCompile(`^arn:aws[a-z-]*:iam::([0-9]{12}):(user|role)/((?:[\w+=,.@-]+/)*[\w+=,.@-]{1,64})$`)

// defaultUser is the name of the user that every account has.
const defaultUser = "sandbox"

// PutPolicy gives a user or role, named by its ARN, an identity policy: from now
// on it may do what that allows and nothing else, and its requests must be signed
// with its secret. "" takes the policy away. A user is made where there is none, and
// its access key returned; the user "sandbox", whose key is the account, has none
// and signs with any secret. A role's keys are those that AssumeRole gives.
func (s *Sandbox) PutPolicy(principal, policy string) (key AccessKey, err error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	parts := principalPattern.FindStringSubmatch(principal)
	if parts == nil {
		return key, wire.Errorf("ValidationError", "%q is not the ARN of a user or role", principal)
	}
	if policy != "" {
		if _, err := iam.Parse(policy); err != nil {
			return key, err
		}
	}
	err = s.db.Update(func(tx *store.Tx) error {
		if policy == "" {
			store.Delete(tx, policyTable, principal)
		} else {
			store.Put(tx, policyTable, principal, policy)
		}
		if parts[2] == "user" && parts[3] != defaultUser {
			u := ensureUser(tx, principal, parts[1])
			key = AccessKey{ID: u.AccessKey, Secret: u.Secret}
		}
		return nil
	})
	return key, err
}

func ensureUser(tx *store.Tx, arn, account string) user {
	u, ok := store.Get[user](tx, userTable, arn)
	if ok {
		return u
	}
	call := &wire.Call{Context: context.Background(), Tx: tx} //nolint:forbidigo // only to draw a number
	random := sha256.Sum256([]byte(call.NewUUID()))
	u = user{ARN: arn, Account: account, AccessKey: accessKeyID("AKIA", account, [4]byte(random[:4])),
		Secret: base64.StdEncoding.EncodeToString(random[:30])}
	store.Put(tx, userTable, arn, u)
	store.Put(tx, userKeyTable, u.AccessKey, u)
	return u
}

// policyRequest is the body of POST /_sandbox/policy.
type policyRequest struct {
	Principal string          `json:"principal"`
	Policy    json.RawMessage `json:"policy"` // a document, or null for none
}

func (s *Sandbox) servePolicy(w http.ResponseWriter, r *http.Request) {
	var in policyRequest
	if err := readJSON(w, r, &in); err != nil {
		refuse(w, err)
		return
	}
	text := string(in.Policy)
	if text == "null" {
		text = ""
	}
	key, err := s.PutPolicy(in.Principal, text)
	if err != nil {
		refuse(w, err)
		return
	}
	answer(w, http.StatusOK, key)
}

// policyOf is the policy of who calls, nil for none.
func policyOf(call *wire.Call) (*iam.Policy, error) {
	principal := call.Caller.Role
	if principal == "" {
		principal = call.CallerARN()
	}
	text, ok := store.Get[string](call.Tx, policyTable, principal)
	if !ok {
		return nil, nil
	}
	return iam.Parse(text)
}

// verify checks the signature of a caller whose policy counts and whose secret is
// known.
func verify(call *wire.Call, req *wire.Request, from signer) error {
	policy, err := policyOf(call)
	if policy == nil || err != nil || from.secret == "" {
		return err
	}
	return req.CheckSignature(from.secret, from.token, time.Now().UTC())
}

// Decision is what a caller's policy has said of one thing that a call needs.
type Decision struct {
	Call    string // "ec2:CreateSecurityGroup"
	Via     string // the service that makes the call for the caller, "" for none
	Need    iam.Need
	Verdict iam.Verdict
}

// authorize refuses what the caller's policy doesn't allow.
func (s *Sandbox) authorize(call *wire.Call, in any) error {
	policy, err := policyOf(call)
	if policy == nil || err != nil {
		return err
	}
	decision := Decision{Call: call.Service + ":" + call.Action, Via: call.Via, Verdict: iam.Allowed}
	needs := iam.NeedsOf(call, in, cfn.Lookup)
	if len(needs) == 0 {
		s.decided(decision)
	}
	for _, decision.Need = range needs {
		decision.Verdict = policy.Decide(decision.Need)
		s.decided(decision)
		if decision.Verdict != iam.Allowed {
			return iam.Refusal(call, decision.Need, decision.Verdict)
		}
	}
	return nil
}

func (s *Sandbox) decided(d Decision) {
	if s.opts.Decided != nil {
		s.opts.Decided(d)
	}
}
