package s3

import (
	"encoding/xml"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"mlops-infra-suite/internal/sandbox/wire"
)

const (
	namespace = "http://s3.amazonaws.com/doc/2006-03-01/"
	xmlTime   = "2006-01-02T15:04:05.000Z"
)

// write answers a request: most of it in headers, lists and errors in XML.
func write(w http.ResponseWriter, r *http.Request, requestID string, out any, failed *wire.Error) {
	h := w.Header()
	h.Set("X-Amz-Request-Id", requestID)
	h.Set("X-Amz-Id-2", "sandbox")
	if failed != nil {
		writeError(w, r, requestID, failed)
		return
	}
	status, body := http.StatusOK, []byte(nil)
	switch out := out.(type) {
	case *wire.Empty: // of a deletion
		status = http.StatusNoContent
	case *CreateBucketOutput:
		h.Set("Location", out.Location)
	case *HeadBucketOutput:
		h.Set("X-Amz-Bucket-Region", out.BucketRegion)
	case *PutObjectOutput:
		h.Set("Etag", quoted(out.ETag))
		stored(h, out.Checksum)
	case *ObjectOutput:
		out.headers(h)
		body = out.object.Content
	case *GetBucketLocationOutput:
		body = element("LocationConstraint", out.LocationConstraint)
	case *ListBucketsOutput:
		body = out.xml()
	case *ListObjectsV2Output:
		body = out.xml()
	}
	if h.Get("Content-Type") == "" && body != nil {
		h.Set("Content-Type", "application/xml")
	}
	send(w, r, status, body)
}

// send writes a body, but for HEAD, which says how long it would be.
func send(w http.ResponseWriter, r *http.Request, status int, body []byte) {
	if status != http.StatusNoContent {
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	}
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		w.Write(body) // a client that has gone away is no concern of ours
	}
}

func quoted(etag string) string { return `"` + etag + `"` }

// stored are the headers of every object (documented: the default encryption).
func stored(h http.Header, c checksum) {
	h.Set("X-Amz-Server-Side-Encryption", "AES256")
	if c.Algorithm != "" {
		h.Set(c.header(), c.Value)
		h.Set("X-Amz-Checksum-Type", "FULL_OBJECT")
	}
}

func (out *ObjectOutput) headers(h http.Header) {
	o := out.object
	h.Set("Content-Type", "binary/octet-stream") // documented: where none was given
	for name, value := range o.Headers {
		if strings.HasPrefix(name, metadata) {
			h[strings.ToLower(name)] = []string{value} // as S3 writes it: clients take the name from it
			continue
		}
		h.Set(name, value)
	}
	h.Set("Etag", quoted(o.ETag))
	h.Set("Last-Modified", o.Modified.UTC().Format(http.TimeFormat))
	h.Set("Accept-Ranges", "bytes")
	if !out.withChecksum {
		o.Checksum = checksum{}
	}
	stored(h, o.Checksum)
}

func writeError(w http.ResponseWriter, r *http.Request, requestID string, failed *wire.Error) {
	var b strings.Builder
	b.WriteString(xml.Header + "<Error>")
	text(&b, "Code", failed.Code)
	text(&b, "Message", failed.Message)
	for _, d := range failed.Details {
		text(&b, d.Name, d.Value)
		if d.Name == regionDetail {
			w.Header().Set("X-Amz-Bucket-Region", d.Value)
		}
	}
	text(&b, "RequestId", requestID)
	text(&b, "HostId", "sandbox")
	b.WriteString("</Error>")
	w.Header().Set("Content-Type", "application/xml")
	status := failed.Status
	switch {
	case status == 0 && failed.Receiver:
		status = http.StatusInternalServerError
	case status == 0:
		status = http.StatusBadRequest
	}
	body := []byte(b.String())
	if r.Method == http.MethodHead {
		body = nil
	}
	send(w, r, status, body)
}

func text(b *strings.Builder, name, value string) {
	b.WriteString("<" + name + ">")
	_ = xml.EscapeText(b, []byte(value)) // a builder takes everything
	b.WriteString("</" + name + ">")
}

func element(name, value string) []byte {
	var b strings.Builder
	b.WriteString(xml.Header + "<" + name + ` xmlns="` + namespace + `">`)
	_ = xml.EscapeText(&b, []byte(value)) // a builder takes everything
	b.WriteString("</" + name + ">")
	return []byte(b.String())
}

func (out *ListBucketsOutput) xml() []byte {
	var b strings.Builder
	b.WriteString(xml.Header + `<ListAllMyBucketsResult xmlns="` + namespace + `"><Owner>`)
	text(&b, "ID", out.Owner)
	b.WriteString("</Owner><Buckets>")
	for _, bucket := range out.Buckets {
		b.WriteString("<Bucket>")
		text(&b, "Name", bucket.Name)
		text(&b, "CreationDate", bucket.CreationDate.UTC().Format(xmlTime))
		b.WriteString("</Bucket>")
	}
	b.WriteString("</Buckets></ListAllMyBucketsResult>")
	return []byte(b.String())
}

func (out *ListObjectsV2Output) xml() []byte {
	in := out.request
	name := func(s string) string {
		if in.EncodingType == "url" {
			return strings.NewReplacer("%2F", "/", "+", "%20").Replace(url.QueryEscape(s))
		}
		return s
	}
	var b strings.Builder
	b.WriteString(xml.Header + `<ListBucketResult xmlns="` + namespace + `">`)
	for _, e := range [][2]string{
		{"Name", in.Bucket}, {"Prefix", name(in.Prefix)}, {"Delimiter", name(in.Delimiter)}, {"StartAfter", name(in.StartAfter)},
		{"MaxKeys", strconv.Itoa(int(in.MaxKeys))}, {"KeyCount", strconv.Itoa(len(out.objects) + len(out.prefixes))},
		{"IsTruncated", strconv.FormatBool(out.truncated)}, {"EncodingType", in.EncodingType},
		{"ContinuationToken", in.ContinuationToken}, {"NextContinuationToken", out.next},
	} {
		if e[1] != "" || e[0] == "Prefix" {
			text(&b, e[0], e[1])
		}
	}
	for _, o := range out.objects {
		b.WriteString("<Contents>")
		text(&b, "Key", name(o.Key))
		text(&b, "LastModified", o.Modified.UTC().Format(time.RFC3339))
		text(&b, "ETag", quoted(o.ETag))
		text(&b, "ChecksumAlgorithm", o.Checksum.Algorithm)
		text(&b, "Size", strconv.Itoa(len(o.Content)))
		text(&b, "StorageClass", "STANDARD")
		b.WriteString("</Contents>")
	}
	for _, p := range out.prefixes {
		b.WriteString("<CommonPrefixes>")
		text(&b, "Prefix", name(p))
		b.WriteString("</CommonPrefixes>")
	}
	b.WriteString("</ListBucketResult>")
	return []byte(b.String())
}
