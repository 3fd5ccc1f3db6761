package sandbox_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/google/go-cmp/cmp"

	"mlops-infra-suite/internal/sandbox"
)

// s3For is the SDK's client as it talks to AWS: over https, to the bucket's own host name, with checksums.
func s3For(handler http.Handler, account, region string, options ...func(*s3.Options)) *s3.Client {
	cfg := configFor(handler, account, region)
	cfg.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenSupported
	return s3.NewFromConfig(cfg, options...)
}

func makeBucket(t *testing.T, c *s3.Client, name string) {
	t.Helper()
	in := &s3.CreateBucketInput{Bucket: &name}
	if region := c.Options().Region; region != "us-east-1" {
		in.CreateBucketConfiguration = &types.CreateBucketConfiguration{LocationConstraint: types.BucketLocationConstraint(region)}
	}
	if _, err := c.CreateBucket(t.Context(), in); err != nil {
		t.Fatal(err)
	}
}

// TestObject: what was put is what is read, with what came with it, also after a restart, at either address of a bucket.
func TestObject(t *testing.T) {
	dir := t.TempDir()
	box := open(t, dir, sandbox.Options{})
	c := s3For(box, testAccount, testRegion)
	makeBucket(t, c, "b-1")
	content := strings.Repeat("sandbox ", 20_000)
	put, err := c.PutObject(t.Context(), &s3.PutObjectInput{
		Bucket: aws.String("b-1"), Key: aws.String("a dir/file&name.json"), Body: strings.NewReader(content),
		ContentType: aws.String("application/json"), Expires: aws.Time(time.Unix(2_000_000_000, 0)), Metadata: map[string]string{"run": "7"}, ExpectedBucketOwner: aws.String(testAccount),
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := box.Close(); err != nil {
		t.Fatal(err)
	}
	box = open(t, dir, sandbox.Options{})
	for _, inPath := range []bool{false, true} {
		c = s3For(box, testAccount, testRegion, func(o *s3.Options) { o.UsePathStyle = inPath })
		got, err := c.GetObject(t.Context(), &s3.GetObjectInput{
			Bucket: aws.String("b-1"), Key: aws.String("a dir/file&name.json"), ChecksumMode: types.ChecksumModeEnabled,
		})
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(got.Body)
		if err != nil || string(body) != content {
			t.Errorf("%d bytes, %v", len(body), err)
		}
		have := []string{*got.ContentType, aws.ToString(got.ExpiresString), got.Metadata["run"], *got.ETag, aws.ToString(got.ChecksumCRC32), string(got.ServerSideEncryption)}
		if diff := cmp.Diff([]string{"application/json", "Wed, 18 May 2033 03:33:20 GMT", "7", *put.ETag, aws.ToString(put.ChecksumCRC32), "AES256"}, have); diff != "" || have[4] == "" {
			t.Error(diff, have)
		}
	}
}

// TestWaysToPut: each way in which SDKs send a body and its checksum.
func TestWaysToPut(t *testing.T) {
	box := open(t, "", sandbox.Options{})
	makeBucket(t, s3For(box, testAccount, testRegion), "ways")
	once := func(text string) io.Reader { return io.MultiReader(strings.NewReader(text)) } // can't be read twice
	whole := func(text string) io.Reader { return strings.NewReader(text) }
	for name, tt := range map[string]struct {
		body      func(string) io.Reader
		algorithm types.ChecksumAlgorithm
		plain     bool // over http
		needed    bool // no checksum but where one must be
	}{
		"in chunks with a trailer": {body: once},
		"in the header":            {body: whole, plain: true},
		"CRC32C":                   {body: whole, algorithm: types.ChecksumAlgorithmCrc32c},
		"SHA1":                     {body: whole, algorithm: types.ChecksumAlgorithmSha1, plain: true},
		"SHA256":                   {body: once, algorithm: types.ChecksumAlgorithmSha256},
		"CRC64NVME":                {body: whole, algorithm: types.ChecksumAlgorithmCrc64nvme},
		"none":                     {body: whole, needed: true},
		"empty":                    {body: func(string) io.Reader { return strings.NewReader("") }},
	} {
		t.Run(name, func(t *testing.T) {
			c := s3For(box, testAccount, testRegion, func(o *s3.Options) {
				if tt.plain {
					o.BaseEndpoint = aws.String("http://127.0.0.1")
				}
				if tt.needed {
					o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
				}
			})
			want, err := io.ReadAll(tt.body("content of " + name))
			if err != nil {
				t.Fatal(err)
			}
			_, err = c.PutObject(t.Context(), &s3.PutObjectInput{
				Bucket: aws.String("ways"), Key: &name, Body: tt.body("content of " + name), ChecksumAlgorithm: tt.algorithm,
				ContentLength: aws.Int64(int64(len(want))),
			})
			if err != nil {
				t.Fatal(err)
			}
			// The SDK compares the checksum itself, for it asks for one by default.
			got, err := c.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("ways"), Key: &name, ChecksumMode: types.ChecksumModeEnabled})
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(got.Body)
			if err != nil || !bytes.Equal(body, want) || aws.ToString(got.ContentEncoding) != "" {
				t.Errorf("%q, %v, %v", body, err, got.ContentEncoding)
			}
		})
	}
}

