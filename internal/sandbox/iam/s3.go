package iam

import "strconv"

// s3: some actions need one of another name; the resource is the bucket or the
// object, and neither says account or region (all documented).
func (q query) s3() []Need {
	bucket := "arn:" + q.call.Partition() + ":s3:::" + q.text("Bucket")
	object := bucket + "/" + q.text("Key")
	switch action := q.call.Action; action {
	case "ListBuckets":
		return []Need{q.need("ListAllMyBuckets", "*", nil)}
	case "HeadBucket":
		return []Need{q.need("ListBucket", bucket, nil)}
	case "ListObjectsV2":
		return []Need{q.need("ListBucket", bucket, q.listed())}
	case "HeadObject":
		return []Need{q.need("GetObject", object, nil)}
	case "GetObject", "DeleteObject":
		return []Need{q.need(action, object, nil)}
	case "PutObject":
		keys := Keys{}
		if condition := q.text("IfNoneMatch"); condition != "" {
			keys.set("s3:if-none-match", condition)
		}
		return []Need{q.need(action, object, keys)}
	default:
		return []Need{q.need(action, bucket, nil)}
	}
}

func (q query) listed() Keys {
	keys := Keys{}
	if prefix := q.text("Prefix"); prefix != "" {
		keys.set("s3:prefix", prefix)
	}
	if delimiter := q.text("Delimiter"); delimiter != "" {
		keys.set("s3:delimiter", delimiter)
	}
	if n, ok := q.in["MaxKeys"].(int32); ok {
		keys.set("s3:max-keys", strconv.Itoa(int(n)))
	}
	return keys
}
