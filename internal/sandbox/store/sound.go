package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"os"
	"runtime/debug"

	"go.etcd.io/bbolt"
)

// openSound opens a file with bbolt and looks through it. bbolt maps the file into
// memory and trusts what it finds there: a damaged file would end the process, now or
// with a later read.
func openSound(path string, opts *bbolt.Options) (db *bbolt.DB, err error) {
	if db, err = openGuarded(path, opts); err != nil {
		return nil, err
	}
	file, err := os.Open(path)
	if err == nil {
		err = errors.Join(sound(file, db.Info().PageSize), file.Close())
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// openGuarded makes errors of what bbolt and the mapped memory say to a file that is
// damaged where bbolt begins to read: its list of free pages.
func openGuarded(path string, opts *bbolt.Options) (db *bbolt.DB, err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if damage := recover(); damage != nil {
			err = fmt.Errorf("%v", damage)
		}
	}()
	return bbolt.Open(path, 0o600, opts)
}

// The form of bbolt's files, version 2: pages with a header, of which the first two
// say where the tree and the list of free pages are.
const (
	headerSize  = 16
	elementSize = 16 // of a page's table
	metaSize    = 64

	branchPage = 0x01
	leafPage   = 0x02
	freePage   = 0x10

	tableElement = 0x01 // an element of a leaf that is a tree of its own
	longList     = 0xFFFF
)

// inspection follows all that a file's newest state refers to.
type inspection struct {
	file     io.ReaderAt
	pageSize int
	end      uint64          // the first page that isn't in use yet
	used     map[uint64]bool // pages that have been met
}

// sound wants every page to be what the pages that refer to it say, once, with keys
// and values within it.
func sound(file *os.File, pageSize int) error {
	m, ok := newestMeta(file, pageSize)
	if !ok {
		return errors.New("it has no beginning")
	}
	info, err := file.Stat()
	if err != nil {
		return err
	}
	i := &inspection{file: file, pageSize: pageSize, end: number(m[40:]), used: map[uint64]bool{}}
	if pages := info.Size() / int64(pageSize); i.end > uint64(pages) { //nolint:gosec // no size is negative
		return fmt.Errorf("it has %d pages of %d", pages, i.end)
	}
	if err := i.tree(number(m[16:])); err != nil {
		return err
	}
	return i.freeList(number(m[32:]))
}

// newestMeta is the later one of the first two pages' content that is whole.
func newestMeta(file io.ReaderAt, pageSize int) (newest []byte, ok bool) {
	for page := range 2 {
		m := make([]byte, metaSize)
		if _, err := file.ReadAt(m, int64(page*pageSize+headerSize)); err != nil {
			continue
		}
		sum := fnv.New64a()
		sum.Write(m[:56])
		if sum.Sum64() == number(m[56:]) && (newest == nil || number(m[48:]) > number(newest[48:])) {
			newest = m
		}
	}
	return newest, newest != nil
}

// use notes a page that may be used once.
func (i *inspection) use(id uint64) error {
	if id < 2 || id >= i.end || i.used[id] {
		return fmt.Errorf("page %d of %d is out of range or used twice", id, i.end)
	}
	i.used[id] = true
	return nil
}

// page reads a page with those that continue it.
func (i *inspection) page(id uint64) ([]byte, error) {
	if err := i.use(id); err != nil {
		return nil, err
	}
	begin := int64(id) * int64(i.pageSize) //nolint:gosec // within the file, as use has seen to
	header := make([]byte, headerSize)
	if _, err := i.file.ReadAt(header, begin); err != nil {
		return nil, fmt.Errorf("read page %d: %w", id, err)
	}
	more := uint64(binary.NativeEndian.Uint32(header[12:]))
	if number(header) != id || more >= i.end {
		return nil, fmt.Errorf("page %d says that it is page %d with %d more", id, number(header), more)
	}
	for next := id + 1; next <= id+more; next++ {
		if err := i.use(next); err != nil {
			return nil, err
		}
	}
	p := make([]byte, int(more+1)*i.pageSize) //nolint:gosec // within the file too
	if _, err := i.file.ReadAt(p, begin); err != nil {
		return nil, fmt.Errorf("read page %d: %w", id, err)
	}
	return p, nil
}

// tree follows a page of keys and all below it.
func (i *inspection) tree(id uint64) error {
	p, err := i.page(id)
	if err != nil {
		return err
	}
	if err := i.elements(p); err != nil {
		return fmt.Errorf("page %d: %w", id, err)
	}
	return nil
}

// elements follows the elements of a page, which are in the order of their keys.
func (i *inspection) elements(p []byte) error {
	kind, count := binary.NativeEndian.Uint16(p[8:]), int(binary.NativeEndian.Uint16(p[10:]))
	isBranch := kind == branchPage
	if kind != branchPage && kind != leafPage || isBranch && count == 0 || headerSize+count*elementSize > len(p) {
		return fmt.Errorf("no page of kind %#x has %d elements", kind, count)
	}
	var last []byte
	for n := range count {
		table := p[headerSize+n*elementSize:]
		key, value, ok := leafElement(table)
		if isBranch {
			key, ok = branchKey(table)
		}
		if !ok || n > 0 && bytes.Compare(last, key) >= 0 {
			return fmt.Errorf("element %d is out of range or order", n)
		}
		last = key
		var err error
		switch {
		case isBranch:
			err = i.tree(number(table[8:]))
		case binary.NativeEndian.Uint32(table)&tableElement != 0:
			err = i.table(value)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// leafElement takes key and value, which lie behind the table, of an element.
func leafElement(table []byte) (key, value []byte, ok bool) {
	from := uint64(binary.NativeEndian.Uint32(table[4:]))
	middle := from + uint64(binary.NativeEndian.Uint32(table[8:]))
	to := middle + uint64(binary.NativeEndian.Uint32(table[12:]))
	if from < elementSize || to > uint64(len(table)) {
		return nil, nil, false
	}
	return table[from:middle], table[middle:to], true
}

// branchKey takes the key of an element that leads to another page.
func branchKey(table []byte) (key []byte, ok bool) {
	from := uint64(binary.NativeEndian.Uint32(table))
	to := from + uint64(binary.NativeEndian.Uint32(table[4:]))
	if from < elementSize || to > uint64(len(table)) {
		return nil, false
	}
	return table[from:to], true
}

// table follows a table: a tree of its own or, where it is small, a page within the
// value.
func (i *inspection) table(value []byte) error {
	if len(value) < headerSize {
		return errors.New("a table has no beginning")
	}
	if root := number(value); root != 0 {
		return i.tree(root)
	}
	if len(value) < 2*headerSize {
		return errors.New("a small table has no page")
	}
	return i.elements(value[headerSize:])
}

// freeList wants the pages that are listed as free to be used by nothing else.
func (i *inspection) freeList(id uint64) error {
	p, err := i.page(id)
	if err != nil {
		return err
	}
	ids, count := p[headerSize:], uint64(binary.NativeEndian.Uint16(p[10:]))
	if count == longList {
		count, ids = number(ids), ids[8:]
	}
	if kind := binary.NativeEndian.Uint16(p[8:]); kind != freePage || count > uint64(len(ids))/8 {
		return fmt.Errorf("page %d of kind %#x is no list of %d free pages", id, kind, count)
	}
	for n := range count {
		if err := i.use(number(ids[8*n:])); err != nil {
			return fmt.Errorf("free page: %w", err)
		}
	}
	return nil
}

func number(b []byte) uint64 { return binary.NativeEndian.Uint64(b) }