// TestS3Refuses: the errors, by their codes.
func TestS3Refuses(t *testing.T) {
	box := open(t, "", sandbox.Options{})
	c := s3For(box, testAccount, testRegion)
	makeBucket(t, c, "mine")
	makeBucket(t, s3For(box, "444455556666", testRegion), "theirs")
	makeBucket(t, s3For(box, testAccount, "us-east-1"), "east")
	ctx := t.Context()
	if _, err := c.PutObject(ctx, &s3.PutObjectInput{Bucket: aws.String("mine"), Key: aws.String("k"), Body: strings.NewReader("v")}); err != nil {
		t.Fatal(err)
	}
	put := func(bucket string, change func(*s3.PutObjectInput)) error {
		in := &s3.PutObjectInput{Bucket: &bucket, Key: aws.String("k"), Body: strings.NewReader("v")}
		if change != nil {
			change(in)
		}
		_, err := c.PutObject(ctx, in)
		return err
	}
	create := func(name, location, in string) error {
		input := &s3.CreateBucketInput{Bucket: &name}
		if location != "" {
			input.CreateBucketConfiguration = &types.CreateBucketConfiguration{LocationConstraint: types.BucketLocationConstraint(location)}
		}
		_, err := s3For(box, testAccount, in).CreateBucket(ctx, input)
		return err
	}
	get := func(bucket, key string) error {
		_, err := c.GetObject(ctx, &s3.GetObjectInput{Bucket: &bucket, Key: &key})
		return err
	}
	drop := func(bucket string) error {
		_, err := c.DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: &bucket})
		return err
	}
	for name, tt := range map[string]struct {
		err  error
		code string
	}{
		"no such bucket":              {put("nobodys", nil), "NoSuchBucket"},
		"no such key":                 {get("mine", "other"), "NoSuchKey"},
		"somebody else's":             {put("theirs", nil), "AccessDenied"},
		"somebody else's to read":     {get("theirs", "k"), "AccessDenied"},
		"another owner than expected": {put("mine", func(in *s3.PutObjectInput) { in.ExpectedBucketOwner = aws.String("444455556666") }), "AccessDenied"},
		"an owner that is none":       {put("mine", func(in *s3.PutObjectInput) { in.ExpectedBucketOwner = aws.String("me") }), "InvalidBucketOwnerAWSAccountID"},
		"another region":              {put("east", nil), "PermanentRedirect"},
		"there already":               {put("mine", func(in *s3.PutObjectInput) { in.IfNoneMatch = aws.String("*") }), "PreconditionFailed"},
		"a condition":                 {put("mine", func(in *s3.PutObjectInput) { in.IfMatch = aws.String("x") }), "NotImplemented"},
		"a list of access":            {put("mine", func(in *s3.PutObjectInput) { in.ACL = types.ObjectCannedACLPublicRead }), "NotImplemented"},
		"a key of one's own":          {put("mine", func(in *s3.PutObjectInput) { in.ServerSideEncryption = types.ServerSideEncryptionAwsKms }), "NotImplemented"},
		"a wrong digest":              {put("mine", func(in *s3.PutObjectInput) { in.ContentMD5 = aws.String("1B2M2Y8AsgTpgAmY7PhCfg==") }), "BadDigest"},
		"a digest that is none":       {put("mine", func(in *s3.PutObjectInput) { in.ContentMD5 = aws.String("x") }), "InvalidDigest"},
		"a wrong checksum":            {put("mine", func(in *s3.PutObjectInput) { in.ChecksumCRC32 = aws.String("AAAAAA==") }), "BadDigest"},
		"a checksum that is none":     {put("mine", func(in *s3.PutObjectInput) { in.ChecksumCRC32 = aws.String("AAAA") }), "InvalidRequest"},
		"a long key":                  {put("mine", func(in *s3.PutObjectInput) { in.Key = aws.String(strings.Repeat("k", 1025)) }), "KeyTooLongError"},
		"too large":                   {put("mine", func(in *s3.PutObjectInput) { in.Body = bytes.NewReader(make([]byte, 8<<20+1)) }), "EntityTooLarge"},
		"much too large":              {put("mine", func(in *s3.PutObjectInput) { in.Body = bytes.NewReader(make([]byte, 10<<20)) }), "EntityTooLarge"},
		"another action with a body": {errOf(c.PutBucketVersioning(ctx, &s3.PutBucketVersioningInput{Bucket: aws.String("mine"),
			VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusEnabled}})), "NotImplemented"},
		"a token of somebody else": {errOf(c.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: aws.String("mine"),
			ContinuationToken: aws.String("aw==")})), "InvalidArgument"},
		"a range":                   {errOf(c.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String("mine"), Key: aws.String("k"), Range: aws.String("bytes=0-1")})), "NotImplemented"},
		"a version":                 {errOf(c.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String("mine"), Key: aws.String("k"), VersionId: aws.String("1")})), "NotImplemented"},
		"what a bucket has besides": {errOf(c.GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: aws.String("mine")})), "NotImplemented"},
		"an upload in parts":        {errOf(c.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{Bucket: aws.String("mine"), Key: aws.String("k")})), "MethodNotAllowed"},
		"an old list":               {errOf(c.ListObjects(ctx, &s3.ListObjectsInput{Bucket: aws.String("mine")})), "NotImplemented"},
		"no location":               {create("new", "", testRegion), "IllegalLocationConstraintException"},
		"another location":          {create("new", "eu-west-1", testRegion), "IllegalLocationConstraintException"},
		"the first region named":    {create("new", "us-east-1", "us-east-1"), "InvalidLocationConstraint"},
		"made twice":                {create("mine", testRegion, testRegion), "BucketAlreadyOwnedByYou"},
		"made twice in the first":   {create("east", "", "us-east-1"), ""},
		"taken":                     {create("theirs", testRegion, testRegion), "BucketAlreadyExists"},
		"a name in capitals":        {create("New", testRegion, testRegion), "InvalidBucketName"},
		"a reserved name":           {create("new--x-s3alias", testRegion, testRegion), "InvalidBucketName"},
		"not empty":                 {drop("mine"), "BucketNotEmpty"},
		"nothing to delete":         {errOf(c.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: aws.String("mine"), Key: aws.String("other")})), ""},
	} {
		if got := codeOf(tt.err); got != tt.code {
			t.Errorf("%s: %q, want %q (%v)", name, got, tt.code, tt.err)
		}
	}
	if err := errOf(c.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: aws.String("east")})); err == nil || !strings.Contains(err.Error(), "301") {
		t.Errorf("got %v", err)
	}
}

