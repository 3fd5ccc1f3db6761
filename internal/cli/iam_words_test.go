package cli_test

// iamHead and iamTail are what docs/iam.md says around the table.
const (
	iamHead = "# Who needs which permission\n" + `
Written by a test (` + "`go test ./internal/cli -run TestLeastPrivilege -update`" + `), which runs every action on four configs as a caller who
has the policy of ` + "`create-policy`" + ` and nothing else, in the sandbox, which judges by IAM's rules ([what it knows](sandbox.md#iam)). The same
test takes each action and each resource out of the policy, narrows each condition, and wants a run to be refused: the policy holds nothing
that nobody needs. It does the same for each single thing that is allowed: one action on one pattern of resources, of the set or of its test
sets, by hand or through CloudFormation. All of it twice: with a CloudFormation that tags a group as it makes it, which is documented, and
with one that tags it afterwards, which users have reported.

What CloudFormation does to EC2 and SSM it does as its caller, so the caller needs it too; it also reads as its caller what lies in the
bucket for [large templates](reference.md#large-templates), which the table counts to the tool. What begins with s3 is needed where a config
has such a bucket. SG_NAME is the set's name, or a test set's.

The last column says what is missing where the tool can go on without a permission; without any other the action ends with the refusal.

| permission | on | called by | for | without it |
|---|---|---|---|---|
`
	iamTail = `
## What the policy can't forbid

| what an operator can do besides | why |
|---|---|
| read all VPCs, groups, rules, interfaces and events of CloudTrail of the account in the region | what lists or describes has no resources |
| read the parameters (but for those with NoEcho), outputs and tags of all stacks of the account in the region, and what resources they have | the test sets are found in the list of all stacks, the stack of a stray rule by the rule |
| write parameters below ` + "`/sg/NAME`" + ` of a set whose name begins with this one's, such as SG_NAME2 | the pattern is ` + "`/sg/SG_NAME*`" + ` |
| read all parameters below ` + "`/vpc/`" + ` | so is the promise of the suite; a path elsewhere is allowed by itself |
| change the set's rules, tags and parameters by hand | check-drift --fix does |
| deploy the set's stack with another template | its resources then need permissions that the policy has not, but for the next three lines |
| use the service role of a stack of the set's name, where somebody with more rights has given it one | CloudFormation goes on using a stack's role, and asks nobody who deploys for iam:PassRole again (documented): give the set's stack none |
| use types of resources that the account has activated from the registry, or registered itself | they run as the role that they were registered with, not as the caller (documented) |
| through CloudFormation: change egress rules and tags of a group that no stack has made, take it into the set's stack (` + "`ImportExistingResources`" + `), and then do with it as with the set's own | a group that CloudFormation is about to make, and tags last, looks the same |

The last one has a way out where CloudFormation tags a group as it makes it, as is documented and can be seen in CloudTrail (the event
CreateSecurityGroup has a tagSpecificationSet). With this statement added, no action of the tool needs more, and groups of no stack are out
of reach; both are tested.

` + "```json\nLEAVE_LONELY\n```" + `

Groups of other stacks, other stacks by any other name, other regions and other accounts are out of reach without it.

The names of change sets are not bound (` + "`cloudformation:ChangeSetName`" + `): which value it has for a change set that is named by its ARN is
not documented, and policies with it are reported to fail (aws/aws-cdk 1034).

## What it doesn't cover

- A VPC that another account shares: EC2 then asks for CreateSecurityGroup on a VPC of that account (assumed). Write its number in the place of
  yours into the ARN of the VPC in CreateGroups.
- A bucket whose objects are encrypted with a key of your own in KMS: the operator needs kms:GenerateDataKey and kms:Decrypt on the key (documented).
- Prefix lists that a config names later: where its rules named none, make the policy again, or check-drift --fix can't mend a rule with one that
  somebody has edited.

## What it rests on

| what | source |
|---|---|
| which resources and condition keys each action has; which further actions an operation needs (TagResource, UntagResource, DetectStackResourceDrift, ListStacks) | documented: the service authorization reference of each service |
| what CloudFormation calls for a type | documented: the permissions in the handlers of the type's schema. An update of a rule's description, and the reads before a deletion, are there |
| what CloudFormation calls carries ` + "`aws:CalledVia`" + ` | documented; that its value is the same in China and GovCloud is assumed |
| a drift detection needs BatchDescribeTypeConfigurations | reported |
| a stack that is named needs ` + "`stack/NAME/*`" + ` | reported (aws/aws-cdk 1034) |
| DescribeEvents of a change set, and the tags of one, may need the change set's own ARN: both it and the stack are allowed | documented as either; which one is asked for is assumed to be both |
| ` + "`cloudformation:ImportResourceTypes`" + ` is there for change sets of type IMPORT alone | documented for those; that ` + "`ImportExistingResources`" + ` leaves it out is assumed |
| a group that is being made has no ` + "`aws:ResourceTag`" + ` yet | assumed |
| ModifySecurityGroupRules needs the prefix list that a rule is to have, and no other action does | documented as a resource of that action alone; that it is asked for where a rule names one is assumed |
| what lies in a bucket belongs to the bucket's account (` + "`aws:ResourceAccount`" + `) | documented |
| a licensed build's action has no resources: ` + "`aws-marketplace:RegisterUsage`, `license-manager:CheckoutLicense`" + ` | documented |

A policy that would be over IAM's limit of 6,144 characters, as with names of more than about 80, is written without the names of its
statements and the brackets of lists of one, and with those in one that allow something on the same things, or that are about different services.
`
)
