package report

import (
	"fmt"
	"slices"
	"strings"

	"mlops-infra-suite/internal/sg/ruleset"
)

// snippet is a text to copy that uses the groups. What is in capitals is for the reader to fill in.
type snippet struct{ Title, About, Text string }

// snippetsOf are for the services whose resources take security groups. Those for databases and programs take the first tier of
// that role. Where none has it, a database is in the last tier, and a program in the first one behind the edge.
func snippetsOf(region string, groups []Group) []snippet {
	if len(groups) == 0 {
		return nil
	}
	first := groups[0]
	data := ofRole(groups, ruleset.Database, len(groups)-1)
	program := ofRole(groups, ruleset.App, min(1, len(groups)-1))
	return []snippet{
		{"EC2", "An instance in the tier " + first.Tier, aws(region, "ec2 run-instances", "--image-id AMI_ID", "--instance-type t3.micro", "--subnet-id SUBNET_ID",
			"--security-group-ids "+first.ID)},
		{"RDS", "A database in the tier " + data.Tier, aws(region, "rds modify-db-instance", "--db-instance-identifier DATABASE", "--vpc-security-group-ids "+data.ID)},
		{"ECS", "A service in the tier " + program.Tier, aws(region, "ecs update-service", "--cluster CLUSTER", "--service SERVICE",
			"--network-configuration \\\n    'awsvpcConfiguration={subnets=[SUBNET_ID],securityGroups=["+program.ID+"]}'")},
		{"Lambda", "A function in the tier " + program.Tier, aws(region, "lambda update-function-configuration", "--function-name FUNCTION",
			"--vpc-config SubnetIds=SUBNET_ID,SecurityGroupIds="+program.ID)},
		{"SageMaker", "A notebook in the tier " + program.Tier, aws(region, "sagemaker create-notebook-instance", "--notebook-instance-name NAME",
			"--instance-type ml.t3.medium", "--role-arn arn:aws:iam::ACCOUNT_ID:role/ROLE", "--subnet-id SUBNET_ID", "--security-group-ids "+program.ID)},
		{"Terraform", "Every tier, through the parameter that publishes its ID", terraform(groups)},
		{"CloudFormation", "A resource in the tier " + first.Tier + ", through the export of the stack", imports(groups)},
	}
}

// ofRole is the first group of a tier with a role, otherwise the one at an index.
func ofRole(groups []Group, role ruleset.Role, otherwise int) Group {
	i := slices.IndexFunc(groups, func(g Group) bool { return g.Role == string(role) })
	if i < 0 {
		i = otherwise
	}
	return groups[i]
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

// imports names one group: a resource with those of all tiers would be in every one of them.
func imports(groups []Group) string {
	var b strings.Builder
	b.WriteString("SecurityGroupIds:\n")
	for i, g := range groups {
		line := "- Fn::ImportValue: " + g.Export
		if i > 0 {
			line = "# in the tier " + g.Tier + ": " + strings.TrimPrefix(line, "- ")
		}
		b.WriteString("  " + line + "\n")
	}
	return b.String()
}
