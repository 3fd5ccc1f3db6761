package sandbox_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

var plainSSM = cmp.Options{
	cmpopts.IgnoreUnexported(types.Parameter{}, types.ParameterMetadata{}, types.ParameterHistory{}, types.Tag{}),
	cmpopts.IgnoreFields(types.Parameter{}, "LastModifiedDate"),
	cmpopts.IgnoreFields(types.ParameterMetadata{}, "LastModifiedDate"),
	cmpopts.IgnoreFields(types.ParameterHistory{}, "LastModifiedDate"),
}

func put(t *testing.T, c clients, name, value string) {
	t.Helper()
	must[*ssm.PutParameterOutput](t)(c.ssm.PutParameter(t.Context(),
		&ssm.PutParameterInput{Name: &name, Value: &value, Type: types.ParameterTypeString}))
}

func TestParameter(t *testing.T) {
	c := newClients(t)
	const name = "/sg/demo/web/SecurityGroupId"
	made := must[*ssm.PutParameterOutput](t)(c.ssm.PutParameter(t.Context(), &ssm.PutParameterInput{
		Name: aws.String(name), Value: aws.String("sg-ü <1>"), Type: types.ParameterTypeString, Description: aws.String("web"),
		AllowedPattern: aws.String("^sg-"), Tags: []types.Tag{{Key: aws.String("k"), Value: aws.String("")}},
	}))
	if made.Version != 1 || made.Tier != types.ParameterTierStandard {
		t.Errorf("made version %d of tier %s", made.Version, made.Tier)
	}
	want := &types.Parameter{
		Name: aws.String(name), Value: aws.String("sg-ü <1>"), Type: types.ParameterTypeString, Version: 1,
		ARN: aws.String("arn:aws:ssm:us-west-2:111122223333:parameter" + name), DataType: aws.String("text"),
	}
	for _, reference := range []string{name, " " + name, *want.ARN} {
		got := must[*ssm.GetParameterOutput](t)(c.ssm.GetParameter(t.Context(), &ssm.GetParameterInput{Name: &reference}))
		if diff := cmp.Diff(want, got.Parameter, plainSSM); diff != "" {
			t.Error(diff)
		}
		if got.Parameter.LastModifiedDate.IsZero() {
			t.Error("no date")
		}
	}

	_, err := c.ssm.PutParameter(t.Context(), &ssm.PutParameterInput{
		Name: aws.String(name), Value: aws.String("sg-2"), Type: types.ParameterTypeString})
	wantError(t, err, "ParameterAlreadyExists",
		"The parameter already exists. To overwrite this value, set the overwrite option in the request to true.")
	_, err = c.ssm.PutParameter(t.Context(), &ssm.PutParameterInput{
		Name: aws.String(name), Value: aws.String("x"), Overwrite: aws.Bool(true)})
	wantError(t, err, "ParameterPatternMismatchException",
		"Parameter value, cannot be validated against allowedPattern: ^sg-")
	again := must[*ssm.PutParameterOutput](t)(c.ssm.PutParameter(t.Context(), &ssm.PutParameterInput{
		Name: aws.String(name), Value: aws.String("sg-2"), Overwrite: aws.Bool(true)}))
	if again.Version != 2 {
		t.Errorf("overwritten to version %d, want 2", again.Version)
	}

	first := must[*ssm.GetParameterOutput](t)(c.ssm.GetParameter(t.Context(), &ssm.GetParameterInput{Name: aws.String(name + ":1")}))
	want.Selector = aws.String(":1")
	if diff := cmp.Diff(want, first.Parameter, plainSSM); diff != "" {
		t.Error("version 1: " + diff)
	}
	_, err = c.ssm.GetParameter(t.Context(), &ssm.GetParameterInput{Name: aws.String(name + ":3")})
	wantError(t, err, "ParameterVersionNotFound",
		"Systems Manager could not find version 3 of "+name+". Verify the version and try again.")

	history := must[*ssm.GetParameterHistoryOutput](t)(c.ssm.GetParameterHistory(t.Context(),
		&ssm.GetParameterHistoryInput{Name: aws.String(name), MaxResults: aws.Int32(1)}))
	if history.Parameters[0].Version != 1 || history.NextToken == nil {
		t.Errorf("history begins with %v", history)
	}

	must[*ssm.DeleteParameterOutput](t)(c.ssm.DeleteParameter(t.Context(), &ssm.DeleteParameterInput{Name: aws.String(name)}))
	_, err = c.ssm.GetParameter(t.Context(), &ssm.GetParameterInput{Name: aws.String(name)})
	wantError(t, err, "ParameterNotFound", "Parameter "+name+" not found.")
	_, err = c.ssm.DeleteParameter(t.Context(), &ssm.DeleteParameterInput{Name: aws.String(name)})
	wantError(t, err, "ParameterNotFound", "Parameter "+name+" not found.")
	put(t, c, name, "anew")
	anew := must[*ssm.GetParameterHistoryOutput](t)(c.ssm.GetParameterHistory(t.Context(), &ssm.GetParameterHistoryInput{Name: aws.String(name)}))
	if len(anew.Parameters) != 1 || *anew.Parameters[0].Value != "anew" {
		t.Errorf("a deleted parameter leaves a history: %v", anew.Parameters)
	}
}

