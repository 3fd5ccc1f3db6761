package diag

// The IDs of what can be wrong with the text of a config, a scenario or a template; Codes says what each means. They are
// part of the output's contract: an ID keeps its meaning for ever. The IDs of security checks (SGnnn) live with the checks.
const (
	CodeUnreadable    = "CFG001"
	CodeSyntax        = "CFG002"
	CodeUnknownKey    = "CFG003"
	CodeDuplicateKey  = "CFG004"
	CodeType          = "CFG005"
	CodeMissingKey    = "CFG006"
	CodeValue         = "CFG007"
	CodePeer          = "CFG008"
	CodePorts         = "CFG009"
	CodeAddress       = "CFG010"
	CodeName          = "CFG011"
	CodeRegion        = "CFG012"
	CodeTag           = "CFG013"
	CodeScenario      = "CFG020"
	CodeScenarioFile  = "CFG021"
	CodeUnknownTier   = "CFG022"
	CodeNoMatch       = "CFG023"
	CodeRepeats       = "CFG024"
	CodeLogicalID     = "CFG025"
	CodeAssertion     = "CFG026"
	CodeWaiver        = "CFG027"
	CodeEgress        = "CFG028"
	CodeTemplateLimit = "CFG029"
	CodeReference     = "CFG030"
	CodeCycle         = "CFG031"
	CodeFunction      = "CFG032"
	CodeMixedRules    = "CFG033"
	CodeNotChecked    = "CFG034"
	CodeNotKnown      = "CFG035"
	CodeRefused       = "CFG036"
)

// Code is an ID and what it stands for, in one phrase.
type Code struct {
	ID    string
	Title string
}

// Codes are all IDs of this package, in their order.
func Codes() []Code {
	return []Code{
		{CodeUnreadable, "a file that is missing, not a regular file, too large, or not permitted"},
		{CodeSyntax, "a file that is not one YAML document: syntax, encoding, depth, aliases"},
		{CodeUnknownKey, "a key that the format doesn't have"},
		{CodeDuplicateKey, "a key that stands twice in one mapping"},
		{CodeType, "a value of another type: text in the place of a number, a list in the place of a mapping"},
		{CodeMissingKey, "a key that the format needs"},
		{CodeValue, "a value outside of its pattern, list or range"},
		{CodePeer, "a rule with no peer or with more than one"},
		{CodePorts, "ports that don't go with the protocol, or a range the wrong way round"},
		{CodeAddress, "a peer that is no CIDR, no security group ID and no prefix list ID"},
		{CodeName, "a name, derived from the config, that breaks a limit of AWS"},
		{CodeRegion, "a region that the tool doesn't know"},
		{CodeTag, "a tag that AWS or the tool reserves, or too many of them"},
		{CodeScenario, "a scenario that doesn't exist"},
		{CodeScenarioFile, "a scenario file's name, its base, or a name of a built-in one"},
		{CodeUnknownTier, "a tier that the scenario doesn't have"},
		{CodeNoMatch, "an override that matches nothing"},
		{CodeRepeats, "an override that changes nothing: the rule is there already"},
		{CodeLogicalID, "two tiers whose names give the same logical ID"},
		{CodeAssertion, "an assertion that says nothing the tool could prove"},
		{CodeWaiver, "a waiver that has expired or waives nothing, or of a check or tier that can't be waived or isn't there"},
		{CodeEgress, "egress that a template can't hold together"},
		{CodeTemplateLimit, "more resources or text than CloudFormation takes"},
		{CodeReference, "in a template, a name of something that the template doesn't have"},
		{CodeCycle, "resources or conditions of a template that depend on each other in a circle"},
		{CodeFunction, "a function in a template that CloudFormation doesn't know, at least not in this form"},
		{CodeMixedRules, "rules inside of a security group and beside it, which get in each other's way"},
		{CodeNotChecked, "what of a template is not checked here: types of resources, macros"},
		{CodeNotKnown, "rules of a template that were not judged, for only a deployment decides on them"},
		{CodeRefused, "a template that CloudFormation's ValidateTemplate refuses"},
	}
}
