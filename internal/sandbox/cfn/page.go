package cfn

import (
	"encoding/base64"
	"slices"

	"mlops-infra-suite/internal/sandbox/wire"
)

// pageSize is how many items a paged list shows at once (documented for
// resources and stacks as 1 MB; assumed: 100 items).
const pageSize = 100

// page cuts out the items that come after the one a token names. Keys must be
// unique; the token of a page is the key of its last item.
func page[T any](items []T, key func(T) string, token string) (shown []T, next string, err error) {
	return pageOf(pageSize, items, key, token)
}

// pageOf is page with another page size.
func pageOf[T any](size int, items []T, key func(T) string, token string) (shown []T, next string, err error) {
	if token != "" {
		last, err := base64.RawURLEncoding.DecodeString(token)
		at := slices.IndexFunc(items, func(item T) bool { return key(item) == string(last) })
		if err != nil || at < 0 {
			return nil, "", wire.Errorf("ValidationError", "The NextToken is not valid")
		}
		items = items[at+1:]
	}
	if len(items) > size {
		items = items[:size]
		next = base64.RawURLEncoding.EncodeToString([]byte(key(items[size-1])))
	}
	if items == nil {
		items = []T{}
	}
	return items, next, nil
}