// TestRawQueries: what no SDK sends.
func TestRawQueries(t *testing.T) {
	box := open(t, "", sandbox.Options{})
	makeBucket(t, s3For(box, testAccount, testRegion), "raw")
	for query, want := range map[string]string{
		"list-type=2&prefix=a;b":  "<Code>InvalidURI</Code>", // half encoded
		"list-type=2&max-keys=0":  "<IsTruncated>false</IsTruncated>",
		"list-type=2&max-keys=-1": "<Code>InvalidArgument</Code>",
	} {
		w := httptest.NewRecorder()
		box.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://raw.s3.us-west-2.amazonaws.com/?"+query, nil))
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: %d %s", query, w.Code, w.Body)
		}
	}
}

// TestOldSignature: what SDKs presign for an endpoint that they don't know is refused in S3's words.
func TestOldSignature(t *testing.T) {
	box := open(t, "", sandbox.Options{})
	presigned := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost/b-1/k?AWSAccessKeyId=1&Signature=x&Expires=1", nil)
	inHeader := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost/b-1/k", nil)
	inHeader.Header.Set("Authorization", "AWS 111122223333:x")
	for _, r := range []*http.Request{presigned, inHeader} {
		w := httptest.NewRecorder()
		box.ServeHTTP(w, r)
		const want = "<Error><Code>InvalidRequest</Code><Message>The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.</Message>"
		if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	}
}

