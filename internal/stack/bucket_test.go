package stack_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/go-cmp/cmp"

	"mlops-infra-suite/internal/awsenv"
	"mlops-infra-suite/internal/sandbox"
	"mlops-infra-suite/internal/stack"
)

const templates = "templates" // the bucket

// withBucket runs a test in a world that has a bucket for templates.
func withBucket(t *testing.T, test func(*testing.T, *world)) {
	t.Helper()
	in(t, sandbox.Options{}, stack.Options{}, func(t *testing.T, w *world) {
		if _, err := w.box.EnsureBucket(account, region, templates); err != nil {
			t.Fatal(err)
		}
		test(t, w)
	})
}

// large is a spec whose template is too large for a request, by way of the bucket behind a handler.
func (w *world) large(h http.Handler, ports ...int) stack.Spec {
	s := w.spec(ports...)
	s.Template = strings.Replace(s.Template, "{", `{"Metadata": {"Padding": "`+strings.Repeat("x", 60_000)+`"},`, 1)
	s.Bucket = &stack.Bucket{Client: s3.NewFromConfig(config(h)), Name: templates, Owner: account, Prefix: "test/demo"}
	return s
}

// objects are the keys in the bucket.
func (w *world) objects(t *testing.T) []string {
	t.Helper()
	out, err := s3.NewFromConfig(config(w.box)).ListObjectsV2(context.WithoutCancel(t.Context()), &s3.ListObjectsV2Input{Bucket: aws.String(templates)})
	if err != nil {
		t.Fatal(err)
	}
	keys := []string{}
	for _, o := range out.Contents {
		keys = append(keys, *o.Key)
	}
	return keys
}

func (w *world) wantObjects(t *testing.T, when string, want int) {
	t.Helper()
	if got := w.objects(t); len(got) != want {
		t.Errorf("%s there are %d objects: %v", when, len(got), got)
	}
}

// TestLifeOfAnUpload: the template lies in the bucket as long as its plan, and longer only if that was applied. What was there
// before stays.
func TestLifeOfAnUpload(t *testing.T) {
	withBucket(t, func(t *testing.T, w *world) {
		preview := func(s stack.Spec) *stack.Plan {
			p, err := w.Preview(t.Context(), s)
			must(t, err)
			return p
		}
		preview(w.large(w.box, 80))
		w.wantObjects(t, "after a preview", 0)
		plan, err := w.Plan(t.Context(), w.large(w.box, 80))
		must(t, err)
		w.wantObjects(t, "during a plan", 1)
		must(t, w.Discard(t.Context(), plan))
		w.wantObjects(t, "after a plan that was discarded", 0)
		w.wantStatus(t, stack.Absent)

		w.mustDeploy(t, w.large(w.box, 80))
		w.wantObjects(t, "after a deployment", 1)
		if p := preview(w.large(w.box, 80)); !p.Empty {
			t.Errorf("changes %v", p.Changes)
		}
		w.wantObjects(t, "after a preview of what is deployed", 1)
		once := w.large(w.box, 81)
		once.Bucket.Transient = true
		w.mustDeploy(t, once)
		w.wantObjects(t, "after a deployment that is to leave nothing", 1)
		w.mustDeploy(t, w.large(w.box, 82))
		w.wantObjects(t, "after an update", 2)
		wrong := w.large(w.box, 83)
		wrong.Parameters = nil
		if _, err := w.Plan(t.Context(), wrong); err == nil {
			t.Error("a plan without a parameter")
		}
		w.wantObjects(t, "after a plan that was refused", 2)
	})
}

// TestKeyFollowsFromContent: the same template is the same object, another one another.
func TestKeyFollowsFromContent(t *testing.T) {
	withBucket(t, func(t *testing.T, w *world) {
		w.mustDeploy(t, w.large(w.box, 80))
		first := w.objects(t)
		w.mustDeploy(t, w.large(w.box, 80, 81))
		w.mustDeploy(t, w.large(w.box, 80))
		got := w.objects(t)
		if len(got) != 2 || !strings.Contains(strings.Join(got, " "), first[0]) || len(first[0]) != len("test/demo/.json")+64 {
			t.Errorf("%v, at first %v", got, first)
		}
	})
}

