package wire

import (
	"cmp"
	"context"
	"fmt"
	"hash/fnv"
	"strings"
	"time"

	"mlops-infra-suite/internal/sandbox/store"
)

// Call is one API call, or one that CloudFormation makes on a caller's behalf.
type Call struct {
	Context   context.Context
	Tx        *store.Tx // open for the time of the call; writable for Write operations
	Account   string    // 12 digits
	Region    string
	RequestID string    // a UUID
	Service   string    // as in a credential scope: "ec2"
	Action    string    // "CreateSecurityGroup"
	Now       time.Time // UTC; the same for everything the call writes
	Via       string    // CloudFormation when it is who calls, else ""
	SourceIP  string    // where the request came from
	UserAgent string    // what the client says that it is
	Caller    Caller    // of the account
	Around    Around    // stands around what the call makes other services do; nil for nothing
}

// Around wraps the run of an action: it may refuse the action, and sees its result.
type Around func(call *Call, in any, run func() (any, error)) (any, error)

// Through runs an action of one service that another service calls; call is the call of that action.
func Through[In, Out any](call *Call, in *In, run func(*Call, *In) (*Out, error)) (*Out, error) {
	if call.Around == nil {
		return run(call, in)
	}
	out, err := call.Around(call, in, func() (any, error) {
		out, err := run(call, in)
		if err != nil {
			return nil, err
		}
		return out, nil
	})
	if err != nil {
		return nil, err
	}
	return out.(*Out), nil
}

// CloudFormation is the service that calls others on a caller's behalf.
const CloudFormation = "cloudformation.amazonaws.com"

// Caller is who has signed a call: an assumed role, a user, or, where ARN is "",
// the user that every account has.
type Caller struct {
	ARN       string    // "arn:aws:sts::123456789012:assumed-role/deployer/ci"
	UserID    string    // "AROA...:ci"
	Role      string    `json:",omitempty"` // ARN of the assumed role, "" for a user
	Since     time.Time `json:",omitzero"`  // when the session of a role began
	AccessKey string    `json:",omitempty"` // of the signature, "" without one
}

// CallerARN is who calls: an assumed role, a user, or the identity behind every
// other access key of an account. (Assumed: each account has this one user.)
func (c *Call) CallerARN() string {
	if c.Caller.ARN != "" {
		return c.Caller.ARN
	}
	return fmt.Sprintf("arn:%s:iam::%s:user/sandbox", c.Partition(), c.Account)
}

// CallerID is the unique ID of who calls.
func (c *Call) CallerID() string { return cmp.Or(c.Caller.UserID, "AIDASANDBOX"+c.Account) }

// ARN is the name of a resource of the call's account and region:
// ARN("ec2", "security-group/sg-1").
func (c *Call) ARN(service, resource string) string {
	return fmt.Sprintf("arn:%s:%s:%s:%s:%s", c.Partition(), service, c.Region, c.Account, resource)
}

// Partition is the part of AWS that the region belongs to.
func (c *Call) Partition() string {
	switch {
	case strings.HasPrefix(c.Region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(c.Region, "us-gov-"):
		return "aws-us-gov"
	}
	return "aws"
}

// Key is store.Key in the call's account and region.
func (c *Call) Key(id ...string) string { return store.Key(c.Account, c.Region, id...) }

// Prefix is store.Prefix in the call's account and region.
func (c *Call) Prefix(id ...string) string { return store.Prefix(c.Account, c.Region, id...) }

// NewID returns a new resource ID such as "sg-0123456789abcdef0": prefix, a
// hyphen and 17 hexadecimal digits. The same seed and the same order of calls
// give the same IDs; no ID is given twice. It needs a Write operation.
func (c *Call) NewID(prefix string) string {
	return fmt.Sprintf("%s-0%016x", prefix, c.number(prefix))
}

// NewUUID returns a new UUID, as deterministic as NewID.
func (c *Call) NewUUID() string {
	hi, lo := c.number("uuid"), c.number("uuid")
	return fmt.Sprintf("%08x-%04x-4%03x-%04x-%012x",
		hi>>32, hi>>16&0xffff, hi&0xfff, lo>>48&0x3fff|0x8000, lo&0xffffffffffff)
}

// number is unique for the kind: the next of a sequence, passed through splitmix64, which is a bijection.
func (c *Call) number(kind string) uint64 {
	seed, _ := store.Get[uint64](c.Tx, metaTable, seedKey)
	h := fnv.New64a()
	h.Write([]byte(kind))
	z := c.Tx.Sequence(idSequences+kind) + seed ^ h.Sum64()
	z += 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

const (
	metaTable   = "meta"
	seedKey     = "seed"
	idSequences = "id/" // what the names of the IDs' sequences begin with
)

// Seed makes the IDs of a new store follow from seed. A store that has given IDs
// already goes on as it began; else it could give one twice.
func Seed(db *store.DB, seed uint64) error {
	if seed == 0 {
		return nil // what a store without a seed has
	}
	return db.Update(func(tx *store.Tx) error {
		if !tx.HasSequences(idSequences) {
			store.Put(tx, metaTable, seedKey, seed)
		}
		return nil
	})
}
