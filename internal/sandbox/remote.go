package sandbox

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"

	"mlops-infra-suite/internal/sandbox/wire"
)

// Address returns the address, host:port, of the server that has the sandbox in
// dir open. A server that has died leaves no address behind.
func Address(dir string) (string, bool) {
	text, err := os.ReadFile(filepath.Join(dir, addressFile))
	if err != nil {
		return "", false
	}
	address, err := netip.ParseAddrPort(strings.TrimSpace(string(text)))
	if err != nil || !address.Addr().IsLoopback() {
		return "", false
	}
	//nolint:forbidigo // a short probe with a time-out of its own: a caller has nothing to cancel
	ctx, cancel := context.WithTimeout(context.Background(), probeTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address.String()+"/_sandbox/health", nil)
	if err != nil {
		return "", false
	}
	var found health
	if err := exchange(req, &found); err != nil || found.Directory != resolved(dir) {
		return "", false // nobody there, or another sandbox on a port that was ours
	}
	return address.String(), true
}

// EnsureVPCAt is EnsureVPC on the sandbox that a server, see Address, has open.
func EnsureVPCAt(ctx context.Context, address, account, region, parameter string) (vpcID string, created bool, err error) {
	var out vpcResponse
	refusal, err := post(ctx, address, "ensure-vpc", vpcRequest{Account: account, Region: region, Parameter: parameter}, &out)
	if err = errors.Join(err, refusal); err != nil {
		return "", false, fmt.Errorf("ensure VPC: %w", err)
	}
	return out.VPCID, out.Created, nil
}

// EnsureBucketAt is EnsureBucket on the sandbox that a server, see Address, has open.
func EnsureBucketAt(ctx context.Context, address, account, region, name string) (created bool, err error) {
	var out bucketResponse
	refusal, err := post(ctx, address, "ensure-bucket", bucketRequest{Account: account, Region: region, Bucket: name}, &out)
	if err = errors.Join(err, refusal); err != nil {
		return false, fmt.Errorf("ensure bucket: %w", err)
	}
	return out.Created, nil
}

// ResetAt is Reset on the sandbox that a server, see Address, has open.
func ResetAt(ctx context.Context, address string) error {
	refusal, err := post(ctx, address, "reset", nil, &struct{}{})
	if err != nil {
		return fmt.Errorf("reset sandbox: %w", err)
	}
	return refusal // says itself what it is about
}

// post makes a request to a server's own paths, see adminRoutes, and decodes the
// answer into out; in may be nil. refusal is the server's error, err what kept it from
// answering.
func post(ctx context.Context, address, action string, in, out any) (refusal, err error) {
	var body io.Reader = http.NoBody
	if in != nil {
		text, err := json.Marshal(in)
		if err != nil {
			return nil, err
		}
		body = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+address+"/_sandbox/"+action, body)
	if err != nil {
		return nil, err
	}
	var answer json.RawMessage
	if err := exchange(req, &answer); err != nil {
		return nil, err
	}
	var failure struct {
		Error string `json:"error"`
	}
	if err := errors.Join(json.Unmarshal(answer, &failure), json.Unmarshal(answer, out)); err != nil {
		return nil, err
	}
	if failure.Error != "" {
		return errors.New(failure.Error), nil
	}
	return nil, nil
}

// exchange sends a request to a server's own paths and decodes the answer, which
// is JSON whatever the status. It never goes through a proxy.
func exchange(req *http.Request, out any) error {
	transport := &http.Transport{DisableKeepAlives: true}
	res, err := transport.RoundTrip(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if err := json.NewDecoder(res.Body).Decode(out); err != nil {
		return fmt.Errorf("%s answered %s: %w", req.URL, res.Status, err)
	}
	return nil
}

// readJSON decodes the body of a request to the sandbox itself. A member that in lacks is an error.
func readJSON(w http.ResponseWriter, r *http.Request, in any) error {
	body := json.NewDecoder(http.MaxBytesReader(w, r.Body, wire.MaxRequest))
	body.DisallowUnknownFields()
	if err := body.Decode(in); err != nil {
		return wire.Errorf("ValidationError", "read request: %s", err)
	}
	return nil
}
