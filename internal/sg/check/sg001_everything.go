package check

// The IDs of the checks that what is open to the world is divided between.
const (
	idEverything    = "SG001"
	idSSH           = "SG002"
	idRDP           = "SG003"
	idDatabase      = "SG004"
	idHighRisk      = "SG005"
	idAdmin         = "SG006"
	idOther         = "SG007"
	idAmplification = "SG011"
	idHTTP          = "SG012"
)

var openEverything = Check{
	ID:       idEverything,
	Title:    "every port open to the world",
	Why:      "anybody on the internet may reach whatever listens now or is installed later",
	Notes:    "Every port means all of TCP or all of UDP: by protocol all, by 1-65535, or by several ranges that are all of it together. SG002, SG003, SG005 to SG007 and SG011 to SG014 fail as well and leave the word to this check, for its rules. SG004 does not: an open database port can't be waived with the rest.",
	Remedy:   "name the one port that the world needs; all others to nobody, or to a tier",
	Fix:      "- {protocol: tcp, port: 443, source: 0.0.0.0/0, description: HTTPS from anywhere}\n",
	Impact:   Critical,
	Levels:   alwaysError,
	Waivable: true,
	Mappings: exposureControls(as(securityHub, "EC2.18, EC2.19"), as(awsConfig, "vpc-sg-open-only-to-authorized-ports"), as(kics, "adcd0082, 1a427b25, ee464fc2"),
		as(cfnGuard, "EC2_SECURITY_GROUP_INGRESS_ALL_PROTOCOLS"), as(cfnNag, "W42"), as(checkov, "CKV_AWS_277")),
	Pass: ingress("web", "protocol: tcp, port: 8443, source: 198.51.100.0/24, description: Admin page from the office"),
	Fail: ingress("web", `protocol: all, source: "::/0", description: Everything over IPv6`),
	run:  func(s *subject, r *report) { s.exposed(r, "every port") },
}
