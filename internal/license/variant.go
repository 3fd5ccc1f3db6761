package license

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// variant is by which of its host names a service is called: also over IPv6 (AWS_USE_DUALSTACK_ENDPOINT), with cryptography that
// FIPS 140 allows (AWS_USE_FIPS_ENDPOINT). No variant is somebody else's host, so the environment may choose. The SDK's clients
// ask for it by its methods.
type variant struct {
	dualStack aws.DualStackEndpointState
	fips      aws.FIPSEndpointState
}

// The two questions that the SDK's clients ask each source of an AWS configuration.
type (
	dualStackSource interface {
		GetUseDualStackEndpoint(ctx context.Context) (aws.DualStackEndpointState, bool, error)
	}
	fipsSource interface {
		GetUseFIPSEndpoint(ctx context.Context) (aws.FIPSEndpointState, bool, error)
	}
)

func (v variant) GetUseDualStackEndpoint(context.Context) (aws.DualStackEndpointState, bool, error) {
	return v.dualStack, true, nil
}

func (v variant) GetUseFIPSEndpoint(context.Context) (aws.FIPSEndpointState, bool, error) {
	return v.fips, true, nil
}

// variantOf is what the sources of an AWS configuration choose, of which the first that chooses counts.
func variantOf(ctx context.Context, sources []any) (variant, error) {
	var v variant
	err := first(sources, func(s dualStackSource) (found bool, err error) {
		v.dualStack, found, err = s.GetUseDualStackEndpoint(ctx)
		return found, err
	})
	if err != nil {
		return v, err
	}
	return v, first(sources, func(s fipsSource) (found bool, err error) {
		v.fips, found, err = s.GetUseFIPSEndpoint(ctx)
		return found, err
	})
}

func first[S any](sources []any, ask func(S) (bool, error)) error {
	for _, source := range sources {
		s, ok := source.(S)
		if !ok {
			continue
		}
		if found, err := ask(s); found || err != nil {
			return err
		}
	}
	return nil
}
