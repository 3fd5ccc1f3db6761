package cloudtrail

import "strings"

// Resource is what a call was about.
type Resource struct {
	ResourceType string
	ResourceName string
}

// typesByPrefix are the resources of EC2 that events name, by the prefix of their
// IDs. Rules aren't among them (assumed).
var typesByPrefix = map[string]string{
	"sg":     "AWS::EC2::SecurityGroup",
	"vpc":    "AWS::EC2::VPC",
	"subnet": "AWS::EC2::Subnet",
	"eni":    "AWS::EC2::NetworkInterface",
	"pl":     "AWS::EC2::PrefixList",
}

// typesByMember are those of other services, by the member that names them.
var typesByMember = map[string]map[string]string{
	"cloudformation.amazonaws.com": {
		"stackName": "AWS::CloudFormation::Stack", "stackId": "AWS::CloudFormation::Stack", "changeSetName": "AWS::CloudFormation::ChangeSet",
	},
	"s3.amazonaws.com":  {"bucketName": "AWS::S3::Bucket"},
	"ssm.amazonaws.com": {"name": "AWS::SSM::Parameter", "names": "AWS::SSM::Parameter", "resourceId": "AWS::SSM::Parameter"},
	"sts.amazonaws.com": {"roleArn": "AWS::IAM::Role", "accessKeyId": "AWS::IAM::AccessKey", "assumedRoleId": "AWS::STS::AssumedRole"},
}

// resourcesOf finds what an event's parameters and answer name, each once.
func resourcesOf(e event) []Resource {
	f := finder{source: e.EventSource, found: []Resource{}, seen: map[Resource]bool{}}
	f.look("", e.RequestParameters)
	f.look("", e.ResponseElements)
	return f.found
}

type finder struct {
	source string
	found  []Resource
	seen   map[Resource]bool
}

func (f *finder) look(name string, value any) {
	switch v := value.(type) {
	case map[string]any:
		for _, key := range sorted(v) {
			f.look(key, v[key])
		}
	case []any:
		for _, item := range v {
			f.look(name, item)
		}
	case string:
		if kind := f.kind(name, v); kind != "" {
			f.add(Resource{kind, v})
		}
	}
}

// kind is the type of resource that a member names, "" for none.
func (f *finder) kind(name, value string) string {
	if f.source != "ec2.amazonaws.com" {
		return typesByMember[f.source][name]
	}
	prefix, digits, _ := strings.Cut(value, "-")
	if !strings.HasSuffix(strings.ToLower(name), "id") || strings.Trim(digits, "0123456789abcdef") != "" {
		return ""
	}
	return typesByPrefix[prefix]
}

func (f *finder) add(r Resource) {
	if !f.seen[r] {
		f.seen[r] = true
		f.found = append(f.found, r)
	}
}
