package ec2

import (
	"cmp"
	"slices"

	"mlops-infra-suite/internal/sandbox/wire"
)

// Page is the pagination that Describe operations share.
type Page struct {
	MaxResults *int32 // 5 to 1000; nil returns everything
	NextToken  string
}

// check wants MaxResults in its usual range.
func (p Page) check() error { return p.within(5, 1000) }

// within wants MaxResults in a range. (Reported wording, which is a little off.)
func (p Page) within(least, most int32) error {
	if p.MaxResults == nil {
		return nil
	}
	switch n := *p.MaxResults; {
	case n < least:
		return invalidValue("Value ( %d ) for parameter maxResults is invalid. Expecting a value greater than %d.", n, least)
	case n > most:
		return invalidValue("Value ( %d ) for parameter maxResults is invalid. Expecting a value smaller than %d.", n, most)
	}
	return nil
}

// paginate sorts items, which have distinct IDs, and cuts out the page that was
// asked for. The list is never nil.
func paginate[T any](p Page, all []T, id func(T) string) (page []T, next string, err error) {
	slices.SortFunc(all, func(a, b T) int { return cmp.Compare(id(a), id(b)) })
	limit := 0
	if p.MaxResults != nil {
		limit = int(*p.MaxResults)
	}
	page, next, err = wire.Paginate(all, id, p.NextToken, limit)
	if err != nil {
		return nil, "", invalidValue("Value (%.100s) for parameter nextToken is invalid.", p.NextToken)
	}
	return page, next, nil
}

// wanted is the set of IDs that a request asks for; an empty set asks for all.
type wanted map[string]bool

func newWanted(ids []string) wanted {
	w := wanted{}
	for _, id := range ids {
		w[id] = true
	}
	return w
}

func (w wanted) has(id string) bool { return len(w) == 0 || w[id] }
