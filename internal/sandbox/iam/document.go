package iam

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// object reads a JSON object, and calls member with each of its members. It
// refuses a name that is there twice, of which encoding/json would take the last.
func object(raw []byte, member func(name string, value json.RawMessage) error) error {
	dec := json.NewDecoder(bytes.NewReader(raw))
	if token, err := dec.Token(); err != nil {
		return err
	} else if token != json.Delim('{') {
		return fmt.Errorf("%v is in the place of an object", token)
	}
	seen := map[string]bool{}
	for dec.More() {
		var value json.RawMessage
		token, err := dec.Token()
		if err := errors.Join(err, dec.Decode(&value)); err != nil {
			return err
		}
		name, _ := token.(string) // always one, before a value
		if seen[name] {
			return fmt.Errorf("%q is there twice", name)
		}
		seen[name] = true
		if err := member(name, value); err != nil {
			return err
		}
	}
	if _, err := dec.Token(); err != nil {
		return err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("there is text after the document")
	}
	return nil
}

// oneOrMore are the values of a list, or the one that stands alone.
func oneOrMore(raw json.RawMessage) (list []json.RawMessage) {
	if json.Unmarshal(raw, &list) != nil || list == nil {
		return []json.RawMessage{raw}
	}
	return list
}

// texts is one text, or a list of them; booleans and numbers are texts in conditions.
func texts(raw json.RawMessage) (list []string, err error) {
	for _, value := range oneOrMore(raw) {
		var v any
		if err := json.Unmarshal(value, &v); err != nil {
			return nil, err
		}
		switch v := v.(type) {
		case string:
			list = append(list, v)
		case bool, float64:
			list = append(list, string(bytes.TrimSpace(value)))
		default:
			return nil, fmt.Errorf("%s is neither a text nor a list of texts", value)
		}
	}
	return list, nil
}

// text is one text.
func text(raw json.RawMessage) (string, error) {
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		return "", err
	}
	s, ok := v.(string)
	if !ok {
		return "", fmt.Errorf("%s is no text", raw)
	}
	return s, nil
}
