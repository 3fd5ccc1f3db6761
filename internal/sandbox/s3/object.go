package s3

import (
	"crypto/md5" //nolint:gosec // what an ETag is
	"encoding/hex"
	"net/http"
	"time"

	"mlops-infra-suite/internal/sandbox/store"
	"mlops-infra-suite/internal/sandbox/wire"
)

type object struct {
	Key      string
	ETag     string // without quotes
	Modified time.Time
	Headers  map[string]string // those that an object keeps, with its metadata
	Checksum checksum
	Content  []byte
}

func objectKey(call *wire.Call, b bucket, key string) string {
	return store.Key(call.Partition(), b.Name, key)
}

const maxKey = 1024 // bytes (documented)

// PutObjectInput is PutObject's request.
type PutObjectInput struct {
	Bucket              string
	Key                 string
	ExpectedBucketOwner string
	IfNoneMatch         string
	Headers             map[string]string `aws:"-"` // Content-Type and the like, x-amz-meta-...
	Checksum            checksum          `aws:"-"`
	Content             []byte            `aws:"-"`
}

// PutObjectOutput is PutObject's response.
type PutObjectOutput struct {
	ETag     string
	Checksum checksum `aws:"-"`
}

// PutObject stores an object in the place of the one that has the key.
func PutObject(call *wire.Call, in *PutObjectInput) (*PutObjectOutput, error) {
	b, err := find(call, in.Bucket, in.ExpectedBucketOwner)
	switch {
	case err != nil:
		return nil, err
	case len(in.Key) > maxKey:
		return nil, failure(http.StatusBadRequest, "KeyTooLongError", "Your key is too long")
	}
	key := objectKey(call, b, in.Key)
	if _, exists := store.Get[object](call.Tx, objectTable, key); exists && in.IfNoneMatch == "*" {
		return nil, failure(http.StatusPreconditionFailed, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold",
			wire.Detail{Name: "Condition", Value: "If-None-Match"})
	}
	sum := md5.Sum(in.Content) //nolint:gosec // what an ETag is
	o := object{
		Key: in.Key, ETag: hex.EncodeToString(sum[:]), Modified: call.Now.Truncate(time.Second),
		Headers: in.Headers, Checksum: in.Checksum, Content: in.Content,
	}
	store.Put(call.Tx, objectTable, key, o)
	return &PutObjectOutput{ETag: o.ETag, Checksum: o.Checksum}, nil
}

// ObjectInput is the request of the actions on an object that is there.
type ObjectInput struct {
	Bucket              string
	Key                 string
	ExpectedBucketOwner string
	ChecksumMode        string
}

// ObjectOutput is the response of GetObject and, without the content, HeadObject.
type ObjectOutput struct {
	object       object
	withChecksum bool
}

// Content is the object itself.
func (out *ObjectOutput) Content() []byte { return out.object.Content }

// GetObject returns an object.
func GetObject(call *wire.Call, in *ObjectInput) (*ObjectOutput, error) {
	return HeadObject(call, in) // what it answers depends on the request's method
}

// HeadObject returns what there is to know of an object.
func HeadObject(call *wire.Call, in *ObjectInput) (*ObjectOutput, error) {
	b, err := find(call, in.Bucket, in.ExpectedBucketOwner)
	if err != nil {
		return nil, err
	}
	o, ok := store.Get[object](call.Tx, objectTable, objectKey(call, b, in.Key))
	if !ok {
		return nil, missing(call, in)
	}
	return &ObjectOutput{object: o, withChecksum: in.ChecksumMode == "ENABLED"}, nil
}

// missing is the error for an object that isn't there: for who may not list the
// bucket it is one that may not be seen (documented).
func missing(call *wire.Call, in *ObjectInput) error {
	listing := *call
	listing.Action = "ListObjectsV2"
	_, err := wire.Through(&listing, &ListObjectsV2Input{Bucket: in.Bucket}, func(*wire.Call, *ListObjectsV2Input) (*wire.Empty, error) {
		return &wire.Empty{}, nil
	})
	if err != nil {
		return accessDenied()
	}
	return noSuchKey(in.Key)
}

// DeleteObject deletes an object, or does nothing where there is none (documented).
func DeleteObject(call *wire.Call, in *ObjectInput) (*wire.Empty, error) {
	b, err := find(call, in.Bucket, in.ExpectedBucketOwner)
	if err == nil {
		store.Delete(call.Tx, objectTable, objectKey(call, b, in.Key))
	}
	return nil, err
}