// TestAdvancedParameterStays: an advanced parameter can't become a standard one, whoever asks for it.
func TestAdvancedParameterStays(t *testing.T) {
	c := newClients(t)
	write := func(tier types.ParameterTier, value string) (*ssm.PutParameterOutput, error) {
		return c.ssm.PutParameter(t.Context(), &ssm.PutParameterInput{
			Name: aws.String("/a"), Value: &value, Type: types.ParameterTypeString, Tier: tier, Overwrite: aws.Bool(true)})
	}
	for _, tier := range []types.ParameterTier{"Standard", "Intelligent-Tiering"} {
		if out := must[*ssm.PutParameterOutput](t)(write(tier, "v")); out.Tier != "Standard" {
			t.Errorf("%s makes %s", tier, out.Tier)
		}
	}
	for _, tier := range []types.ParameterTier{"Advanced", "", "Intelligent-Tiering"} {
		if out := must[*ssm.PutParameterOutput](t)(write(tier, "v")); out.Tier != "Advanced" {
			t.Errorf("%s makes %s", tier, out.Tier)
		}
	}
	_, err := write("Standard", "v")
	wantError(t, err, "ValidationException", "This parameter uses the advanced-parameter tier. You can't downgrade a parameter from the "+
		"advanced-parameter tier to the standard-parameter tier. If necessary, you can delete the advanced parameter and recreate it as a standard parameter.")
}

func TestParameterRefused(t *testing.T) {
	c := newClients(t)
	const path = `Parameter name: can't be prefixed with "ssm" (case-insensitive). If formed as a path, it can consist ` +
		`of sub-paths divided by slash symbol; each sub-path can be formed as a mix of letters, numbers and the following 3 symbols .-_`
	const prefix = `Parameter name: can't be prefixed with "aws" or "ssm" (case-insensitive).`
	for _, test := range []struct{ name, value, code, message string }{
		{"/a b", "v", "ValidationException", path},
		{"/a//b", "v", "ValidationException", path},
		{"/a/", "v", "ValidationException", path},
		{"a/b", "v", "ValidationException", "Parameter name must be a fully qualified name."},
		{"AWSome", "v", "ValidationException", prefix},
		{"/ssm/x", "v", "ValidationException", prefix},
		{"/aws/x", "v", "AccessDeniedException", "No access to reserved parameter name: /aws/x."},
		{strings.Repeat("/x", 16), "v", "HierarchyLevelLimitExceededException",
			"The hierarchy can have a maximum of 15 levels: " + strings.Repeat("/x", 16) + "."},
		{"/a", strings.Repeat("x", 4097), "ValidationException", "Standard tier parameters support a maximum parameter value " +
			"of 4096 characters. To create a larger parameter value, upgrade the parameter to use the advanced-parameter tier."},
		{"/a", "", "ValidationException",
			"1 validation error detected: Value '' at 'value' failed to satisfy constraint: Member must have length greater than or equal to 1."},
	} {
		_, err := c.ssm.PutParameter(t.Context(), &ssm.PutParameterInput{
			Name: &test.name, Value: &test.value, Type: types.ParameterTypeString})
		wantError(t, err, test.code, test.message)
	}
	_, err := c.ssm.PutParameter(t.Context(), &ssm.PutParameterInput{Name: aws.String("/a"), Value: aws.String("v")})
	wantError(t, err, "ValidationException", "A parameter type is required when you create a parameter.")
	_, err = c.ssm.PutParameter(t.Context(), &ssm.PutParameterInput{
		Name: aws.String("/a"), Value: aws.String("v"), Type: types.ParameterTypeSecureString})
	wantError(t, err, "UnsupportedParameterType", "This sandbox has no KMS, which a SecureString needs.")
	_, err = c.ssm.PutParameter(t.Context(), &ssm.PutParameterInput{
		Name: aws.String("/a"), Value: aws.String("v"), Type: "Text", Tier: "Gold"})
	wantError(t, err, "ValidationException", "2 validation errors detected: "+
		"Value 'Text' at 'type' failed to satisfy constraint: Member must satisfy enum value set: [SecureString, StringList, String]; "+
		"Value 'Gold' at 'tier' failed to satisfy constraint: Member must satisfy enum value set: [Standard, Advanced, Intelligent-Tiering]")
}

