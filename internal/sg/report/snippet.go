package report

import (
	"fmt"
	"slices"
	"strings"
)

// snippet is a text to copy that uses the groups. What is in capitals is for the reader to fill in.
type snippet struct{ Title, About, Text string }

// snippetsOf are for the services whose resources take security groups. A tier's name says nothing of what runs in it: the
// snippets for databases take the last tier, those for programs the first one behind the edge.
func snippetsOf(region string, groups []Group) []snippet {
	if len(groups) == 0 {
		return nil
	}
	first, last := groups[0], groups[len(groups)-1]
	program := groups[min(1, len(groups)-1)]
	return []snippet{
		{"EC2", "An instance in the tier " + first.Tier, aws(region, "ec2 run-instances", "--image-id AMI_ID", "--instance-type t3.micro", "--subnet-id SUBNET_ID",
			"--security-group-ids "+first.ID)},
		{"RDS", "A database in the tier " + last.Tier, aws(region, "rds modify-db-instance", "--db-instance-identifier DATABASE", "--vpc-security-group-ids "+last.ID)},
		{"ECS", "A service in the tier " + program.Tier, aws(region, "ecs update-service", "--cluster CLUSTER", "--service SERVICE",
			"--network-configuration \\\n    'awsvpcConfiguration={subnets=[SUBNET_ID],securityGroups=["+program.ID+"]}'")},
		{"Lambda", "A function in the tier " + program.Tier, aws(region, "lambda update-function-configuration", "--function-name FUNCTION",
			"--vpc-config SubnetIds=SUBNET_ID,SecurityGroupIds="+program.ID)},
		{"SageMaker", "A notebook in the tier " + program.Tier, aws(region, "sagemaker create-notebook-instance", "--notebook-instance-name NAME",
			"--instance-type ml.t3.medium", "--role-arn arn:aws:iam::ACCOUNT_ID:role/ROLE", "--subnet-id SUBNET_ID", "--security-group-ids "+program.ID)},
		{"Terraform", "Every tier, through the parameter that publishes its ID", terraform(groups)},
		{"CloudFormation", "Every tier, through the export of the stack", imports(groups)},
	}
}

func aws(region, command string, args ...string) string {
	return strings.Join(slices.Concat([]string{"aws " + command + " --region " + region}, args), " \\\n  ") + "\n"
}

func terraform(groups []Group) string {
	var b strings.Builder
	for _, g := range groups {
		fmt.Fprintf(&b, "data \"aws_ssm_parameter\" \"sg_%s\" {\n  name = %q\n}\n\n", strings.ReplaceAll(g.Tier, "-", "_"), g.Parameter)
	}
	fmt.Fprintf(&b, "# vpc_security_group_ids = [data.aws_ssm_parameter.sg_%s.value]\n", strings.ReplaceAll(groups[0].Tier, "-", "_"))
	return b.String()
}

func imports(groups []Group) string {
	var b strings.Builder
	b.WriteString("SecurityGroupIds:\n")
	for _, g := range groups {
		fmt.Fprintf(&b, "  - Fn::ImportValue: %s\n", g.Export)
	}
	return b.String()
}
