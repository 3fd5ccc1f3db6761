package awsenv

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// rolesClient says where roles are assumed. The SDK makes its client for that before it reads AWS_ENDPOINT_URL (or endpoint_url of
// the profile), and would ask AWS for a role although everything else goes elsewhere.
type rolesClient struct{ endpoint *string }

// options sends a call there, unless STS has an endpoint of its own (AWS_ENDPOINT_URL_STS).
func (r *rolesClient) options(with []func(*sts.Options)) []func(*sts.Options) {
	return append(with, func(o *sts.Options) {
		if o.BaseEndpoint == nil {
			o.BaseEndpoint = r.endpoint
		}
	})
}

func (r *rolesClient) assume(o *stscreds.AssumeRoleOptions) { o.Client = assumer{r, o.Client} }

func (r *rolesClient) assumeWithToken(o *stscreds.WebIdentityRoleOptions) {
	if o.Client != nil { // at first the SDK asks for the role alone
		o.Client = webAssumer{r, o.Client}
	}
}

type assumer struct {
	*rolesClient
	api stscreds.AssumeRoleAPIClient
}

// AssumeRole is what profiles with a role_arn need.
func (a assumer) AssumeRole(ctx context.Context, in *sts.AssumeRoleInput, with ...func(*sts.Options)) (*sts.AssumeRoleOutput, error) {
	return a.api.AssumeRole(ctx, in, a.options(with)...)
}

type webAssumer struct {
	*rolesClient
	api stscreds.AssumeRoleWithWebIdentityAPIClient
}

// AssumeRoleWithWebIdentity is what a token of OpenID Connect needs.
func (a webAssumer) AssumeRoleWithWebIdentity(
	ctx context.Context, in *sts.AssumeRoleWithWebIdentityInput, with ...func(*sts.Options),
) (*sts.AssumeRoleWithWebIdentityOutput, error) {
	return a.api.AssumeRoleWithWebIdentity(ctx, in, a.options(with)...)
}
