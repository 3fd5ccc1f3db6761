package s3

import "mlops-infra-suite/internal/sandbox/wire"

// MaxObject is the size in bytes of the largest object. (AWS: 5 GB in one piece.)
const MaxObject = 8 << 20

// maxFraming is what chunks and trailers may add to a body.
const maxFraming = 1 << 20

// Service is the table of actions.
func Service() wire.Service {
	return wire.Service{
		Name: "s3", Version: "2006-03-01", Protocol: wire.REST,
		Namespace: "http://s3.amazonaws.com/doc/2006-03-01/",
		REST:      &wire.Resources{MaxBody: MaxObject + maxFraming, Read: read, Write: write},
		Operations: []wire.Operation{
			wire.Write("CreateBucket", CreateBucket),
			wire.Write("DeleteBucket", DeleteBucket),
			wire.Write("DeleteObject", DeleteObject),
			wire.Read("GetBucketLocation", GetBucketLocation),
			wire.Read("GetObject", GetObject),
			wire.Read("HeadBucket", HeadBucket),
			wire.Read("HeadObject", HeadObject),
			wire.Read("ListBuckets", ListBuckets),
			wire.Read("ListObjectsV2", ListObjectsV2),
			wire.Write("PutObject", PutObject),
		},
	}
}

// IsData reports whether an action is one on an object: a data event of
// CloudTrail, which its history doesn't have (documented).
func IsData(action string) bool {
	switch action {
	case "PutObject", "GetObject", "HeadObject", "DeleteObject", "ListObjectsV2":
		return true
	}
	return false
}
