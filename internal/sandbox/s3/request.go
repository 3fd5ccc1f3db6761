package s3

import (
	"encoding/xml"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"mlops-infra-suite/internal/sandbox/wire"
)

// message is a request that is being read. What of it has been asked for is known,
// so that the rest can be refused.
type message struct {
	r        *http.Request
	body     []byte
	bucket   string
	key      string
	values   url.Values
	trailers map[string]string
	used     []string // headers and parameters
}

func (m *message) header(name string) string {
	name = http.CanonicalHeaderKey(name)
	m.used = append(m.used, name)
	return m.r.Header.Get(name)
}

func (m *message) param(name string) string {
	m.used = append(m.used, "?"+name)
	return m.values.Get(name)
}

// read tells an action by a request's method, path and parameters, and makes its
// input.
func read(r *http.Request, body []byte) (action string, input any, err error) {
	m := &message{r: r, body: body}
	if m.values, err = url.ParseQuery(r.URL.RawQuery); err != nil {
		return "", nil, failure(http.StatusBadRequest, "InvalidURI", "Couldn't parse the specified URI.")
	}
	m.address()
	m.param("x-id") // the action's name, which SDKs add
	action, input, err = m.action()
	if err == nil {
		err = m.rest()
	}
	return action, input, err
}

// address finds bucket and key: in the host and the path, or in the path alone.
func (m *message) address() {
	path := strings.TrimPrefix(m.r.URL.Path, "/")
	host, _, _ := strings.Cut(m.r.Host, ":")
	if bucket, _, ok := wire.BucketHost(host); ok && bucket != "" {
		m.bucket, m.key = bucket, path
		return
	}
	m.bucket, m.key, _ = strings.Cut(path, "/")
}

func (m *message) action() (string, any, error) {
	method := m.r.Method
	switch {
	case m.bucket == "" && method == http.MethodGet:
		return "ListBuckets", &wire.Empty{}, nil
	case m.bucket == "":
		return "", nil, notAllowed(method)
	case m.key != "":
		return m.objectAction(method)
	}
	named := &BucketInput{m.bucket, m.header("X-Amz-Expected-Bucket-Owner")}
	switch method {
	case http.MethodPut:
		if err := m.restOfQuery(); err != nil { // another action, whose body is none of this one's
			return "", nil, err
		}
		return m.createBucket()
	case http.MethodHead:
		return "HeadBucket", named, nil
	case http.MethodDelete:
		return "DeleteBucket", named, nil
	case http.MethodGet:
		switch {
		case m.values.Has("location"):
			m.param("location")
			return "GetBucketLocation", named, nil
		case m.param("list-type") == "2":
			return m.list()
		}
		if err := m.rest(); err != nil {
			return "", nil, err
		}
		return "", nil, failure(http.StatusNotImplemented, "NotImplemented", "This sandbox lists objects with list-type=2 alone.")
	}
	return "", nil, notAllowed(method)
}

func (m *message) objectAction(method string) (string, any, error) {
	named := &ObjectInput{Bucket: m.bucket, Key: m.key, ExpectedBucketOwner: m.header("X-Amz-Expected-Bucket-Owner")}
	switch method {
	case http.MethodPut:
		return m.putObject()
	case http.MethodDelete:
		return "DeleteObject", named, nil
	case http.MethodGet, http.MethodHead:
		named.ChecksumMode = m.header("X-Amz-Checksum-Mode")
		if method == http.MethodHead {
			return "HeadObject", named, nil
		}
		return "GetObject", named, nil
	}
	return "", nil, notAllowed(method)
}

// keptHeaders are those that an object keeps and answers.
var keptHeaders = []string{"Content-Type", "Content-Encoding", "Content-Language", "Content-Disposition", "Cache-Control", "Expires"}

const metadata = "X-Amz-Meta-"