// disturbed is a handler that acts before a request of a kind, and may answer it: PUT, HEAD, DELETE of an object, or an action.
func disturbed(next http.Handler, kind string, act func(n int64, w http.ResponseWriter, r *http.Request) (answered bool)) http.Handler {
	var n atomic.Int64
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		is := r.Method
		if r.Method == http.MethodPost {
			is = actionOf(r)
		}
		if is == kind && act(n.Add(1), w, r) {
			return
		}
		next.ServeHTTP(w, r)
	})
}

// refusing answers the first requests of a kind as S3 refuses.
func refusing(next http.Handler, kind string, times int64, status int, code, message string) http.Handler {
	return disturbed(next, kind, func(n int64, w http.ResponseWriter, _ *http.Request) bool {
		if n > times {
			return false
		}
		w.Header().Set("X-Amz-Bucket-Region", "eu-central-1")
		w.WriteHeader(status)
		fmt.Fprintf(w, "<Error><Code>%s</Code><Message>%s</Message></Error>", code, message)
		return true
	})
}

// TestUploadOutlasts: what passes by itself doesn't show.
func TestUploadOutlasts(t *testing.T) {
	for name, disturb := range map[string]func(http.Handler) http.Handler{
		"throttling": func(next http.Handler) http.Handler {
			return refusing(next, "PUT", 3, http.StatusServiceUnavailable, "SlowDown", "Please reduce your request rate.")
		},
		"a failure": func(next http.Handler) http.Handler {
			return refusing(next, "PUT", 3, http.StatusInternalServerError, "InternalError", "We encountered an internal error.")
		},
		"somebody who uploads the same": func(next http.Handler) http.Handler {
			return refusing(next, "PUT", 2, http.StatusConflict, "ConditionalRequestConflict", "conflict")
		},
		"a connection that drops": func(next http.Handler) http.Handler {
			return disturbed(next, "PUT", func(n int64, _ http.ResponseWriter, _ *http.Request) bool {
				if n == 1 {
					panic(http.ErrAbortHandler)
				}
				return false
			})
		},
		"an answer that is lost": func(next http.Handler) http.Handler {
			return disturbed(next, "PUT", func(n int64, _ http.ResponseWriter, r *http.Request) bool {
				if n == 1 {
					next.ServeHTTP(httptest.NewRecorder(), r)
					panic(http.ErrAbortHandler)
				}
				return false
			})
		},
		"a deletion whose answer is lost": func(next http.Handler) http.Handler {
			return disturbed(next, "DELETE", func(n int64, _ http.ResponseWriter, r *http.Request) bool {
				if n == 1 {
					next.ServeHTTP(httptest.NewRecorder(), r)
					panic(http.ErrAbortHandler)
				}
				return false
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			withBucket(t, func(t *testing.T, w *world) {
				if _, err := w.Preview(t.Context(), w.large(disturb(w.box), 80)); err != nil {
					t.Fatal(err)
				}
				w.wantObjects(t, "after a preview", 0)
				w.mustDeploy(t, w.large(disturb(w.box), 80))
				w.wantObjects(t, "after a deployment", 1)
			})
		})
	}
}

// TestBucketErrors: each names the cause and the mend, and leaves nothing.
func TestBucketErrors(t *testing.T) {
	for name, tt := range map[string]struct {
		kind    string
		status  int
		code    string
		message string
		want    string
		mend    string
	}{
		"no bucket": {"PUT", 404, "NoSuchBucket", "The specified bucket does not exist", "there is no bucket templates", "aws s3 mb s3://templates --region us-west-2"},
		"a wrong name": {"PUT", 400, "InvalidBucketName", "The specified bucket is not valid.",
			"no bucket can have the name templates", "name a bucket that exists, in us-west-2"},
		"another region": {"PUT", 301, "PermanentRedirect", "The bucket you are attempting to access must be addressed using the specified endpoint.",
			"the bucket templates is in eu-central-1, the stack in us-west-2", "name a bucket in us-west-2"},
		"denied": {"PUT", 403, "AccessDenied", "Access Denied",
			"access to bucket templates is denied: AccessDenied: Access Denied", "it must belong to account 123456789012, and the caller needs s3:PutObject"},
		"a key of the bucket's own": {"PUT", 403, "AccessDenied", "User: x is not authorized to perform: kms:GenerateDataKey on resource: y",
			"the key that bucket templates encrypts with may not be used", "kms:GenerateDataKey and kms:Decrypt"},
		"expired": {"PUT", 400, "ExpiredToken", "The provided token has expired.", "the AWS sign-in has expired", "sign in again"},
		"throttled for good": {"PUT", 503, "SlowDown", "Please reduce your request rate.", "SlowDown: Please reduce your request rate.",
			"AWS limits the rate of requests"},
		"out of order":        {"PUT", 500, "InternalError", "We encountered an internal error.", "AWS could not do it", "AWS has a problem of its own"},
		"a clock that is off": {"PUT", 403, "RequestTimeTooSkewed", "The difference is too large", "this machine's clock is", "set this machine's clock"},
	} {
		t.Run(name, func(t *testing.T) {
			withBucket(t, func(t *testing.T, w *world) {
				_, err := w.Preview(t.Context(), w.large(refusing(w.box, tt.kind, 1000, tt.status, tt.code, tt.message), 80))
				err = awsenv.Explain(err)
				var hinted interface{ Hint() string }
				if err == nil || !strings.Contains(err.Error(), tt.want) || !errors.As(err, &hinted) || !strings.Contains(hinted.Hint(), tt.mend) {
					t.Errorf("got %v", err)
					if hinted != nil {
						t.Error(hinted.Hint())
					}
				}
				w.wantObjects(t, "afterwards", 0)
				w.wantStatus(t, stack.Absent)
			})
		})
	}
}

// TestUploadThatStays: who may upload and not delete is told what is left; CloudFormation's side is clean.
func TestUploadThatStays(t *testing.T) {
	withBucket(t, func(t *testing.T, w *world) {
		noDelete := refusing(w.box, "DELETE", 1000, http.StatusForbidden, "AccessDenied", "Access Denied")
		plan, err := w.Preview(t.Context(), w.large(noDelete, 80))
		if plan == nil || err == nil || !strings.HasPrefix(err.Error(), "the template s3://templates/test/demo/") || !strings.Contains(err.Error(), "is left behind: access to bucket") {
			t.Errorf("got %v, %v", plan, err)
		}
		w.wantStatus(t, stack.Absent)
	})
}

// TestUploadTakenAwayByAnother: somebody else's preview of the same template removes its object just when this plan relies on it.
func TestUploadTakenAwayByAnother(t *testing.T) {
	withBucket(t, func(t *testing.T, w *world) {
		other, err := w.Plan(t.Context(), w.large(w.box, 80))
		must(t, err)
		took := disturbed(w.box, "CreateChangeSet", func(n int64, _ http.ResponseWriter, r *http.Request) bool {
			if n == 1 {
				must(t, w.Discard(r.Context(), other))
			}
			return false
		})
		mine := stack.New(cloudformation.NewFromConfig(config(took)), stack.Options{Tool: "test", Owner: "another"})
		plan, err := mine.Plan(t.Context(), w.large(w.box, 80))
		must(t, err)
		w.wantObjects(t, "with the plan", 1)
		_, err = mine.Apply(t.Context(), plan)
		must(t, err)
		w.wantStatus(t, stack.CreateComplete)
	})
}

// TestTamperedUpload: what somebody else has put in the template's place is not deployed.
func TestTamperedUpload(t *testing.T) {
	withBucket(t, func(t *testing.T, w *world) {
		evil := disturbed(w.box, "CreateChangeSet", func(_ int64, _ http.ResponseWriter, r *http.Request) bool {
			body := strings.Replace(w.large(w.box, 80).Template, "10.0.0.0/8", "0.0.0.0/0", 1)
			_, err := s3.NewFromConfig(config(w.box)).PutObject(r.Context(), &s3.PutObjectInput{
				Bucket: aws.String(templates), Key: aws.String(w.objects(t)[0]), Body: strings.NewReader(body),
			})
			must(t, err)
			return false
		})
		engine := stack.New(cloudformation.NewFromConfig(config(evil)), stack.Options{Tool: "test"})
		_, err := engine.Plan(t.Context(), w.large(w.box, 80))
		changed, ok := errors.AsType[*stack.TemplateChangedError](err)
		if !ok || !strings.HasPrefix(changed.Object, "s3://templates/test/demo/") || changed.Hint() == "" {
			t.Errorf("got %v", err)
		}
		w.wantStatus(t, stack.Absent)
		w.wantObjects(t, "afterwards", 0)
	})
}

// TestUploadKilled: a process that dies at any call of a deployment by way of a bucket can be started again, and comes to the
// same end.
func TestUploadKilled(t *testing.T) {
	calls := 0
	withBucket(t, func(t *testing.T, w *world) {
		all := http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { calls++; w.box.ServeHTTP(rw, r) })
		engine := stack.New(client(all), stack.Options{Tool: "test"})
		plan, err := engine.Plan(t.Context(), w.large(all, 80))
		must(t, err)
		_, err = engine.Apply(t.Context(), plan)
		must(t, err)
	})
	if calls < 8 {
		t.Fatalf("%d calls", calls)
	}
	for call := range calls {
		for _, heard := range []bool{false, true} {
			withBucket(t, func(t *testing.T, w *world) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				death := &deadline{next: w.box, call: call + 1, heard: heard, die: cancel}
				engine := stack.New(client(death), stack.Options{Tool: "test"})
				if plan, err := engine.Plan(ctx, w.large(death, 80)); err == nil {
					_, err = engine.Apply(ctx, plan)
					if err == nil {
						t.Fatal("it survived")
					}
				}
				out := w.mustDeploy(t, w.large(w.box, 80))
				if out.Stack.Status != stack.CreateComplete {
					t.Errorf("killed at call %d: %s", call+1, out.Stack.Status)
				}
				if n := len(w.objects(t)); n > 1 {
					t.Errorf("killed at call %d: %d objects", call+1, n)
				}
			})
		}
	}
}

