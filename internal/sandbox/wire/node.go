package wire

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"unicode/utf8"
)

// node is a value of a request before it has a type: exactly one of scalar,
// list and members is set.
type node struct {
	scalar  any // string of a form; string, json.Number or bool of JSON
	list    []*node
	members map[string]*node
}

// maxDepth bounds the nesting of a request; no API of AWS here needs ten.
const maxDepth = 32

// formNode makes a tree of a form: "Tags.member.1.Key=a" lies at Tags, member,
// 1, Key. Only bind knows which of the members are lists. It takes the form
// apart itself: net/url would drop a second value of a name.
func formNode(form string) (*node, error) {
	root := &node{members: map[string]*node{}}
	for pair := range strings.SplitSeq(form, "&") {
		if pair == "" {
			continue
		}
		rawName, rawValue, _ := strings.Cut(pair, "=")
		name, errName := url.QueryUnescape(rawName)
		value, errValue := url.QueryUnescape(rawValue)
		if err := errors.Join(errName, errValue); err != nil {
			return nil, fmt.Errorf("the parameter %.100q is not encoded as a form", pair)
		}
		if !utf8.ValidString(name) || !utf8.ValidString(value) {
			return nil, fmt.Errorf("the parameter %.100q is not valid UTF-8", pair)
		}
		if err := root.insert(name, value); err != nil {
			return nil, err
		}
	}
	return root, nil
}

// insert puts the value of a query parameter at its place below n: "Tags.1.Key" is three members deep.
func (n *node) insert(name, value string) error {
	parts := strings.Split(name, ".")
	if len(parts) > maxDepth {
		return fmt.Errorf("the parameter %.100q is nested too deeply", name)
	}
	for _, part := range parts {
		if n.members == nil {
			n.members = map[string]*node{}
		}
		next := n.members[part]
		if next == nil {
			next = &node{}
			n.members[part] = next
		}
		n = next
	}
	if n.scalar != nil {
		return fmt.Errorf("the parameter %.100q is given more than once", name)
	}
	n.scalar = value
	return nil
}

// jsonNode makes a tree of a JSON document. A null member is an absent one.
func jsonNode(body io.Reader) (*node, error) {
	dec := json.NewDecoder(body)
	dec.UseNumber()
	n, err := readJSON(dec, 0)
	if errors.Is(err, io.EOF) {
		return &node{members: map[string]*node{}}, nil
	}
	if err != nil {
		return nil, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is text after the JSON document")
	}
	if n == nil || n.members == nil {
		return nil, errors.New("the JSON document is not an object")
	}
	return n, nil
}

func readJSON(dec *json.Decoder, depth int) (*node, error) {
	if depth > maxDepth {
		return nil, errors.New("the JSON document is nested too deeply")
	}
	token, err := dec.Token()
	if err != nil {
		return nil, err
	}
	switch token {
	case nil:
		return nil, nil
	case json.Delim('['):
		return readJSONList(dec, depth)
	case json.Delim('{'):
		return readJSONObject(dec, depth)
	}
	return &node{scalar: token}, nil
}

func readJSONList(dec *json.Decoder, depth int) (*node, error) {
	n := &node{list: []*node{}}
	for dec.More() {
		item, err := readJSON(dec, depth+1)
		if err != nil {
			return nil, unexpectedEnd(err)
		}
		if item == nil {
			return nil, errors.New("a list holds a null")
		}
		n.list = append(n.list, item)
	}
	_, err := dec.Token()
	return n, unexpectedEnd(err)
}

func readJSONObject(dec *json.Decoder, depth int) (*node, error) {
	n := &node{members: map[string]*node{}}
	for dec.More() {
		token, err := dec.Token()
		if err != nil {
			return nil, unexpectedEnd(err)
		}
		name := token.(string) // the decoder accepts nothing else as a name
		if _, ok := n.members[name]; ok {
			return nil, fmt.Errorf("the member %.100q is given more than once", name)
		}
		value, err := readJSON(dec, depth+1)
		if err != nil {
			return nil, unexpectedEnd(err)
		}
		if value != nil {
			n.members[name] = value
		}
	}
	_, err := dec.Token()
	return n, unexpectedEnd(err)
}

// unexpectedEnd distinguishes a document that breaks off from an empty one.
func unexpectedEnd(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