// TestKeys: any text is a key, is found by it, and is listed in the order of its bytes, page by page.
func TestKeys(t *testing.T) {
	c := s3For(open(t, "", sandbox.Options{}), testAccount, testRegion)
	makeBucket(t, c, "keys")
	want := []string{"\x01", " ", "%2F", "*", "+", "../up", "./here", "a\nb", "a/../b", "a//b", "a;b", "a?x=1", "h#h", "trail/", "ü/é", "日本"}
	for _, key := range want {
		if _, err := c.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("keys"), Key: &key, Body: strings.NewReader(key)}); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	in := &s3.ListObjectsV2Input{Bucket: aws.String("keys"), EncodingType: types.EncodingTypeUrl, MaxKeys: aws.Int32(3)}
	for pages := s3.NewListObjectsV2Paginator(c, in); pages.HasMorePages(); {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range page.Contents {
			key, err := url.QueryUnescape(*o.Key)
			if err != nil {
				t.Error(err)
			}
			got = append(got, key)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, key := range want {
		out, err := c.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("keys"), Key: &key})
		if err != nil {
			t.Errorf("%q: %v", key, err)
			continue
		}
		if body, err := io.ReadAll(out.Body); err != nil || string(body) != key {
			t.Errorf("%q holds %q, %v", key, body, err)
		}
	}
}

func errOf[T any](_ T, err error) error { return err }