// TestValidateByBucket: CloudFormation is asked about a large template, and the bucket is as it was.
func TestValidateByBucket(t *testing.T) {
	withBucket(t, func(t *testing.T, w *world) {
		s := w.large(w.box, 80)
		must(t, stack.Validate(t.Context(), w.cfn, s.Template, s.Bucket))
		wrong := strings.Replace(s.Template, "AWS::SSM::Parameter", "AWS::No::Such", 1)
		err := stack.Validate(t.Context(), w.cfn, wrong, s.Bucket)
		if no, ok := errors.AsType[*stack.TemplateError](err); !ok || !no.IsUnknownType() {
			t.Errorf("got %v", err)
		}
		w.wantObjects(t, "afterwards", 0)
		denied := s
		denied.Bucket.Client = s3.NewFromConfig(config(refusing(w.box, "PUT", 1000, http.StatusForbidden, "AccessDenied", "Access Denied")))
		if _, ok := errors.AsType[*stack.BucketError](stack.Validate(t.Context(), w.cfn, s.Template, denied.Bucket)); !ok {
			t.Error("no bucket error")
		}
	})
}

// TestTooLargeForABucket: CloudFormation's limit for a template in S3 is known before anything is uploaded.
func TestTooLargeForABucket(t *testing.T) {
	withBucket(t, func(t *testing.T, w *world) {
		s := w.large(w.box, 80)
		s.Template += strings.Repeat(" ", stack.MaxUploadBytes)
		_, err := w.Plan(t.Context(), s)
		size, ok := errors.AsType[*stack.TemplateSizeError](err)
		if !ok {
			t.Fatalf("got %v", err)
		}
		if diff := cmp.Diff(stack.MaxUploadBytes, size.Limit); diff != "" {
			t.Error(diff)
		}
		w.wantObjects(t, "afterwards", 0)
	})
}

// TestStrangersBucket: every request says whose the bucket must be, so that a stranger's gets nothing.
func TestStrangersBucket(t *testing.T) {
	withBucket(t, func(t *testing.T, w *world) {
		var owners []string
		heard := http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if strings.HasPrefix(r.URL.Path, "/"+templates) {
				owners = append(owners, r.Method+" "+r.Header.Get("X-Amz-Expected-Bucket-Owner"))
			}
			w.box.ServeHTTP(rw, r)
		})
		w.mustDeploy(t, w.large(w.box, 80))
		for _, port := range []int{80, 81} { // one is there already
			if _, err := w.Preview(t.Context(), w.large(heard, port)); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff([]string{"PUT " + account, "HEAD " + account, "PUT " + account, "DELETE " + account}, owners); diff != "" {
			t.Error(diff)
		}
		s := w.large(w.box, 82)
		s.Bucket.Owner = "444455556666"
		_, err := w.Plan(t.Context(), s)
		if refused, ok := errors.AsType[*stack.BucketError](err); !ok || !strings.Contains(refused.Mend, "it must belong to account 444455556666") {
			t.Errorf("got %v", err)
		}
		w.wantObjects(t, "afterwards", 1)
	})
}
