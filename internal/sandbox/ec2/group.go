package ec2

import (
	"iter"
	"strings"

	"mlops-infra-suite/internal/sandbox/store"
	"mlops-infra-suite/internal/sandbox/wire"
)

const groupTable = "ec2.group"

const (
	defaultGroupName = "default"
	maxGroups        = 2500 // for each account and region (documented default quota)
)

// group is a security group as it is stored; its rules lie in a table of their own.
type group struct {
	ID, Name, Description, VPC string
	Tags                       tags
}

func (g group) put(call *wire.Call) { store.Put(call.Tx, groupTable, call.Key(g.ID), g) }

// remove deletes the group with its rules.
func (g group) remove(call *wire.Call) {
	for r := range rulesOf(call, g.ID) {
		r.remove(call)
	}
	store.Delete(call.Tx, groupTable, call.Key(g.ID))
}

func getGroup(call *wire.Call, id string) (group, error) {
	if err := groupID.check(id); err != nil {
		return group{}, err
	}
	g, ok := store.Get[group](call.Tx, groupTable, call.Key(id))
	if !ok {
		return group{}, groupNotFound(id)
	}
	return g, nil
}

// resolveGroup finds the group of operations that take an ID or a name. Names
// only work in a default VPC.
func resolveGroup(call *wire.Call, id, name string) (group, error) {
	switch {
	case id == "" && name == "":
		return group{}, wire.Errorf("MissingParameter", "The request must contain the parameter groupName or groupId")
	case id == "":
		return group{}, noDefaultVPC()
	case name != "":
		return group{}, wire.Errorf("InvalidParameterCombination",
			"The parameter groupName cannot be used with the parameter groupId")
	}
	return getGroup(call, id)
}

// groupNames are the names of all groups, by ID.
func groupNames(call *wire.Call) map[string]string {
	names := map[string]string{}
	for g := range groupsOf(call, "") {
		names[g.ID] = g.Name
	}
	return names
}

// groupsOf yields the groups of a VPC, or of all when vpcID is "".
func groupsOf(call *wire.Call, vpcID string) iter.Seq[group] {
	return func(yield func(group) bool) {
		for _, g := range store.Scan[group](call.Tx, groupTable, call.Prefix()) {
			if (vpcID == "" || g.VPC == vpcID) && !yield(g) {
				return
			}
		}
	}
}

// CreateSecurityGroupInput is CreateSecurityGroup's request.
type CreateSecurityGroupInput struct {
	GroupName         string `aws:",required"`
	Description       string `aws:"GroupDescription,required"`
	VpcId             string
	TagSpecifications []TagSpecification `aws:"TagSpecification"`
	DryRun            bool
}

// CreateSecurityGroupOutput is CreateSecurityGroup's response.
type CreateSecurityGroupOutput struct {
	GroupId          string
	SecurityGroupArn string
	Tags             []Tag `aws:"TagSet"`
}

// CreateSecurityGroup makes a group that lets nothing in and all IPv4 traffic out.
func CreateSecurityGroup(call *wire.Call, in *CreateSecurityGroupInput) (*CreateSecurityGroupOutput, error) {
	if err := checkNames(in.GroupName, in.Description); err != nil {
		return nil, err
	}
	if in.VpcId == "" {
		return nil, noDefaultVPC()
	}
	if _, err := getVPC(call, in.VpcId); err != nil {
		return nil, err
	}
	tags, err := specified(call, "security-group", in.TagSpecifications)
	if err != nil {
		return nil, err
	}
	count := 0
	for g := range groupsOf(call, "") {
		if g.VPC == in.VpcId && strings.EqualFold(g.Name, in.GroupName) {
			return nil, wire.Errorf("InvalidGroup.Duplicate",
				"The security group '%s' already exists for VPC '%s'", in.GroupName, in.VpcId)
		}
		count++
	}
	if count >= maxGroups {
		return nil, wire.Errorf("SecurityGroupLimitExceeded", "The maximum number of security groups has been reached.")
	}
	g := group{ID: call.NewID("sg"), Name: in.GroupName, Description: in.Description, VPC: in.VpcId, Tags: tags}
	g.put(call)
	addRule(call, allowAllEgress(g.ID))
	return &CreateSecurityGroupOutput{
		GroupId: g.ID, SecurityGroupArn: g.arn(call), Tags: g.Tags.list(),
	}, dryRun(in.DryRun)
}

// isText reports whether s is what names and descriptions may be (documented): 1
// to 255 characters of a set.
func isText(s string) bool {
	return s != "" && len(s) <= 255 && !strings.ContainsFunc(s, func(c rune) bool {
		isAlphanumeric := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		return !isAlphanumeric && !strings.ContainsRune(". _-:/()#,@[]+=&;{}!$*", c)
	})
}

// checkNames applies the documented rules, in reported words.
func checkNames(name, description string) error {
	const set = "strings less than 256 characters from the following set:  a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*"
	switch {
	case strings.EqualFold(name, defaultGroupName):
		return wire.Errorf("InvalidGroup.Reserved", "Cannot use reserved security group name: %s", name)
	case strings.HasPrefix(strings.ToLower(name), "sg-"):
		return invalidValue("Invalid group name. Group names may not be in the format sg-*.")
	case !isText(name):
		return invalidValue("Invalid security group name. Valid names are %s", set)
	case !isText(description):
		return invalidValue("Invalid security group description. Valid descriptions are %s", set)
	}
	return nil
}

// DeleteSecurityGroupInput is DeleteSecurityGroup's request.
type DeleteSecurityGroupInput struct {
	GroupId   string
	GroupName string
	DryRun    bool
}

// DeleteSecurityGroupOutput is DeleteSecurityGroup's response.
type DeleteSecurityGroupOutput struct {
	Return  bool
	GroupId string
}

// DeleteSecurityGroup removes a group with its rules, unless it is a default
// group, a rule of another group names it, or a network interface has it.
func DeleteSecurityGroup(call *wire.Call, in *DeleteSecurityGroupInput) (*DeleteSecurityGroupOutput, error) {
	g, err := resolveGroup(call, in.GroupId, in.GroupName)
	if err != nil {
		return nil, err
	}
	if g.Name == defaultGroupName {
		return nil, wire.Errorf("CannotDelete",
			`the specified group: "%s" name: "%s" cannot be deleted by a user`, g.ID, g.Name)
	}
	for r := range rulesOf(call, "") {
		if r.Group == g.ID && r.GroupID != g.ID {
			return nil, dependentObject(g.ID)
		}
	}
	if usesGroup(call, g.ID) {
		return nil, dependentObject(g.ID)
	}
	g.remove(call)
	return &DeleteSecurityGroupOutput{Return: true, GroupId: g.ID}, dryRun(in.DryRun)
}

func (g group) arn(call *wire.Call) string { return call.ARN("ec2", "security-group/"+g.ID) }
