package s3

import (
	"net/http"
	"regexp"
	"time"

	"mlops-infra-suite/internal/sandbox/store"
	"mlops-infra-suite/internal/sandbox/wire"
)

const (
	bucketTable = "s3.bucket" // by partition and name: the names are unique in a partition (documented)
	objectTable = "s3.object" // by partition, bucket and key
)

type bucket struct {
	Name    string
	Owner   string // the account
	Region  string
	Created time.Time
}

var accountID = regexp.MustCompile(`^[0-9]{12}$`)

// find returns a bucket that the caller's account may use.
func find(call *wire.Call, name, expectedOwner string) (bucket, error) {
	if !validName(name) {
		return bucket{}, failure(http.StatusBadRequest, "InvalidBucketName", "The specified bucket is not valid.",
			wire.Detail{Name: "BucketName", Value: name})
	}
	if expectedOwner != "" && !accountID.MatchString(expectedOwner) {
		return bucket{}, failure(http.StatusBadRequest, "InvalidBucketOwnerAWSAccountID",
			"The value of the expected bucket owner parameter must be an AWS account ID")
	}
	b, ok := store.Get[bucket](call.Tx, bucketTable, store.Key(call.Partition(), name))
	switch {
	case !ok:
		return b, noSuchBucket(name)
	case b.Region != call.Region:
		return b, permanentRedirect(b)
	case b.Owner != call.Account, expectedOwner != "" && expectedOwner != b.Owner:
		return b, accessDenied()
	}
	return b, nil
}

// CreateBucketInput is CreateBucket's request.
type CreateBucketInput struct {
	Bucket             string
	LocationConstraint string
}

// CreateBucketOutput is CreateBucket's response.
type CreateBucketOutput struct {
	Location string
}

const firstRegion = "us-east-1" // which has no LocationConstraint

// CreateBucket makes an empty bucket in the region that it is asked in.
func CreateBucket(call *wire.Call, in *CreateBucketInput) (*CreateBucketOutput, error) {
	if !validName(in.Bucket) {
		return nil, failure(http.StatusBadRequest, "InvalidBucketName", "The specified bucket is not valid.",
			wire.Detail{Name: "BucketName", Value: in.Bucket})
	}
	if err := checkLocation(call.Region, in.LocationConstraint); err != nil {
		return nil, err
	}
	key := store.Key(call.Partition(), in.Bucket)
	out := &CreateBucketOutput{Location: "/" + in.Bucket}
	if old, ok := store.Get[bucket](call.Tx, bucketTable, key); ok {
		switch {
		case old.Owner != call.Account:
			return nil, failure(http.StatusConflict, "BucketAlreadyExists", "The requested bucket name is not available. The bucket namespace "+
				"is shared by all users of the system. Please select a different name and try again.", wire.Detail{Name: "BucketName", Value: in.Bucket})
		case old.Region == firstRegion && call.Region == firstRegion: // documented, for the sake of old clients
			return out, nil
		}
		return nil, failure(http.StatusConflict, "BucketAlreadyOwnedByYou",
			"Your previous request to create the named bucket succeeded and you already own it.", wire.Detail{Name: "BucketName", Value: in.Bucket})
	}
	store.Put(call.Tx, bucketTable, key, bucket{Name: in.Bucket, Owner: call.Account, Region: call.Region, Created: call.Now.Truncate(time.Second)})
	return out, nil
}

// Make is CreateBucket with the LocationConstraint that the call's region wants.
func Make(call *wire.Call, name string) error {
	in := &CreateBucketInput{Bucket: name}
	if call.Region != firstRegion {
		in.LocationConstraint = call.Region
	}
	_, err := CreateBucket(call, in)
	return err
}

// checkLocation wants a bucket to be made in its region (documented).
func checkLocation(region, constraint string) error {
	switch {
	case region == firstRegion && constraint == "", region != firstRegion && constraint == region:
		return nil
	case region == firstRegion && constraint == firstRegion:
		return failure(http.StatusBadRequest, "InvalidLocationConstraint", "The specified location-constraint is not valid",
			wire.Detail{Name: "LocationConstraint", Value: constraint})
	case constraint == "":
		constraint = "unspecified"
	}
	return failure(http.StatusBadRequest, "IllegalLocationConstraintException",
		"The "+constraint+" location constraint is incompatible for the region specific endpoint this request was sent to.")
}

// BucketInput is the request of the actions on a bucket that is there.
type BucketInput struct {
	Bucket              string
	ExpectedBucketOwner string
}

// HeadBucketOutput is HeadBucket's response.
type HeadBucketOutput struct {
	BucketRegion string
}

// HeadBucket says whether the bucket is there and the caller's.
func HeadBucket(call *wire.Call, in *BucketInput) (*HeadBucketOutput, error) {
	b, err := find(call, in.Bucket, in.ExpectedBucketOwner)
	return &HeadBucketOutput{b.Region}, err
}

// GetBucketLocationOutput is GetBucketLocation's response.
type GetBucketLocationOutput struct {
	LocationConstraint string // empty for the first region (documented)
}

// GetBucketLocation says in which region a bucket is.
func GetBucketLocation(call *wire.Call, in *BucketInput) (*GetBucketLocationOutput, error) {
	b, err := find(call, in.Bucket, in.ExpectedBucketOwner)
	if b.Region == firstRegion {
		b.Region = ""
	}
	return &GetBucketLocationOutput{b.Region}, err
}

// DeleteBucket deletes a bucket that is empty.
func DeleteBucket(call *wire.Call, in *BucketInput) (*wire.Empty, error) {
	b, err := find(call, in.Bucket, in.ExpectedBucketOwner)
	if err != nil {
		return nil, err
	}
	for range store.Scan[object](call.Tx, objectTable, objectKey(call, b, "")) {
		return nil, failure(http.StatusConflict, "BucketNotEmpty", "The bucket you tried to delete is not empty",
			wire.Detail{Name: "BucketName", Value: b.Name})
	}
	store.Delete(call.Tx, bucketTable, store.Key(call.Partition(), b.Name))
	return nil, nil
}

// BucketEntry is a bucket in a list.
type BucketEntry struct {
	Name         string
	CreationDate time.Time
}

// ListBucketsOutput is ListBuckets' response.
type ListBucketsOutput struct {
	Owner   string
	Buckets []BucketEntry
}

// ListBuckets lists all buckets of the account, in whatever region.
func ListBuckets(call *wire.Call, _ *wire.Empty) (*ListBucketsOutput, error) {
	out := &ListBucketsOutput{Owner: call.Account}
	for _, b := range store.Scan[bucket](call.Tx, bucketTable, call.Partition()+"/") {
		if b.Owner == call.Account {
			out.Buckets = append(out.Buckets, BucketEntry{b.Name, b.Created})
		}
	}
	return out, nil
}