func TestGetParameters(t *testing.T) {
	c := newClients(t)
	put(t, c, "/b", "2")
	put(t, c, "a", "1")
	got := must[*ssm.GetParametersOutput](t)(c.ssm.GetParameters(t.Context(), &ssm.GetParametersInput{Names: []string{"a", "/nope", "/b"}}))
	if len(got.Parameters) != 2 || *got.Parameters[0].Name != "/b" || *got.Parameters[1].Name != "a" {
		t.Errorf("got %v", got.Parameters)
	}
	if diff := cmp.Diff([]string{"/nope"}, got.InvalidParameters); diff != "" {
		t.Error(diff)
	}
	deleted := must[*ssm.DeleteParametersOutput](t)(c.ssm.DeleteParameters(t.Context(), &ssm.DeleteParametersInput{Names: []string{"a", "/nope"}}))
	if diff := cmp.Diff([][]string{{"a"}, {"/nope"}}, [][]string{deleted.DeletedParameters, deleted.InvalidParameters}); diff != "" {
		t.Error(diff)
	}
	_, err := c.ssm.GetParameters(t.Context(), &ssm.GetParametersInput{Names: []string{}})
	wantError(t, err, "ValidationException", "1 validation error detected: Value '[]' at 'names' failed to satisfy constraint: "+
		"Member must have length greater than or equal to 1")
}

func TestParametersByPath(t *testing.T) {
	c := newClients(t)
	for i := range 12 {
		put(t, c, fmt.Sprintf("/sg/demo/%02d", i), "v")
	}
	put(t, c, "/sg/demo/deep/er", "v")
	put(t, c, "/sg/demos", "v")
	put(t, c, "/sg/demo", "v")
	byPath := func(path string, recursive bool) (names []string, pages int) {
		in := &ssm.GetParametersByPathInput{Path: &path, Recursive: &recursive}
		for p := ssm.NewGetParametersByPathPaginator(c.ssm, in); p.HasMorePages(); pages++ {
			for _, found := range must[*ssm.GetParametersByPathOutput](t)(p.NextPage(t.Context())).Parameters {
				names = append(names, *found.Name)
			}
		}
		return names, pages
	}
	for path, want := range map[string]int{"/sg/demo": 12, "/sg/demo/": 12, "/sg": 2, "/": 0, "/nope": 0} {
		if names, _ := byPath(path, false); len(names) != want {
			t.Errorf("directly below %s: %v, want %d", path, names, want)
		}
	}
	names, pages := byPath("/sg/demo", true)
	if len(names) != 13 || pages != 2 || names[12] != "/sg/demo/deep/er" {
		t.Errorf("%v on %d pages", names, pages)
	}
	_, err := c.ssm.GetParametersByPath(t.Context(), &ssm.GetParametersByPathInput{Path: aws.String("/sg"), MaxResults: aws.Int32(11)})
	wantError(t, err, "ValidationException", "1 validation error detected: Value '11' at 'maxResults' failed to satisfy constraint: "+
		"Member must have value less than or equal to 10")
	_, err = c.ssm.GetParametersByPath(t.Context(), &ssm.GetParametersByPathInput{Path: aws.String("/sg"), NextToken: aws.String("x")})
	wantError(t, err, "InvalidNextToken", "The specified token is not valid.")
}

