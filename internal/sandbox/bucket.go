package sandbox

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

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
	if !accountKey.MatchString(account) || region == "" {
		return false, wire.Errorf("ValidationError", "ensure bucket: %q and %q are no account and region", account, region)
	}
	call := &wire.Call{
		Context: context.Background(), //nolint:forbidigo // two short transactions, which nothing can interrupt
		Account: account, Region: region, Now: time.Now().UTC(),
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
	body := json.NewDecoder(http.MaxBytesReader(w, r.Body, wire.MaxRequest))
	body.DisallowUnknownFields()
	if err := body.Decode(&in); err != nil {
		refuse(w, wire.Errorf("ValidationError", "read request: %s", err))
		return
	}
	created, err := s.EnsureBucket(in.Account, in.Region, in.Bucket)
	if err != nil {
		refuse(w, err)
		return
	}
	answer(w, http.StatusOK, bucketResponse{Created: created})
}

// EnsureBucketAt is EnsureBucket on the sandbox that a server, see Address, has open.
func EnsureBucketAt(ctx context.Context, address, account, region, name string) (created bool, err error) {
	body, err := json.Marshal(bucketRequest{Account: account, Region: region, Bucket: name})
	if err != nil {
		return false, fmt.Errorf("ensure bucket: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+address+"/_sandbox/ensure-bucket", bytes.NewReader(body))
	if err != nil {
		return false, fmt.Errorf("ensure bucket: %w", err)
	}
	var out struct {
		bucketResponse
		Error string `json:"error"`
	}
	if err := exchange(req, &out); err != nil {
		return false, fmt.Errorf("ensure bucket: %w", err)
	}
	if out.Error != "" {
		return false, fmt.Errorf("ensure bucket: %s", out.Error)
	}
	return out.Created, nil
}
