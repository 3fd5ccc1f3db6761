package store_test

import (
	"bytes"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mlops-infra-suite/internal/sandbox/store"
)

func open(t *testing.T, path string) *store.DB {
	t.Helper()
	db, err := store.Open(path, store.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func openNew(t *testing.T) *store.DB {
	t.Helper()
	return open(t, filepath.Join(t.TempDir(), "store.db"))
}

func update(t *testing.T, db *store.DB, fn func(*store.Tx)) {
	t.Helper()
	if err := db.Update(func(tx *store.Tx) error { fn(tx); return nil }); err != nil {
		t.Fatal(err)
	}
}

// content is a table of numbers.
func content(t *testing.T, db *store.DB, prefix string) map[string]int {
	t.Helper()
	found := map[string]int{}
	err := db.View(func(tx *store.Tx) error {
		maps.Insert(found, store.Scan[int](tx, "numbers", prefix))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestTable(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	db := open(t, path)
	update(t, db, func(tx *store.Tx) {
		store.Put(tx, "numbers", store.Key("1", "us-west-1", "a"), 1)
		store.Put(tx, "numbers", store.Key("1", "us-west-1", "b"), 2)
		store.Put(tx, "numbers", store.Key("1", "us-west-10", "a"), 3)
		store.Delete(tx, "numbers", "nothing")
		store.Delete(tx, "no table", "nothing")
	})
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db = open(t, path)
	want := map[string]int{"1/us-west-1/a": 1, "1/us-west-1/b": 2}
	if diff := cmp.Diff(want, content(t, db, store.Prefix("1", "us-west-1"))); diff != "" {
		t.Error(diff)
	}
	update(t, db, func(tx *store.Tx) {
		for key, value := range store.Scan[int](tx, "numbers", "") { // changes what it iterates over
			store.Delete(tx, "numbers", key)
			store.Put(tx, "numbers", key+"x", value)
		}
		if n, ok := store.Get[int](tx, "numbers", "1/us-west-1/ax"); n != 1 || !ok {
			t.Errorf("got %d, %v", n, ok)
		}
		if _, ok := store.Get[int](tx, "numbers", "1/us-west-1/a"); ok {
			t.Error("the deleted value is there")
		}
	})
	if got := content(t, db, ""); len(got) != 3 {
		t.Errorf("got %v", got)
	}
}

func TestFailedUpdateLeavesNothing(t *testing.T) {
	db := openNew(t)
	failure := errors.New("failure")
	called := false
	err := db.Update(func(tx *store.Tx) error {
		store.Put(tx, "numbers", "a", 1)
		tx.Sequence("s")
		tx.OnCommit(func() { called = true })
		return failure
	})
	if !errors.Is(err, failure) || called {
		t.Errorf("error %v, called %v", err, called)
	}
	if got := content(t, db, ""); len(got) != 0 {
		t.Errorf("left: %v", got)
	}
	update(t, db, func(tx *store.Tx) {
		if n := tx.Sequence("s"); n != 1 {
			t.Errorf("sequence begins with %d", n)
		}
		tx.OnCommit(func() { called = true })
	})
	if !called {
		t.Error("OnCommit not called")
	}
}

func TestErrorsStick(t *testing.T) {
	db := openNew(t)
	update(t, db, func(tx *store.Tx) { store.Put(tx, "numbers", "a", 1) })
	for name, test := range map[string]struct {
		run  func(func(*store.Tx) error) error
		fn   func(*store.Tx)
		want string
	}{
		"write in a view": {db.View, func(tx *store.Tx) { store.Put(tx, "numbers", "b", 2) }, `write numbers "b": `},
		"encode":          {db.Update, func(tx *store.Tx) { store.Put(tx, "numbers", "b", func() {}) }, `write numbers "b": json: unsupported type`},
		"decode": {db.View, func(tx *store.Tx) {
			store.Get[string](tx, "numbers", "a")
			store.Put(tx, "numbers", "b", 2) // not the first error
		}, `read numbers "a": the sandbox store is damaged: json: cannot unmarshal`},
	} {
		t.Run(name, func(t *testing.T) {
			err := test.run(func(tx *store.Tx) error {
				if test.fn(tx); tx.Err() == nil {
					t.Error("no error sticks")
				}
				return nil
			})
			if err == nil || !strings.HasPrefix(err.Error(), test.want) {
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
	if diff := cmp.Diff(map[string]int{"a": 1}, content(t, db, "")); diff != "" {
		t.Error(diff)
	}
}

func TestLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	open(t, path)
	_, err := store.Open(path, store.Options{LockTimeout: 10 * time.Millisecond})
	if !errors.Is(err, store.ErrLocked) {
		t.Errorf("got %v", err)
	}
}

func TestNoStore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	if err := os.WriteFile(path, bytes.Repeat([]byte("no store "), 1000), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Open(path, store.Options{}); err == nil || !strings.Contains(err.Error(), "open store") {
		t.Errorf("got %v", err)
	}
}

func TestSnapshotResetRestore(t *testing.T) {
	db := openNew(t)
	put := func(value int) {
		update(t, db, func(tx *store.Tx) { store.Put(tx, "numbers", "a", value); tx.Sequence("s") })
	}
	put(1)
	var snapshot bytes.Buffer
	if err := db.Snapshot(&snapshot); err != nil {
		t.Fatal(err)
	}
	put(2)
	whole := snapshot.String()
	damaged := whole[:3*os.Getpagesize()] + strings.Repeat("x", len(whole)-3*os.Getpagesize())
	for _, rubbish := range []string{"", "rubbish", strings.Repeat("rubbish", 10000), whole[:5000], whole[:len(whole)-1], damaged} {
		if err := db.Restore(strings.NewReader(rubbish)); err == nil {
			t.Errorf("restored %.20q", rubbish)
		}
	}
	if diff := cmp.Diff(map[string]int{"a": 2}, content(t, db, "")); diff != "" {
		t.Error("after failed restores: " + diff)
	}
	if err := db.Reset(); err != nil {
		t.Fatal(err)
	}
	if got := content(t, db, ""); len(got) != 0 {
		t.Errorf("a reset leaves %v", got)
	}
	if err := db.Restore(&snapshot); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]int{"a": 1}, content(t, db, "")); diff != "" {
		t.Error("restored: " + diff)
	}
	update(t, db, func(tx *store.Tx) {
		if n := tx.Sequence("s"); n != 2 {
			t.Errorf("sequence goes on with %d, want 2", n)
		}
	})
}
