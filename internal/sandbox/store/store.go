// Package store keeps the sandbox's state in one bbolt file.
//
// Its promise: what Update has accepted is in the file when Update returns,
// whole or not at all, and a reader never sees half of it. Tables hold JSON
// values by string keys; a table exists from its first Put on.
//
// Get, Put, Delete and Scan return no errors. The first failure (a value that
// can't be encoded or decoded, a write in a View) sticks to the transaction,
// as in bufio.Writer, and is what View or Update returns; an Update that failed
// leaves no trace.
package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"

	"go.etcd.io/bbolt"
	bbolterrors "go.etcd.io/bbolt/errors"
)

// ErrLocked says that another process, or another DB of this one, holds the file.
var ErrLocked = errors.New("the sandbox store is in use")

// ErrDamaged says that the file is no store that can be read.
var ErrDamaged = errors.New("the sandbox store is damaged")

// DefaultLockTimeout is how long Open waits for a file that is held elsewhere.
const DefaultLockTimeout = 1500 * time.Millisecond

// Options tune Open. The zero value is the normal one.
type Options struct {
	// NoSync leaves the flushing of a commit to the operating system. A process
	// that dies still loses nothing; a machine that does may lose the file.
	NoSync bool
	// LockTimeout is how long to wait for a file that is held elsewhere
	// before ErrLocked; 0 means DefaultLockTimeout.
	LockTimeout time.Duration
}

// DB is an open store. It is safe for concurrent use: one writer at a time,
// readers beside it.
type DB struct {
	bolt  *bbolt.DB
	close func() error // once
}

// Open opens the file at path, or creates it with mode 0600. The error wraps
// ErrLocked when the file is held elsewhere for longer than the lock timeout, and
// ErrDamaged when it is no store that can be read.
func Open(path string, opts Options) (*DB, error) {
	timeout := opts.LockTimeout
	if timeout == 0 {
		timeout = DefaultLockTimeout
	}
	db, err := openSound(path, &bbolt.Options{
		Timeout:      timeout,
		NoSync:       opts.NoSync,
		NoGrowSync:   opts.NoSync,
		FreelistType: bbolt.FreelistMapType,
		NoStatistics: true,
	})
	_, ofSystem := errors.AsType[syscall.Errno](err) // no such folder, no permission, no space
	switch {
	case errors.Is(err, bbolterrors.ErrTimeout):
		err = ErrLocked
	case err != nil && !ofSystem: // what bbolt finds wrong with a file it can read
		err = fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if err != nil {
		return nil, fmt.Errorf("open store %s: %w", path, err)
	}
	return &DB{bolt: db, close: sync.OnceValue(func() error { return release(db) })}, nil
}

// Close waits for transactions under way, flushes and releases the file. It may
// be called more than once.
func (db *DB) Close() error { return db.close() }

func release(db *bbolt.DB) error {
	var err error
	if db.NoSync {
		err = db.Sync()
	}
	if err = errors.Join(err, db.Close()); err != nil {
		return fmt.Errorf("close store: %w", err)
	}
	return nil
}

// View runs fn on a consistent state of the store. A Put within it is an error.
func (db *DB) View(fn func(*Tx) error) error {
	return db.bolt.View(run(fn))
}

// Update runs fn alone among writers and commits what it wrote, durably, unless
// fn or the transaction failed. Never call Update or View within fn.
func (db *DB) Update(fn func(*Tx) error) error {
	var tx *Tx
	err := db.bolt.Update(run(func(now *Tx) error {
		tx = now
		return fn(tx)
	}))
	if err != nil && tx != nil {
		for _, then := range tx.givenUp {
			then()
		}
	}
	return err
}

func run(fn func(*Tx) error) func(*bbolt.Tx) error {
	return func(b *bbolt.Tx) error {
		tx := &Tx{bolt: b}
		err := fn(tx)
		if tx.err != nil {
			return tx.err
		}
		return err
	}
}

// Snapshot writes a consistent copy of the whole store to w, in the form that
// Restore and Open take.
func (db *DB) Snapshot(w io.Writer) error {
	return db.bolt.View(func(tx *bbolt.Tx) error {
		_, err := tx.WriteTo(w)
		return err
	})
}

// Reset empties the store, sequences included.
func (db *DB) Reset() error {
	return db.bolt.Update(deleteAll)
}

// Restore replaces the content of the store by that of a Snapshot. When the
// snapshot is not a readable store, the present content stays.
func (db *DB) Restore(snapshot io.Reader) error {
	file, err := os.CreateTemp("", "sandbox-restore-*.db")
	if err != nil {
		return fmt.Errorf("restore store: %w", err)
	}
	defer func() { _ = os.Remove(file.Name()) }()
	size, err := io.Copy(file, snapshot)
	if err = errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("restore store: %w", err)
	}
	if size == 0 {
		return errors.New("restore store: not a snapshot: it is empty")
	}
	from, err := openSound(file.Name(), &bbolt.Options{ReadOnly: true, Timeout: DefaultLockTimeout})
	if err != nil {
		return fmt.Errorf("restore store: not a snapshot: %w", err)
	}
	defer func() { _ = from.Close() }()
	if err := db.bolt.Update(func(to *bbolt.Tx) error { return replaceAll(to, from) }); err != nil {
		return fmt.Errorf("restore store: %w", err)
	}
	return nil
}

// replaceAll makes the content of a transaction that of a store.
func replaceAll(to *bbolt.Tx, from *bbolt.DB) error {
	return from.View(func(tx *bbolt.Tx) error {
		if err := deleteAll(to); err != nil {
			return err
		}
		return copyAll(to, tx)
	})
}

func deleteAll(tx *bbolt.Tx) error {
	var names [][]byte
	err := tx.ForEach(func(name []byte, _ *bbolt.Bucket) error {
		names = append(names, name)
		return nil
	})
	for _, name := range names {
		err = errors.Join(err, tx.DeleteBucket(name))
	}
	return err
}

func copyAll(to, from *bbolt.Tx) error {
	return from.ForEach(func(name []byte, table *bbolt.Bucket) error {
		copied, err := to.CreateBucketIfNotExists(name)
		if err != nil {
			return err
		}
		return table.ForEach(func(key, value []byte) error {
			if !json.Valid(value) {
				return fmt.Errorf("%s %q is no value of a store", name, key)
			}
			return copied.Put(key, value)
		})
	})
}

// Key joins the parts of a key: account and region first, then what tells
// objects of a table apart. Only the last part may contain a slash.
func Key(account, region string, id ...string) string {
	return strings.Join(append([]string{account, region}, id...), "/")
}

// Prefix is the prefix of all keys below Key(account, region, id...).
func Prefix(account, region string, id ...string) string {
	return Key(account, region, id...) + "/"
}
