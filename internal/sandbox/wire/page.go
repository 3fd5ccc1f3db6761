package wire

import (
	"encoding/base64"
	"errors"
	"strings"
)

// ErrToken says that a pagination token is none of ours. Each service words it
// in its own way.
var ErrToken = errors.New("invalid pagination token")

// tokenPrefix tells tokens from other text: what follows is the last ID shown.
const tokenPrefix = "after:"

// Paginate returns the page of items that token asks for, "" meaning the first,
// and the token of the next page, "" after the last. Items are in ascending
// order of their distinct IDs, so that pages neither repeat nor miss an item
// where others come and go between requests. A limit of 0 is none. The page is
// never nil.
func Paginate[T any](items []T, id func(T) string, token string, limit int) (page []T, next string, err error) {
	if token != "" {
		raw, err := base64.URLEncoding.DecodeString(token)
		last, ok := strings.CutPrefix(string(raw), tokenPrefix)
		if err != nil || !ok {
			return nil, "", ErrToken
		}
		for len(items) > 0 && id(items[0]) <= last {
			items = items[1:]
		}
	}
	if limit == 0 || len(items) <= limit {
		return append([]T{}, items...), "", nil
	}
	page = items[:limit]
	return page, base64.URLEncoding.EncodeToString([]byte(tokenPrefix + id(page[limit-1]))), nil
}
