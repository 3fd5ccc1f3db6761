package wire

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Constraints collects what CloudFormation, SSM and STS say of parameters that
// break their model, all of them in one message:
//
//	2 validation errors detected: Value 'x' at 'stackName' failed to satisfy constraint: ...; Value ...
type Constraints struct {
	broken []string
}

// Check adds a broken constraint unless ok. Constraint is a phrase such as
// "Member must not be null".
func (c *Constraints) Check(ok bool, path string, value any, constraint string) {
	if !ok {
		c.add(fmt.Sprintf("'%v'", value), path, constraint)
	}
}

// Length wants min to max characters.
func (c *Constraints) Length(path, value string, minimum, maximum int) {
	n := utf8.RuneCountInString(value)
	c.Check(n >= minimum, path, value, fmt.Sprintf("Member must have length greater than or equal to %d", minimum))
	c.Check(n <= maximum, path, value, fmt.Sprintf("Member must have length less than or equal to %d", maximum))
}

// Range wants a number from min to max.
func (c *Constraints) Range(path string, value, minimum, maximum int64) {
	c.Check(value >= minimum, path, value, fmt.Sprintf("Member must have value greater than or equal to %d", minimum))
	c.Check(value <= maximum, path, value, fmt.Sprintf("Member must have value less than or equal to %d", maximum))
}

// Pattern wants the whole value to match; re must be anchored.
func (c *Constraints) Pattern(path, value string, re *regexp.Regexp) {
	pattern := strings.TrimSuffix(strings.TrimPrefix(re.String(), "^"), "$")
	c.Check(re.MatchString(value), path, value, "Member must satisfy regular expression pattern: "+pattern)
}

// Enum wants one of the values.
func (c *Constraints) Enum(path, value string, values ...string) {
	ok := false
	for _, v := range values {
		ok = ok || v == value
	}
	c.Check(ok, path, value, "Member must satisfy enum value set: ["+strings.Join(values, ", ")+"]")
}

func (c *Constraints) add(value, path, constraint string) {
	c.broken = append(c.broken, fmt.Sprintf("Value %s at '%s' failed to satisfy constraint: %s",
		value, lowerCamel(path), constraint))
}

// Err is nil when nothing is broken, else an error with the code that the
// service uses: ValidationError (query) or ValidationException (JSON).
func (c *Constraints) Err(code string) error {
	switch n := len(c.broken); n {
	case 0:
		return nil
	case 1:
		return Errorf(code, "1 validation error detected: %s", c.broken[0])
	default:
		return Errorf(code, "%d validation errors detected: %s", n, strings.Join(c.broken, "; "))
	}
}

func lowerCamel(name string) string {
	r, n := utf8.DecodeRuneInString(name)
	return string(unicode.ToLower(r)) + name[n:]
}
