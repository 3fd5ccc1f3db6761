package live

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
)

type parameterTagsAPI interface {
	ListTagsForResource(context.Context, *ssm.ListTagsForResourceInput, ...func(*ssm.Options)) (*ssm.ListTagsForResourceOutput, error)
}

// ParameterTags reads the tags of a parameter; *NotFoundError: there is none of that name in this account and region.
func ParameterTags(ctx context.Context, api parameterTagsAPI, name string) (map[string]string, error) {
	out, err := api.ListTagsForResource(ctx, &ssm.ListTagsForResourceInput{
		ResourceType: types.ResourceTypeForTaggingParameter, ResourceId: aws.String(name),
	})
	switch {
	case isNoParameter(err):
		return nil, &NotFoundError{What: "SSM parameter", ID: name}
	case err != nil:
		return nil, fmt.Errorf("list tags of parameter %s: %w", name, err)
	}
	tags := make(map[string]string, len(out.TagList))
	for _, t := range out.TagList {
		tags[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	return tags, nil
}

type putParameterAPI interface {
	PutParameter(context.Context, *ssm.PutParameterInput, ...func(*ssm.Options)) (*ssm.PutParameterOutput, error)
}

// PutParameter sets the value of a parameter of type String, which need not exist. Its description and tags stay as they are.
func PutParameter(ctx context.Context, api putParameterAPI, name, value string) error {
	_, err := api.PutParameter(ctx, &ssm.PutParameterInput{
		Name: aws.String(name), Value: aws.String(value), Type: types.ParameterTypeString, Overwrite: aws.Bool(true),
	})
	if err != nil {
		return fmt.Errorf("put parameter %s: %w", name, err)
	}
	return nil
}

type tagParameterAPI interface {
	AddTagsToResource(context.Context, *ssm.AddTagsToResourceInput, ...func(*ssm.Options)) (*ssm.AddTagsToResourceOutput, error)
	RemoveTagsFromResource(context.Context, *ssm.RemoveTagsFromResourceInput, ...func(*ssm.Options)) (*ssm.RemoveTagsFromResourceOutput, error)
}

// TagParameter sets tags of a parameter and takes others away.
func TagParameter(ctx context.Context, api tagParameterAPI, name string, set map[string]string, remove []string) error {
	if len(set) > 0 {
		in := &ssm.AddTagsToResourceInput{ResourceType: types.ResourceTypeForTaggingParameter, ResourceId: aws.String(name)}
		for _, key := range slices.Sorted(maps.Keys(set)) {
			in.Tags = append(in.Tags, types.Tag{Key: aws.String(key), Value: aws.String(set[key])})
		}
		if _, err := api.AddTagsToResource(ctx, in); err != nil {
			return fmt.Errorf("set tags of parameter %s: %w", name, err)
		}
	}
	if len(remove) > 0 {
		in := &ssm.RemoveTagsFromResourceInput{ResourceType: types.ResourceTypeForTaggingParameter, ResourceId: aws.String(name), TagKeys: remove}
		if _, err := api.RemoveTagsFromResource(ctx, in); err != nil {
			return fmt.Errorf("remove tags of parameter %s: %w", name, err)
		}
	}
	return nil
}
