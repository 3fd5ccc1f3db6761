package check

var openRDP = Check{
	ID:       idRDP,
	Title:    "RDP open to the world",
	Why:      "anybody on the internet may try passwords and exploits on the remote desktop",
	Notes:    "Port 3389 of TCP and UDP, alone or in a range. Where the same rules open every port, SG001 speaks of them.",
	Remedy:   "use AWS Systems Manager Fleet Manager, or name the range of your office or VPN as the source",
	Fix:      "- {protocol: tcp, port: 3389, source: 198.51.100.0/24, description: RDP from the office}\n",
	Impact:   Critical,
	Levels:   remoteAdmin,
	Waivable: true,
	Mappings: exposureControls(as(securityHub, "EC2.14, EC2.53, EC2.54"), as(awsConfig, "restricted-common-ports, vpc-sg-port-restriction-check"),
		as(cis, "5.3, 5.4 / 6.3, 6.4"), as(checkov, "CKV_AWS_25"), as(trivy, "AVD-AWS-0107"), as(kics, "3ae83918")),
	Pass: ingress("web", "protocol: tcp, port: 3389, source: 198.51.100.0/24, description: RDP from the office"),
	Fail: ingress("web", "protocol: udp, port: 3389, source: 0.0.0.0/0, description: RDP over UDP"),
	run:  func(s *subject, r *report) { s.exposed(r, "RDP") },
}
