package store

import (
	"bytes"
	"encoding/json"
	"fmt"
	"iter"
	"slices"

	"go.etcd.io/bbolt"
)

// Tx is one transaction, valid only within the function it was given to.
type Tx struct {
	bolt    *bbolt.Tx
	err     error
	givenUp []func()
}

// sequences is the table of the counters.
const sequences = "sequence"

// Err is the failure that sticks to the transaction, if any.
func (tx *Tx) Err() error { return tx.err }

// OnCommit has fn called once the transaction is durable, after its lock is
// released: fn may open transactions of its own. A failed Update never calls it.
func (tx *Tx) OnCommit(fn func()) { tx.bolt.OnCommit(fn) }

// OnFailure has fn called once the transaction has failed and its lock is released:
// fn may open transactions of its own. An Update that succeeds never calls it.
func (tx *Tx) OnFailure(fn func()) { tx.givenUp = append(tx.givenUp, fn) }

func (tx *Tx) fail(verb, table, key string, err error) {
	if err != nil && tx.err == nil {
		tx.err = fmt.Errorf("%s %s %q: %w", verb, table, key, err)
	}
}

// failRead is fail for a value that can't be decoded: nothing but a store writes into
// the file, so it is damaged.
func (tx *Tx) failRead(table, key string, err error) {
	if err != nil {
		tx.fail("read", table, key, fmt.Errorf("%w: %w", ErrDamaged, err))
	}
}

// Get returns the value at key. It is false when there is none.
func Get[T any](tx *Tx, table, key string) (T, bool) {
	var v T
	if b := tx.bolt.Bucket([]byte(table)); b != nil {
		if raw := b.Get([]byte(key)); raw != nil {
			tx.failRead(table, key, json.Unmarshal(raw, &v))
			return v, true
		}
	}
	return v, false
}

// Put stores v at key and replaces what was there.
func Put[T any](tx *Tx, table, key string, v T) {
	raw, err := json.Marshal(v)
	if err == nil {
		var b *bbolt.Bucket
		if b, err = tx.bolt.CreateBucketIfNotExists([]byte(table)); err == nil {
			err = b.Put([]byte(key), raw)
		}
	}
	tx.fail("write", table, key, err)
}

// Delete removes the value at key, if there is one.
func Delete(tx *Tx, table, key string) {
	if b := tx.bolt.Bucket([]byte(table)); b != nil {
		tx.fail("delete", table, key, b.Delete([]byte(key)))
	}
}

// Scan yields the keys that begin with prefix, and their values, in key order,
// as they are when the iteration begins: the loop may Put and Delete.
func Scan[T any](tx *Tx, table, prefix string) iter.Seq2[string, T] {
	return func(yield func(string, T) bool) {
		for _, row := range rows(tx, table, prefix) {
			var v T
			tx.failRead(table, row.key, json.Unmarshal(row.raw, &v))
			if !yield(row.key, v) {
				return
			}
		}
	}
}

// ScanBack is Scan in descending order of the keys.
func ScanBack[T any](tx *Tx, table, prefix string) iter.Seq2[string, T] {
	return func(yield func(string, T) bool) {
		for _, row := range slices.Backward(rows(tx, table, prefix)) {
			var v T
			tx.failRead(table, row.key, json.Unmarshal(row.raw, &v))
			if !yield(row.key, v) {
				return
			}
		}
	}
}

type row struct {
	key string
	raw []byte
}

func rows(tx *Tx, table, prefix string) []row {
	b := tx.bolt.Bucket([]byte(table))
	if b == nil {
		return nil
	}
	var found []row
	c := b.Cursor()
	for k, v := c.Seek([]byte(prefix)); k != nil && bytes.HasPrefix(k, []byte(prefix)); k, v = c.Next() {
		found = append(found, row{string(k), v})
	}
	return found
}

// Sequence returns 1, 2, 3 ... for each name, durably: a number is never
// given twice unless the transaction that took it fails.
func (tx *Tx) Sequence(name string) uint64 {
	n, _ := Get[uint64](tx, sequences, name)
	n++
	Put(tx, sequences, name, n)
	return n
}

// HasSequences reports whether a sequence whose name begins with prefix has begun.
func (tx *Tx) HasSequences(prefix string) bool {
	return len(rows(tx, sequences, prefix)) > 0
}