func (m *message) putObject() (string, any, error) {
	in := &PutObjectInput{
		Bucket: m.bucket, Key: m.key, ExpectedBucketOwner: m.header("X-Amz-Expected-Bucket-Owner"),
		IfNoneMatch: m.header("If-None-Match"), Headers: map[string]string{},
	}
	if in.IfNoneMatch != "" && in.IfNoneMatch != "*" { // documented
		return "", nil, failure(http.StatusNotImplemented, "NotImplemented", "A header you provided implies functionality that is not implemented",
			wire.Detail{Name: "Header", Value: "If-None-Match"})
	}
	if err := m.defaults(); err != nil {
		return "", nil, err
	}
	var err error
	if in.Content, err = m.payload(); err != nil {
		return "", nil, err
	}
	if in.Checksum, err = m.checkSums(in.Content); err != nil {
		return "", nil, err
	}
	for name := range m.r.Header {
		if value := ""; slices.Contains(keptHeaders, name) || strings.HasPrefix(name, metadata) {
			value = m.header(name)
			if name == "Content-Encoding" {
				value = strings.Trim(strings.TrimPrefix(value, "aws-chunked"), ", ") // documented: not kept
			}
			if value != "" {
				in.Headers[name] = value
			}
		}
	}
	return "PutObject", in, nil
}

// defaults takes headers that ask for nothing but what an object has anyway.
func (m *message) defaults() error {
	for name, value := range map[string]string{"X-Amz-Server-Side-Encryption": "AES256", "X-Amz-Storage-Class": "STANDARD"} {
		if got := m.header(name); got != "" && got != value {
			return unknownHeader(name)
		}
	}
	return nil
}

func (m *message) createBucket() (string, any, error) {
	in := &CreateBucketInput{Bucket: m.bucket}
	if len(m.body) == 0 {
		return "CreateBucket", in, nil
	}
	if _, err := m.payload(); err != nil {
		return "", nil, err
	}
	if _, err := m.checkSums(m.body); err != nil {
		return "", nil, err
	}
	var configuration struct {
		XMLName            xml.Name `xml:"CreateBucketConfiguration"`
		LocationConstraint string
		Other              []struct {
			XMLName xml.Name
		} `xml:",any"`
	}
	if err := xml.Unmarshal(m.body, &configuration); err != nil {
		return "", nil, failure(http.StatusBadRequest, "MalformedXML",
			"The XML you provided was not well-formed or did not validate against our published schema")
	}
	if len(configuration.Other) > 0 {
		return "", nil, failure(http.StatusNotImplemented, "NotImplemented",
			"The element "+configuration.Other[0].XMLName.Local+" is not implemented by this sandbox.")
	}
	in.LocationConstraint = configuration.LocationConstraint
	return "CreateBucket", in, nil
}

func (m *message) list() (string, any, error) {
	in := &ListObjectsV2Input{
		Bucket: m.bucket, ExpectedBucketOwner: m.header("X-Amz-Expected-Bucket-Owner"),
		Prefix: m.param("prefix"), Delimiter: m.param("delimiter"), StartAfter: m.param("start-after"),
		ContinuationToken: m.param("continuation-token"), EncodingType: m.param("encoding-type"), MaxKeys: maxKeys,
	}
	m.param("fetch-owner") // documented: of no effect on what is listed; the owner is left out
	if text := m.param("max-keys"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 {
			return "", nil, invalidArgument("max-keys", text, "Provided max-keys not an integer or within integer range")
		}
		in.MaxKeys = int32(min(n, maxKeys))
	}
	if in.EncodingType != "" && in.EncodingType != "url" {
		return "", nil, invalidArgument("encoding-type", in.EncodingType, "Invalid Encoding Method specified in Request")
	}
	if m.values.Get("fetch-owner") == "true" {
		return "", nil, unknownQuery("fetch-owner")
	}
	return "ListObjectsV2", in, nil
}

// ofSignature are headers that belong to the signature or say nothing about what is
// asked for.
var ofSignature = []string{"X-Amz-Date", "X-Amz-Content-Sha256", "X-Amz-Security-Token", "X-Amz-User-Agent"}

// conditions are headers without the prefix of AWS that change what is asked for.
var conditions = []string{"If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since", "Range", "Content-Md5"}

// rest refuses what hasn't been asked for.
func (m *message) rest() error {
	for name := range m.r.Header {
		asks := strings.HasPrefix(name, "X-Amz-") && !slices.Contains(ofSignature, name) || slices.Contains(conditions, name)
		if asks && !slices.Contains(m.used, name) {
			return unknownHeader(name)
		}
	}
	return m.restOfQuery()
}

func (m *message) restOfQuery() error {
	for name := range m.values {
		if !strings.HasPrefix(name, "X-Amz-") && !slices.Contains(m.used, "?"+name) {
			return unknownQuery(name)
		}
	}
	return nil
}
