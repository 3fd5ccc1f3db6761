package ssm

import (
	"path/filepath"
	"testing"

	"mlops-infra-suite/internal/sandbox/store"
	"mlops-infra-suite/internal/sandbox/wire"
)

// TestQuota has a store that believes to be almost full: the last parameter fits,
// the next one doesn't until another is deleted, and versions don't count.
func TestQuota(t *testing.T) {
	db, err := store.Open(filepath.Join(t.TempDir(), "store"), store.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *store.Tx) error {
		call := &wire.Call{Tx: tx, Account: "123456789012", Region: "us-west-2"}
		store.Put(tx, countTable, call.Key(), maxParameters-1)
		put := func(name string, overwrite bool) error {
			_, err := PutParameter(call, &PutParameterInput{Name: name, Value: "v", Type: "String", Overwrite: overwrite})
			return err
		}
		for _, step := range []struct {
			name string
			err  error
			full bool
		}{
			{"the last", put("/a", false), false},
			{"one too many", put("/b", false), true},
			{"a version", put("/a", true), false},
		} {
			if wire.IsCode(step.err, "ParameterLimitExceeded") != step.full || step.err != nil && !step.full {
				t.Errorf("%s: %v", step.name, step.err)
			}
		}
		if _, err := DeleteParameter(call, &DeleteParameterInput{Name: "/a"}); err != nil {
			t.Error(err)
		}
		if err := put("/b", false); err != nil {
			t.Errorf("in the place of a deleted one: %v", err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Error(err)
	}
}
