package store_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mlops-infra-suite/internal/sandbox/store"
)

// filled is the file of a store with small and large tables, long values and free pages.
func filled(t *testing.T) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "store.db")
	db := open(t, path)
	for round := range 3 {
		update(t, db, func(tx *store.Tx) {
			store.Put(tx, "small", "a", round)
			store.Put(tx, "long", "a", strings.Repeat("x", 20000+round))
			for n := range 1000 {
				store.Put(tx, "numbers", fmt.Sprintf("key-%04d", n*(round+1)), n)
			}
		})
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// damages are ways in which a file suffers: cut short, blocks of zeros, bytes of something else, blocks in the wrong place.
func damages(raw []byte) map[string][]byte {
	random := rand.New(rand.NewPCG(1, 1))
	page := os.Getpagesize()
	found := map[string][]byte{"3000 bytes": raw[:3000], "noise": bytes.Repeat([]byte("noise "), 500)}
	for n := page; n < len(raw); n += page {
		found[fmt.Sprintf("cut at %d", n)] = raw[:n]
		zeros := bytes.Clone(raw)
		clear(zeros[n:min(n+page, len(raw))])
		found[fmt.Sprintf("zeros at %d", n)] = zeros
		other := bytes.Clone(raw)
		copy(other[n:], raw[:page])
		found[fmt.Sprintf("another page at %d", n)] = other
	}
	for n := range 100 {
		noisy := bytes.Clone(raw)
		for range 1 + n*n {
			noisy[2*page+random.IntN(len(raw)-2*page)] = byte(random.UintN(256))
		}
		found[fmt.Sprintf("noise %d", n)] = noisy
	}
	return found
}

// A damaged file is refused, or what is left of it can be read and written. bbolt alone ends the process.
func TestDamagedFile(t *testing.T) {
	for name, raw := range damages(filled(t)) {
		path := filepath.Join(t.TempDir(), "store.db")
		if err := os.WriteFile(path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		db, err := store.Open(path, store.Options{NoSync: true})
		if err != nil {
			if !errors.Is(err, store.ErrDamaged) {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		err = db.Update(func(tx *store.Tx) error {
			for range store.Scan[any](tx, "numbers", "") {
			}
			for n := range 1000 {
				store.Put(tx, "more", fmt.Sprint(n), n)
			}
			return nil
		})
		if err != nil && !errors.Is(err, store.ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
		if err := errors.Join(db.Reset(), db.Close()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A damaged snapshot changes nothing.
func TestDamagedSnapshot(t *testing.T) {
	whole := filled(t)
	db := openNew(t)
	for name, raw := range damages(whole) {
		update(t, db, func(tx *store.Tx) { store.Put(tx, "numbers", "a", 2) })
		if err := db.Restore(bytes.NewReader(raw)); err != nil {
			if got := content(t, db, "a"); len(got) != 1 {
				t.Errorf("%s: left %v", name, got)
			}
		}
	}
	if err := db.Restore(bytes.NewReader(whole)); err != nil {
		t.Error(err)
	}
}

func TestSoundFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	if err := os.WriteFile(path, filled(t), 0o600); err != nil {
		t.Fatal(err)
	}
	db := open(t, path)
	if got := content(t, db, ""); len(got) != 1999 {
		t.Errorf("%d numbers", len(got))
	}
}
