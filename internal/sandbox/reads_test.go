package sandbox_test

import (
	"bytes"
	"cmp"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	cfntypes "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"mlops-infra-suite/internal/sandbox"
	"mlops-infra-suite/internal/sandbox/cfn"
	"mlops-infra-suite/internal/sandbox/ec2"
	"mlops-infra-suite/internal/sandbox/ssm"
	"mlops-infra-suite/internal/sandbox/store"
	"mlops-infra-suite/internal/sandbox/wire"
)

// readOperations are the operations of each service that can't write.
func readOperations(t *testing.T) map[string][]string {
	t.Helper()
	db := must[*store.DB](t)(store.Open(filepath.Join(t.TempDir(), "store"), store.Options{NoSync: true}))
	engine := cfn.New(db, cfn.Options{})
	defer func() {
		engine.Close()
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}()
	found := map[string][]string{"sts": {"GetCallerIdentity", "GetAccessKeyInfo", "DecodeAuthorizationMessage"}, "cloudtrail": {"LookupEvents"}}
	for _, service := range []wire.Service{engine.Service(), ec2.Service(), ssm.Service()} {
		for _, op := range service.Operations {
			if !op.Writes {
				found[service.Name] = append(found[service.Name], op.Name)
			}
		}
	}
	return found
}

// TestFacts_Reads: no read changes a byte of the store, whether it finds what it
// looks for or fails; not even one of a stack that is gone.
func TestFacts_Reads(t *testing.T) {
	s := open(t, "", sandbox.Options{})
	parameters := readParameters(t, s)
	snapshot := func() []byte { return post(t, s, "/_sandbox/snapshot", nil).Body.Bytes() }
	before := snapshot()
	for service, operations := range readOperations(t) {
		for _, name := range operations {
			text, ok := parameters[name]
			if !ok && service != "cloudformation" {
				t.Errorf("no parameters for %s of %s", name, service)
			}
			if !ok {
				text = "StackName=demo"
			}
			status, found := request(t, s, service, name, text)
			if ok && status != http.StatusOK {
				t.Errorf("%s of %s: %d %+v", name, service, status, found)
			}
			nothing := map[bool]string{true: "{}"}[services[service].target != ""]
			for _, text := range []string{nothing, strings.ReplaceAll(text, "demo", "gone")} {
				if status, found := request(t, s, service, name, text); status >= 500 {
					t.Errorf("%s of %s with %q: %d %+v", name, service, text, status, found)
				}
			}
			if !bytes.Equal(before, snapshot()) {
				t.Errorf("%s of %s has written", name, service)
				before = snapshot()
			}
		}
	}
}

// readParameters fills a sandbox and returns for each read what finds something
// in it.
func readParameters(t *testing.T, s *sandbox.Sandbox) map[string]string {
	t.Helper()
	c := clientsFor(s, testAccount, testRegion)
	vpc := newVPC(t, c)
	group, list := newGroup(t, c, vpc, "web"), newPrefixList(t, c, "offices", 1)
	newInterface(t, c, newSubnet(t, c, vpc, "10.0.1.0/24"), group)
	put(t, c, "/demo", "1")

	const exporting = `
Resources:
  Web: {Type: "AWS::SSM::Parameter", Properties: {Type: String, Value: a}}
Outputs: {Web: {Value: !Ref Web, Export: {Name: demo-web}}}`
	const importing = `
Resources:
  App: {Type: "AWS::SSM::Parameter", Properties: {Type: String, Value: !ImportValue demo-web}}`
	stack := cloudformation.NewFromConfig(configFor(s, testAccount, testRegion))
	for _, name := range []string{"gone", "demo", "user"} {
		body := map[string]string{"user": importing}[name]
		must[*cloudformation.CreateStackOutput](t)(stack.CreateStack(t.Context(),
			&cloudformation.CreateStackInput{StackName: &name, TemplateBody: aws.String(cmp.Or(body, exporting))}))
		if name == "gone" {
			must[*cloudformation.DeleteStackOutput](t)(stack.DeleteStack(t.Context(), &cloudformation.DeleteStackInput{StackName: &name}))
		}
	}
	must[*cloudformation.CreateChangeSetOutput](t)(stack.CreateChangeSet(t.Context(), &cloudformation.CreateChangeSetInput{
		StackName: aws.String("demo"), ChangeSetName: aws.String("next"), ChangeSetType: cfntypes.ChangeSetTypeUpdate,
		TemplateBody: aws.String(strings.Replace(exporting, "Value: a", "Value: b", 1)),
	}))
	drift := must[*cloudformation.DetectStackDriftOutput](t)(stack.DetectStackDrift(t.Context(),
		&cloudformation.DetectStackDriftInput{StackName: aws.String("demo")}))
	return map[string]string{
		"DescribeVpcs": "", "DescribeSubnets": "", "DescribeSecurityGroups": "", "DescribeSecurityGroupRules": "",
		"DescribeNetworkInterfaces": "", "DescribeTags": "", "DescribeManagedPrefixLists": "", "DescribePrefixLists": "",
		"GetManagedPrefixListEntries":          "PrefixListId=" + list,
		"DescribeSecurityGroupReferences":      "GroupId.1=" + group,
		"DescribeStaleSecurityGroups":          "VpcId=" + vpc,
		"DescribeSecurityGroupVpcAssociations": "",

		"GetParameter": `{"Name":"/demo"}`, "GetParameters": `{"Names":["/demo"]}`, "GetParametersByPath": `{"Path":"/"}`,
		"GetParameterHistory": `{"Name":"/demo"}`, "DescribeParameters": "{}",
		"ListTagsForResource": `{"ResourceType":"Parameter","ResourceId":"/demo"}`,

		"LookupEvents":               `{"LookupAttributes":[{"AttributeKey":"EventName","AttributeValue":"CreateVpc"}]}`,
		"DecodeAuthorizationMessage": "EncodedMessage=e30", // {}
		"GetCallerIdentity":          "", "GetAccessKeyInfo": "AccessKeyId=AKIAIOSFODNN7EXAMPLE",

		"DescribeChangeSet": "StackName=demo&ChangeSetName=next", "DescribeStackEvents": "StackName=demo",
		"DescribeStackResource": "StackName=demo&LogicalResourceId=Web", "DescribeStackResources": "StackName=demo",
		"DescribeStackResourceDrifts": "StackName=demo", "ListHookResults": "",
		"DescribeStackDriftDetectionStatus": "StackDriftDetectionId=" + *drift.StackDriftDetectionId,

		"DescribeStacks": "StackName=demo", "GetTemplate": "StackName=demo", "GetTemplateSummary": "StackName=demo",
		"ListChangeSets": "StackName=demo", "ListExports": "", "ListImports": "ExportName=demo-web",
		"DescribeAccountLimits": "", "DescribeEvents": "StackName=demo", "GetStackPolicy": "StackName=demo",
		"ListStackResources": "StackName=demo", "ListStacks": "", "ValidateTemplate": `TemplateBody={"Resources":{"P":{"Type":"AWS::SSM::Parameter"}}}`,
	}
}
