package sandbox

import (
	"net/http"

	"mlops-infra-suite/internal/sandbox/s3"
	"mlops-infra-suite/internal/sandbox/store"
	"mlops-infra-suite/internal/sandbox/wire"
)

// bucketRequest and bucketResponse are the bodies of POST /_sandbox/ensure-bucket.
type bucketRequest struct {
	Account string `json:"account"`
	Region  string `json:"region"`
	Bucket  string `json:"bucket"`
}

type bucketResponse struct {
	Created bool `json:"created"`
}

// EnsureBucket creates a bucket in an account and region, as whoever prepares an
// account would have done. One that is there stays as it is, whosever it is.
func (s *Sandbox) EnsureBucket(account, region, name string) (created bool, err error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	call, err := preparing("bucket", account, region)
	if err != nil {
		return false, err
	}
	missing := func(tx *store.Tx) bool {
		call.Tx = tx
		_, err := s3.HeadBucket(call, &s3.BucketInput{Bucket: name})
		return wire.IsCode(err, "NoSuchBucket", "InvalidBucketName")
	}
	if err := s.db.View(func(tx *store.Tx) error { created = missing(tx); return nil }); err != nil || !created {
		return false, err
	}
	err = s.db.Update(func(tx *store.Tx) error {
		if created = missing(tx); !created {
			return nil
		}
		remember(tx, account)
		return s3.Make(call, name)
	})
	return created && err == nil, err
}

func (s *Sandbox) serveEnsureBucket(w http.ResponseWriter, r *http.Request) {
	var in bucketRequest
	if err := readJSON(w, r, &in); err != nil {
		refuse(w, err)
		return
	}
	created, err := s.EnsureBucket(in.Account, in.Region, in.Bucket)
	if err != nil {
		refuse(w, err)
		return
	}
	answer(w, http.StatusOK, bucketResponse{Created: created})
}
