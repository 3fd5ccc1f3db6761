package s3

import (
	"encoding/base64"
	"strings"

	"mlops-infra-suite/internal/sandbox/store"
	"mlops-infra-suite/internal/sandbox/wire"
)

const maxKeys = 1000 // of a page (documented)

// tokenPrefix tells tokens from other text: what follows is the last entry shown.
const tokenPrefix = "after:"

// ListObjectsV2Input is ListObjectsV2's request.
type ListObjectsV2Input struct {
	Bucket              string
	ExpectedBucketOwner string
	Prefix              string
	Delimiter           string
	StartAfter          string
	ContinuationToken   string
	EncodingType        string
	MaxKeys             int32
}

// ListObjectsV2Output is ListObjectsV2's response.
type ListObjectsV2Output struct {
	request   *ListObjectsV2Input
	objects   []object
	prefixes  []string
	next      string // the token of the next page
	truncated bool
}

// ListObjectsV2 lists objects by their keys; those whose keys agree up to a delimiter
// are one entry (documented).
func ListObjectsV2(call *wire.Call, in *ListObjectsV2Input) (*ListObjectsV2Output, error) {
	b, err := find(call, in.Bucket, in.ExpectedBucketOwner)
	if err != nil {
		return nil, err
	}
	after := in.StartAfter
	if in.ContinuationToken != "" {
		raw, err := base64.StdEncoding.DecodeString(in.ContinuationToken)
		last, ok := strings.CutPrefix(string(raw), tokenPrefix)
		if err != nil || !ok {
			return nil, invalidArgument("continuation-token", in.ContinuationToken, "The continuation token provided is incorrect")
		}
		after = last
	}
	out := &ListObjectsV2Output{request: in}
	last := ""
	for _, o := range store.Scan[object](call.Tx, objectTable, objectKey(call, b, in.Prefix)) {
		entry := common(o.Key, in.Prefix, in.Delimiter)
		switch {
		case o.Key <= after, entry != "" && (entry <= after || entry == last):
			continue
		case len(out.objects)+len(out.prefixes) == int(in.MaxKeys):
			if in.MaxKeys > 0 {
				out.truncated, out.next = true, base64.StdEncoding.EncodeToString([]byte(tokenPrefix+last))
			}
			return out, nil
		case entry != "":
			out.prefixes, last = append(out.prefixes, entry), entry
		default:
			out.objects, last = append(out.objects, o), o.Key
		}
	}
	return out, nil
}

// common is a key up to the first delimiter behind the prefix, "" where there is none.
func common(key, prefix, delimiter string) string {
	if delimiter == "" {
		return ""
	}
	before, _, found := strings.Cut(key[len(prefix):], delimiter)
	if !found {
		return ""
	}
	return prefix + before + delimiter
}