func TestDescribeParameters(t *testing.T) {
	c := newClients(t)
	put(t, c, "/sg/a/x", "1")
	put(t, c, "/sg/b", "2")
	put(t, c, "list", "3")
	must[*ssm.AddTagsToResourceOutput](t)(c.ssm.AddTagsToResource(t.Context(), &ssm.AddTagsToResourceInput{
		ResourceType: types.ResourceTypeForTaggingParameter, ResourceId: aws.String("list"),
		Tags: []types.Tag{{Key: aws.String("env"), Value: aws.String("prod")}},
	}))
	for _, test := range []struct {
		key, option string
		values      []string
		want        string
	}{
		{"Name", "", []string{"/sg/b", "list"}, "/sg/b list"},
		{"Name", "BeginsWith", []string{"/sg/"}, "/sg/a/x /sg/b"},
		{"Name", "Contains", []string{"is"}, "list"},
		{"Path", "", []string{"/sg"}, "/sg/b"},
		{"Path", "Recursive", []string{"/sg"}, "/sg/a/x /sg/b"},
		{"Type", "", []string{"StringList"}, ""},
		{"tag:env", "", []string{"prod"}, "list"},
		{"tag:env", "", nil, "list"},
		{"Tier", "Equals", []string{"Standard"}, "/sg/a/x /sg/b list"},
	} {
		filter := types.ParameterStringFilter{Key: &test.key, Values: test.values}
		if test.option != "" {
			filter.Option = &test.option
		}
		out := must[*ssm.DescribeParametersOutput](t)(c.ssm.DescribeParameters(t.Context(),
			&ssm.DescribeParametersInput{ParameterFilters: []types.ParameterStringFilter{filter}}))
		var names []string
		for _, p := range out.Parameters {
			names = append(names, *p.Name)
		}
		if got := strings.Join(names, " "); got != test.want {
			t.Errorf("%s %s %v finds %q, want %q", test.key, test.option, test.values, got, test.want)
		}
	}
	_, err := c.ssm.DescribeParameters(t.Context(), &ssm.DescribeParametersInput{
		ParameterFilters: []types.ParameterStringFilter{{Key: aws.String("Label"), Values: []string{"x"}}}})
	wantError(t, err, "InvalidFilterKey", "") // AWS models no message
	want := []types.ParameterMetadata{{
		Name: aws.String("list"), Type: types.ParameterTypeString, Version: 1, Tier: types.ParameterTierStandard,
		ARN: aws.String("arn:aws:ssm:us-west-2:111122223333:parameter/list"), DataType: aws.String("text"),
		LastModifiedUser: aws.String("arn:aws:iam::111122223333:user/sandbox"), Policies: []types.ParameterInlinePolicy{},
	}}
	got := must[*ssm.DescribeParametersOutput](t)(c.ssm.DescribeParameters(t.Context(), &ssm.DescribeParametersInput{
		Filters: []types.ParametersFilter{{Key: types.ParametersFilterKeyName, Values: []string{"li"}}}}))
	if diff := cmp.Diff(want, got.Parameters, plainSSM); diff != "" {
		t.Error(diff)
	}
}

func TestParameterTags(t *testing.T) {
	c := newClients(t)
	put(t, c, "/a", "1")
	parameter := types.ResourceTypeForTaggingParameter
	tag := func(key, value string) types.Tag { return types.Tag{Key: &key, Value: &value} }
	must[*ssm.AddTagsToResourceOutput](t)(c.ssm.AddTagsToResource(t.Context(), &ssm.AddTagsToResourceInput{
		ResourceType: parameter, ResourceId: aws.String("/a"), Tags: []types.Tag{tag("b", "2"), tag("a", ""), tag("c", "3")}}))
	must[*ssm.RemoveTagsFromResourceOutput](t)(c.ssm.RemoveTagsFromResource(t.Context(), &ssm.RemoveTagsFromResourceInput{
		ResourceType: parameter, ResourceId: aws.String("/a"), TagKeys: []string{"c", "nope"}}))
	got := must[*ssm.ListTagsForResourceOutput](t)(c.ssm.ListTagsForResource(t.Context(),
		&ssm.ListTagsForResourceInput{ResourceType: parameter, ResourceId: aws.String("/a")}))
	if diff := cmp.Diff([]types.Tag{tag("a", ""), tag("b", "2")}, got.TagList, plainSSM); diff != "" {
		t.Error(diff)
	}
	_, err := c.ssm.ListTagsForResource(t.Context(), &ssm.ListTagsForResourceInput{ResourceType: parameter, ResourceId: aws.String("/b")})
	wantError(t, err, "InvalidResourceId", "") // AWS models no message
	_, err = c.ssm.AddTagsToResource(t.Context(), &ssm.AddTagsToResourceInput{
		ResourceType: parameter, ResourceId: aws.String("/a"), Tags: []types.Tag{tag("k", "a<b")}})
	wantError(t, err, "ValidationException", "1 validation error detected: Value 'a<b' at 'tags.value' failed to satisfy constraint: "+
		`Member must satisfy regular expression pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]*`)
}
