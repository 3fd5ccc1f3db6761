package sandbox

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"mlops-infra-suite/internal/sandbox/marketplace"
	"mlops-infra-suite/internal/sandbox/wire"
)

// check wants every fault to be one that can happen; of the names of resources only
// the form can be known in advance.
func (i *injector) check(services []wire.Service) error {
	for _, f := range i.faults {
		if problem := f.problem(services); problem != "" {
			return fmt.Errorf("%w: %s=%s: %s", ErrFault, f.Name, cmp.Or(f.Code, string(f.Kind)), problem)
		}
	}
	return nil
}

// failing are the names of what Fail is for.
var failing = regexp.MustCompile(`^(\*|(` + rollbackPrefix + `)?[A-Za-z0-9]+|` + hookPrefix + `[A-Za-z0-9]+(::[A-Za-z0-9]+)+)$`)

// problem says why the fault can't happen, "" when it can.
func (f Fault) problem(services []wire.Service) string {
	isAction := slices.ContainsFunc(services, func(s wire.Service) bool { return s.Has(f.Name) })
	switch {
	case f.Kind == Refuse && marketplace.Documented(f.Name, f.Code) == nil:
		return "the sandbox knows no such error of the action"
	case f.Kind == Warn && !strings.HasPrefix(f.Name, hookPrefix):
		return "only a hook can warn"
	case f.Kind == Fail && isAction:
		return "an action can't fail, but a resource (an action has throttle, error, denied, drop, lost and slow)"
	case (f.Kind == Fail || f.Kind == Warn) && !failing.MatchString(f.Name):
		return "neither the logical ID of a resource, nor Rollback: and such an ID, nor Hook: and a type such as MyCompany::Network::Guard"
	case f.Kind == Fail, f.Kind == Warn, f.Kind == Refuse, f.Name == "*", isAction:
		return ""
	}
	meant := ""
	if action := similar(f.Name, services); action != "" {
		meant = "; did you mean " + action + "?"
	}
	return "the sandbox has no such action (a resource can only fail)" + meant
}

// similar is the action that a name comes within two letters of, "" when there is none.
func similar(name string, services []wire.Service) string {
	best, least := "", 3
	for _, s := range services {
		for _, op := range s.Operations {
			if d := distance(strings.ToLower(name), strings.ToLower(op.Name)); d < least {
				best, least = op.Name, d
			}
		}
	}
	return best
}

// distance is how many letters of a text must be put in, taken out or changed to make
// another one of it.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0]
		row[0] = i + 1
		for j := range len(b) {
			changed := before
			if a[i] != b[j] {
				changed++
			}
			before = row[j+1]
			row[j+1] = min(changed, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}
