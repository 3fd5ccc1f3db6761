package marketplace

import (
	"regexp"

	"mlops-infra-suite/internal/sandbox/wire"
)

// KeyVersion is the version of the sandbox's key, the only one of every product.
const KeyVersion = 1

var productCode = regexp.MustCompile(`^[-a-zA-Z0-9/=:_.@]*$`)

// Metering is the Marketplace Metering Service.
func Metering() wire.Service {
	return wire.Service{
		Name:       "aws-marketplace",
		Target:     "AWSMPMeteringService",
		Protocol:   wire.JSON,
		Operations: []wire.Operation{wire.Read("RegisterUsage", registerUsage)},
		Known:      []string{"BatchMeterUsage", "MeterUsage", "ResolveCustomer"},
	}
}

// registerUsageInput is RegisterUsage's request.
type registerUsageInput struct {
	ProductCode      string `aws:",required"` // up to 255 characters
	PublicKeyVersion int32  `aws:",required"` // from 1
	Nonce            string // up to 255 characters
}

// registerUsageOutput is RegisterUsage's response. PublicKeyRotationTimestamp, which tells when a key has expired, is not
// among its fields: the sandbox's never does.
type registerUsageOutput struct {
	Signature string
}

// registerUsage says that the product may run, in a token. The sandbox keeps no record of usage.
func registerUsage(call *wire.Call, in *registerUsageInput) (*registerUsageOutput, error) {
	var c wire.Constraints
	c.Length("productCode", in.ProductCode, 0, 255)
	c.Pattern("productCode", in.ProductCode, productCode)
	c.Check(in.PublicKeyVersion >= 1, "publicKeyVersion", in.PublicKeyVersion, "Member must have value greater than or equal to 1")
	c.Length("nonce", in.Nonce, 0, 255)
	if err := c.Err("ValidationException"); err != nil {
		return nil, err
	}
	if in.ProductCode == "" {
		return nil, Documented("RegisterUsage", "InvalidProductCodeException")
	}
	if in.PublicKeyVersion != KeyVersion {
		return nil, Documented("RegisterUsage", "InvalidPublicKeyVersionException")
	}
	token, err := sign(claims{in.ProductCode, in.PublicKeyVersion, in.Nonce, call.Now.Unix()})
	if err != nil {
		return nil, err
	}
	return &registerUsageOutput{Signature: token}, nil
}
