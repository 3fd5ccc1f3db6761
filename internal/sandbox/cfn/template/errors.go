package template

import "mlops-infra-suite/internal/sandbox/wire"

// validationError is the one code that CloudFormation has for whatever is
// wrong with a template.
func validationError(format string, args ...any) error {
	return wire.Errorf("ValidationError", format, args...)
}

func formatError(format string, args ...any) error {
	return validationError("Template format error: "+format, args...)
}