// TestListObjects: pages, and entries for all that have a beginning in common.
func TestListObjects(t *testing.T) {
	box := open(t, "", sandbox.Options{})
	c := s3For(box, testAccount, testRegion)
	makeBucket(t, c, "list")
	for _, key := range []string{"a", "dir/1", "dir/2", "dir/sub/3", "z &é"} {
		if _, err := c.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("list"), Key: &key, Body: strings.NewReader(key)}); err != nil {
			t.Fatal(err)
		}
	}
	for name, tt := range map[string]struct {
		in   s3.ListObjectsV2Input
		want []string
	}{
		"all":               {s3.ListObjectsV2Input{}, []string{"a", "dir/1", "dir/2", "dir/sub/3", "z &é"}},
		"in pages":          {s3.ListObjectsV2Input{MaxKeys: aws.Int32(2)}, []string{"a", "dir/1", "dir/2", "dir/sub/3", "z &é"}},
		"as folders":        {s3.ListObjectsV2Input{Delimiter: aws.String("/"), MaxKeys: aws.Int32(1)}, []string{"a", "dir/", "z &é"}},
		"of a folder":       {s3.ListObjectsV2Input{Prefix: aws.String("dir/"), Delimiter: aws.String("/")}, []string{"dir/1", "dir/2", "dir/sub/"}},
		"from somewhere on": {s3.ListObjectsV2Input{StartAfter: aws.String("dir/1")}, []string{"dir/2", "dir/sub/3", "z &é"}},
		"of nothing":        {s3.ListObjectsV2Input{Prefix: aws.String("q")}, nil},
	} {
		tt.in.Bucket = aws.String("list")
		var got []string
		for pages := s3.NewListObjectsV2Paginator(c, &tt.in); pages.HasMorePages(); {
			page, err := pages.NextPage(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, o := range page.Contents {
				got = append(got, *o.Key)
				if int(*o.Size) != len(*o.Key) {
					t.Errorf("%s has %d bytes", *o.Key, *o.Size)
				}
			}
			for _, p := range page.CommonPrefixes {
				got = append(got, *p.Prefix)
			}
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// TestS3Faults: throttling and failures are in S3's words, which the SDK knows and outlasts.
func TestS3Faults(t *testing.T) {
	faults, err := sandbox.ParseFaults("PutObject=throttle:0.5,PutObject=error:0.3,PutObject=lost:0.3")
	if err != nil {
		t.Fatal(err)
	}
	box := open(t, "", sandbox.Options{Faults: faults})
	makeBucket(t, s3For(box, testAccount, testRegion), "faulty")
	c := s3For(box, testAccount, testRegion, func(o *s3.Options) {
		o.Retryer = retry.NewStandard(func(o *retry.StandardOptions) {
			o.MaxAttempts, o.RateLimiter = 100, ratelimit.None
			o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
		})
	})
	for i := range 20 {
		key := strconv.Itoa(i)
		if _, err := c.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("faulty"), Key: &key, Body: strings.NewReader(key)}); err != nil {
			t.Errorf("%d: %v", i, err)
		}
	}
}

// TestS3OnTheTrail: what is done to buckets is in the event history, what is done to objects isn't.
func TestS3OnTheTrail(t *testing.T) {
	box := open(t, "", sandbox.Options{})
	c := s3For(box, testAccount, testRegion)
	makeBucket(t, c, "seen")
	if _, err := c.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("seen"), Key: aws.String("k"), Body: strings.NewReader("v")}); err != nil {
		t.Fatal(err)
	}
	out, err := cloudtrail.NewFromConfig(configFor(box, testAccount, testRegion)).LookupEvents(t.Context(), &cloudtrail.LookupEventsInput{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range out.Events {
		got = append(got, *e.EventSource+" "+*e.EventName+" "+*e.Resources[0].ResourceName)
	}
	if diff := cmp.Diff([]string{"s3.amazonaws.com CreateBucket seen"}, got); diff != "" {
		t.Error(diff)
	}
}

// TestS3BodyThatIsBroken: what no SDK sends.
func TestS3BodyThatIsBroken(t *testing.T) {
	box := open(t, "", sandbox.Options{})
	makeBucket(t, s3For(box, testAccount, testRegion), "raw")
	for name, tt := range map[string]struct {
		headers map[string]string
		body    string
		want    string
	}{
		"another hash":        {map[string]string{"X-Amz-Content-Sha256": strings.Repeat("0", 64)}, "v", "XAmzContentSHA256Mismatch"},
		"no length":           {map[string]string{"X-Amz-Content-Sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER"}, "0\r\n\r\n", "MissingContentLength"},
		"a chunk cut short":   {map[string]string{"X-Amz-Content-Sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "X-Amz-Decoded-Content-Length": "5"}, "5\r\nab", "IncompleteBody"},
		"another length":      {map[string]string{"X-Amz-Content-Sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "X-Amz-Decoded-Content-Length": "5"}, "1\r\na\r\n0\r\n\r\n", "IncompleteBody"},
		"no trailer":          {map[string]string{"X-Amz-Content-Sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "X-Amz-Decoded-Content-Length": "1", "X-Amz-Trailer": "x-amz-checksum-crc32"}, "1\r\na\r\n0\r\n\r\n", "MalformedTrailerError"},
		"two checksums":       {map[string]string{"X-Amz-Checksum-Crc32": "AAAAAA==", "X-Amz-Checksum-Crc32c": "AAAAAA=="}, "", "InvalidRequest"},
		"a header of S3's":    {map[string]string{"X-Amz-Tagging": "a=b"}, "v", "NotImplemented"},
		"the host of another": {map[string]string{"Host": "raw.s3.eu-west-1.amazonaws.com"}, "v", "AuthorizationHeaderMalformed"},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPut, "https://raw.s3.us-west-2.amazonaws.com/k", strings.NewReader(tt.body))
		for header, value := range tt.headers {
			r.Header.Set(header, value)
		}
		if host := tt.headers["Host"]; host != "" {
			r.Host = host
			r.Header.Del("Host")
		}
		r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+testAccount+"/20260102/us-west-2/s3/aws4_request, SignedHeaders=host, Signature=0")
		w := httptest.NewRecorder()
		box.ServeHTTP(w, r)
		if !strings.Contains(w.Body.String(), "<Code>"+tt.want+"</Code>") {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
}

// TestPolicyOfObjects: each action needs what AWS documents; a missing object is a denied one for who may not list the bucket;
// signatures of a request with a body that isn't signed are right too.
func TestPolicyOfObjects(t *testing.T) {
	box := open(t, "", sandbox.Options{})
	admin := s3For(box, testAccount, testRegion)
	makeBucket(t, admin, "guarded")
	const objects = "arn:aws:s3:::guarded/in/*"
	ann := allowOnly(t, box, "arn:aws:iam::"+testAccount+":user/ann", statements("s3:PutObject "+objects, "s3:GetObject "+objects))
	cfg := signedConfig(box, ann.ID, ann.Secret, "")
	cfg.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenSupported
	c := s3.NewFromConfig(cfg)
	put := func(c *s3.Client, key string) error {
		return errOf(c.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("guarded"), Key: &key, Body: strings.NewReader("v")}))
	}
	get := func(key string) error {
		return errOf(c.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("guarded"), Key: &key}))
	}
	cfg = signedConfig(box, ann.ID, "another secret", "")
	impostor := s3.NewFromConfig(cfg)
	for name, tt := range map[string]struct {
		err  error
		code string
		says string
	}{
		"allowed":          {put(c, "in/a b&c=é"), "", ""},
		"allowed to read":  {get("in/a b&c=é"), "", ""},
		"outside":          {put(c, "out/a"), "AccessDenied", "is not authorized to perform: s3:PutObject on resource: arn:aws:s3:::guarded/out/a"},
		"a missing object": {get("in/none"), "AccessDenied", "Access Denied"},
		"to delete":        {errOf(c.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: aws.String("guarded"), Key: aws.String("in/a")})), "AccessDenied", "s3:DeleteObject"},
		"to list":          {errOf(c.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String("guarded")})), "AccessDenied", "s3:ListBucket on resource: arn:aws:s3:::guarded "},
		"to list buckets":  {errOf(c.ListBuckets(t.Context(), &s3.ListBucketsInput{})), "AccessDenied", "s3:ListAllMyBuckets"},
		"another secret":   {put(impostor, "in/a"), "SignatureDoesNotMatch", ""},
		"a bucket":         {errOf(c.DeleteBucket(t.Context(), &s3.DeleteBucketInput{Bucket: aws.String("guarded")})), "AccessDenied", "s3:DeleteBucket on resource: arn:aws:s3:::guarded "},
	} {
		if got := codeOf(tt.err); got != tt.code || tt.says != "" && !strings.Contains(tt.err.Error(), tt.says) {
			t.Errorf("%s: %v", name, tt.err)
		}
	}
	cfnOf := cloudformation.NewFromConfig(signedConfig(box, ann.ID, ann.Secret, ""))
	in := &cloudformation.ValidateTemplateInput{TemplateURL: aws.String("https://s3.us-west-2.amazonaws.com/guarded/in/t.json")}
	allowOnly(t, box, "arn:aws:iam::"+testAccount+":user/ann", statements("s3:PutObject "+objects, "cloudformation:ValidateTemplate *"))
	putTemplate(t, admin, "guarded", "in/t.json", inBucket)
	if _, err := cfnOf.ValidateTemplate(t.Context(), in); err == nil || !strings.Contains(err.Error(), "S3 error: Access Denied") {
		t.Errorf("read without s3:GetObject: %v", err)
	}
	allowOnly(t, box, "arn:aws:iam::"+testAccount+":user/ann", statements("s3:GetObject "+objects, "cloudformation:ValidateTemplate *"))
	if _, err := cfnOf.ValidateTemplate(t.Context(), in); err != nil {
		t.Error(err)
	}
}

