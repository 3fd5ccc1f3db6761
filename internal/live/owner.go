package live

import (
	"regexp"
	"strings"
)

// Owner says in words what an interface belongs to, so that a person finds it: "Lambda function orders", "load balancer
// app/shop", "instance i-0123456789abcdef0". What is known best comes first: AWS's own tags, the descriptions that its
// services write, an instance, the interface's type, who requested it.
func (i Interface) Owner() string {
	if service, cluster := i.Tags["aws:ecs:serviceName"], i.Tags["aws:ecs:clusterName"]; service != "" {
		return "ECS service " + service + " of the cluster " + cluster
	}
	for _, d := range descriptions {
		if m := d.pattern.FindStringSubmatchIndex(i.Description); m != nil {
			return string(d.pattern.ExpandString(nil, d.owner, i.Description, m))
		}
	}
	known := ownersByType[i.Type]
	switch {
	case i.Instance != "":
		return "instance " + i.Instance
	case known != "" && i.Description != "":
		return known + " (" + i.Description + ")"
	case known != "":
		return known
	case i.Requester != "" && i.Description != "":
		return i.Requester + " (" + i.Description + ")"
	case i.Requester != "":
		return i.Requester
	case i.Description != "":
		return "an interface described as " + i.Description
	default:
		return "an interface that nothing describes"
	}
}

// Release says how the interface lets go of its groups.
func (i Interface) Release() string {
	switch {
	case i.Type == "lambda" || strings.HasPrefix(i.Description, "AWS Lambda VPC ENI"):
		return "take the function out of the VPC or give it other groups; AWS removes the interface up to 40 minutes later"
	case i.Managed:
		return "give its owner other groups, or delete the owner: only it can remove the interface"
	case !i.Attached:
		return "it is attached to nothing: delete it, or give it other groups"
	default:
		return "give it other groups, or delete it"
	}
}

// descriptions are those that AWS's services write, as users report them: none is documented, and one that is not known here
// is shown as it is.
var descriptions = []struct {
	pattern *regexp.Regexp
	owner   string
}{
	{regexp.MustCompile(`^AWS Lambda VPC ENI-(.+?)(-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})?$`), "Lambda function $1"},
	{regexp.MustCompile(`^ELB ((?:app|net|gwy)/[^/]+)/`), "load balancer $1"},
	{regexp.MustCompile(`^ELB (.+)$`), "classic load balancer $1"},
	{regexp.MustCompile(`^VPC Endpoint Interface (vpce-\w+)`), "VPC endpoint $1"},
	{regexp.MustCompile(`^RDSNetworkInterface`), "an RDS database"},
	{regexp.MustCompile(`^RedshiftNetworkInterface`), "a Redshift cluster"},
	{regexp.MustCompile(`^DMSNetworkInterface`), "a DMS replication instance"},
	{regexp.MustCompile(`^ElastiCache[ +](.+)$`), "ElastiCache cluster $1"},
	{regexp.MustCompile(`^EFS mount target for (fs-\w+)`), "EFS mount target of $1"},
	{regexp.MustCompile(`^arn:aws[\w-]*:ecs:[^:]*:[^:]*:attachment/(.+)$`), "an ECS task (attachment $1)"},
	{regexp.MustCompile(`^aws-K8S-(i-\w+)`), "Kubernetes pods on instance $1"},
	{regexp.MustCompile(`^Amazon EKS (.+)$`), "EKS cluster $1"},
	{regexp.MustCompile(`^ES (.+)$`), "OpenSearch domain $1"},
	{regexp.MustCompile(`^Amazon MSK network interface for cluster (.+)$`), "MSK cluster $1"},
	{regexp.MustCompile(`directory (d-\w+)`), "directory $1"},
	{regexp.MustCompile(`Transit Gateway Attachment (tgw-attach-\w+)`), "transit gateway attachment $1"},
	{regexp.MustCompile(`^Route 53 Resolver: (rslvr-\w+-\w+)`), "Route 53 Resolver endpoint $1"},
	{regexp.MustCompile(`^Attached to Glue using role: (.+)$`), "a Glue job or connection (role $1)"},
	{regexp.MustCompile(`SageMaker .*\((d-\w+)\)`), "SageMaker domain $1"},
}

// ownersByType are the owners that EC2's documented types of interfaces tell.
var ownersByType = map[string]string{
	"api_gateway_managed":              "an API Gateway VPC link",
	"aws_codestar_connections_managed": "a CodeStar connection",
	"efs":                              "an EFS mount target",
	"gateway_load_balancer":            "a gateway load balancer",
	"gateway_load_balancer_endpoint":   "a gateway load balancer endpoint",
	"global_accelerator_managed":       "a Global Accelerator",
	"iot_rules_managed":                "an IoT rule destination",
	"lambda":                           "a Lambda function",
	"load_balancer":                    "a load balancer",
	"nat_gateway":                      "a NAT gateway",
	"network_load_balancer":            "a network load balancer",
	"quicksight":                       "a QuickSight VPC connection",
	"transit_gateway":                  "a transit gateway",
	"vpc_endpoint":                     "a VPC endpoint",
}
