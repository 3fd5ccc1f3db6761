package ssm

import (
	"fmt"
	"iter"
	"strconv"
	"strings"
	"time"

	"mlops-infra-suite/internal/sandbox/store"
	"mlops-infra-suite/internal/sandbox/wire"
)

// A parameter's present version lies in one table, all its versions in another.
const (
	parameterTable = "ssm.parameter"
	historyTable   = "ssm.history"
	countTable     = "ssm.count" // how many parameters an account and region has
)

// maxVersions is how many versions Parameter Store keeps (documented).
const maxVersions = 100

// parameter is one version of a parameter as it is stored.
type parameter struct {
	Name, Type, Value, Description, AllowedPattern string
	Tier, DataType, ModifiedBy                     string
	Version                                        int64
	Modified                                       time.Time
	Tags                                           map[string]string // of the present version only
}

func getParameter(call *wire.Call, name string) (parameter, bool) {
	return store.Get[parameter](call.Tx, parameterTable, call.Key(name))
}

// put makes p the present version.
func (p parameter) put(call *wire.Call) {
	store.Put(call.Tx, parameterTable, call.Key(p.Name), p)
}

// record adds p to the history and drops the version that is too old.
func (p parameter) record(call *wire.Call) {
	version := p
	version.Tags = nil
	store.Put(call.Tx, historyTable, versionKey(call, p.Name, p.Version), version)
	store.Delete(call.Tx, historyTable, versionKey(call, p.Name, p.Version-maxVersions))
}

func (p parameter) remove(call *wire.Call) {
	n, _ := store.Get[int](call.Tx, countTable, call.Key())
	store.Put(call.Tx, countTable, call.Key(), n-1)
	store.Delete(call.Tx, parameterTable, call.Key(p.Name))
	for key := range store.Scan[parameter](call.Tx, historyTable, historyPrefix(call, p.Name)) {
		store.Delete(call.Tx, historyTable, key)
	}
}

// countOne counts a new parameter, unless there are as many as there may be.
// (Documented quota of standard parameters; assumed: advanced ones, of which
// there may be more, count too.)
func countOne(call *wire.Call) error {
	n, _ := store.Get[int](call.Tx, countTable, call.Key())
	if n >= maxParameters {
		return wire.Errorf("ParameterLimitExceeded", "You have exceeded the number of parameters for this "+
			"Amazon Web Services account. Delete one or more parameters and try again.")
	}
	store.Put(call.Tx, countTable, call.Key(), n+1)
	return nil
}

// parameters yields the present versions whose names begin with prefix, by name.
func parameters(call *wire.Call, prefix string) iter.Seq[parameter] {
	return func(yield func(parameter) bool) {
		for _, p := range store.Scan[parameter](call.Tx, parameterTable, call.Prefix()+prefix) {
			if !yield(p) {
				return
			}
		}
	}
}

// versions yields all versions of a parameter, the oldest first.
func versions(call *wire.Call, name string) iter.Seq[parameter] {
	return func(yield func(parameter) bool) {
		for _, p := range store.Scan[parameter](call.Tx, historyTable, historyPrefix(call, name)) {
			if !yield(p) {
				return
			}
		}
	}
}

// The separator can't be part of a name: the history of /a holds none of /a/b.
func historyPrefix(call *wire.Call, name string) string { return call.Key(name) + "\x00" }

func versionKey(call *wire.Call, name string, version int64) string {
	return historyPrefix(call, name) + parameter{Version: version}.paddedVersion()
}

func (p parameter) name() string { return p.Name }

// paddedVersion sorts as the number does.
func (p parameter) paddedVersion() string { return fmt.Sprintf("%019d", p.Version) }

// find resolves what GetParameter and its like accept: a name or ARN, with a
// version or label behind a colon. The second result is that selector.
func find(call *wire.Call, reference string) (parameter, string, error) {
	name, selector := split(call, strings.TrimSpace(reference))
	if err := checkReference(name); err != nil {
		return parameter{}, "", err
	}
	present, ok := getParameter(call, name)
	if !ok {
		return parameter{}, "", notFound(name)
	}
	if selector == "" {
		return present, "", nil
	}
	version, err := strconv.ParseInt(selector, 10, 64)
	if err == nil {
		p, ok := store.Get[parameter](call.Tx, historyTable, versionKey(call, name, version))
		if ok {
			return p, ":" + selector, nil
		}
	}
	return parameter{}, "", wire.Errorf("ParameterVersionNotFound",
		"Systems Manager could not find version %s of %s. Verify the version and try again.", selector, name)
}

// split takes the parts of a reference. An ARN of another account or region is
// left as it is: no parameter has such a name.
func split(call *wire.Call, reference string) (name, selector string) {
	if rest, ok := strings.CutPrefix(reference, call.ARN("ssm", "parameter")); ok {
		reference = rest
		if strings.Count(rest, "/") == 1 { // the ARN has a slash where the name has none
			if _, exists := getParameter(call, strings.TrimPrefix(rest, "/")); exists {
				reference = strings.TrimPrefix(rest, "/")
			}
		}
	}
	if strings.HasPrefix(reference, "arn:") {
		return reference, ""
	}
	name, selector, _ = strings.Cut(reference, ":")
	return name, selector
}

// notFound has a documented code; its wording is assumed (AWS is reported to send an empty message).
func notFound(name string) error {
	return wire.Errorf("ParameterNotFound", "Parameter %s not found.", name)
}