// TestEnsureBucket: a bucket that nobody has is made, over a server's own door too, one that is there stays.
func TestEnsureBucket(t *testing.T) {
	_, address, _ := serve(t, sandbox.Options{})
	for i, want := range []bool{true, false} {
		if created, err := sandbox.EnsureBucketAt(t.Context(), address, testAccount, testRegion, "ensured"); err != nil || created != want {
			t.Errorf("%d: %v, %v", i, created, err)
		}
	}
	box := open(t, "", sandbox.Options{})
	makeBucket(t, s3For(box, testAccount, testRegion), "ensured")
	if created, err := box.EnsureBucket("444455556666", "eu-west-1", "ensured"); err != nil || created {
		t.Errorf("somebody else's: %v, %v", created, err)
	}
	if _, err := box.EnsureBucket(testAccount, testRegion, "No Bucket"); err == nil {
		t.Error("a bucket of that name")
	}
	if _, err := sandbox.EnsureBucketAt(t.Context(), address, "me", testRegion, "other"); err == nil || !strings.Contains(err.Error(), "no account") {
		t.Errorf("got %v", err)
	}
	if _, err := s3For(box, testAccount, testRegion).HeadBucket(t.Context(), &s3.HeadBucketInput{Bucket: aws.String("ensured")}); err != nil {
		t.Error(err)
	}
}
