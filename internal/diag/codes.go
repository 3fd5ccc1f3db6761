package diag

// The IDs of what can be wrong with the text of a config, a scenario or a template. They are part of the output's
// contract: an ID keeps its meaning for ever. The IDs of security checks (SGnnn) live with the checks.
const (
	CodeUnreadable    = "CFG001" // the file is missing, not a regular file, too large, or not permitted
	CodeSyntax        = "CFG002" // not one YAML document: syntax, encoding, depth, aliases
	CodeUnknownKey    = "CFG003" // a key that the format doesn't have
	CodeDuplicateKey  = "CFG004" // a key that stands twice in one mapping
	CodeType          = "CFG005" // text where a number is wanted, a list where a mapping is wanted, ...
	CodeMissingKey    = "CFG006" // a key that the format needs
	CodeValue         = "CFG007" // a value outside of its pattern, list or range
	CodePeer          = "CFG008" // a rule with no peer or with more than one
	CodePorts         = "CFG009" // ports that don't go with the protocol, or a range the wrong way round
	CodeAddress       = "CFG010" // not a CIDR, a security group ID or a prefix list ID
	CodeName          = "CFG011" // a name that is derived from the config breaks a limit of AWS
	CodeRegion        = "CFG012" // a region that the tool doesn't know
	CodeTag           = "CFG013" // a tag that AWS or the tool reserves, or too many of them
	CodeScenario      = "CFG020" // a scenario that doesn't exist
	CodeScenarioFile  = "CFG021" // a scenario file's name, its base, or a name of a built-in one
	CodeUnknownTier   = "CFG022" // a tier that the scenario doesn't have
	CodeNoMatch       = "CFG023" // an override that matches nothing
	CodeRepeats       = "CFG024" // an override that changes nothing: the rule is there already
	CodeLogicalID     = "CFG025" // two tiers whose names give the same logical ID
	CodeAssertion     = "CFG026" // an assertion that says nothing the tool could prove
	CodeWaiver        = "CFG027" // a waiver of an unknown check or tier, or of one that can't be waived
	CodeEgress        = "CFG028" // egress that a template can't hold together
	CodeTemplateLimit = "CFG029" // more resources or text than CloudFormation takes
)
