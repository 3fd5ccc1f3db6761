package live

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
)

// maxParameters is how many names GetParameters takes (documented limit).
const maxParameters = 10

type parameterAPI interface {
	GetParameter(context.Context, *ssm.GetParameterInput, ...func(*ssm.Options)) (*ssm.GetParameterOutput, error)
}

// Parameter reads the value of a parameter; *NotFoundError: there is none of that name in this account and region.
func Parameter(ctx context.Context, api parameterAPI, name string) (string, error) {
	out, err := api.GetParameter(ctx, &ssm.GetParameterInput{Name: aws.String(name)})
	switch {
	case isNoParameter(err):
		return "", &NotFoundError{What: "SSM parameter", ID: name}
	case err != nil:
		return "", fmt.Errorf("get parameter %s: %w", name, err)
	}
	return aws.ToString(out.Parameter.Value), nil
}

type parametersAPI interface {
	GetParameters(context.Context, *ssm.GetParametersInput, ...func(*ssm.Options)) (*ssm.GetParametersOutput, error)
}

// Parameters reads the values of those parameters that exist, by name.
func Parameters(ctx context.Context, api parametersAPI, names []string) (map[string]string, error) {
	values := make(map[string]string, len(names))
	for some := range slices.Chunk(names, maxParameters) {
		out, err := api.GetParameters(ctx, &ssm.GetParametersInput{Names: some})
		if err != nil {
			return nil, fmt.Errorf("get parameters: %w", err)
		}
		for _, p := range out.Parameters {
			values[aws.ToString(p.Name)] = aws.ToString(p.Value)
		}
	}
	return values, nil
}
