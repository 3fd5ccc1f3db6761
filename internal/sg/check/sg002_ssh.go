package check

var openSSH = Check{
	ID:       idSSH,
	Title:    "SSH open to the world",
	Why:      "anybody on the internet may try passwords, keys and exploits on the SSH server",
	Notes:    "Port 22 of TCP and UDP, alone or in a range. Where the same rules open every port, SG001 speaks of them.",
	Remedy:   "use AWS Systems Manager Session Manager, or name the range of your office or VPN as the source",
	Fix:      "- {protocol: tcp, port: 22, source: 198.51.100.0/24, description: SSH from the office}\n",
	Impact:   Critical,
	Levels:   remoteAdmin,
	Waivable: true,
	Mappings: exposureControls(as(securityHub, "EC2.13, EC2.53, EC2.54"), as(awsConfig, "restricted-ssh, vpc-sg-port-restriction-check"),
		as(cis, "5.3, 5.4 / 6.3, 6.4"), as(checkov, "CKV_AWS_24"), as(trivy, "AVD-AWS-0107"), as(kics, "6e856af2"), as(cfnGuard, "INCOMING_SSH_DISABLED")),
	Pass: ingress("web", "protocol: tcp, port: 22, source: 198.51.100.0/24, description: SSH from the office"),
	Fail: ingress("web", "protocol: tcp, port_range: 20-25, source: 0.0.0.0/0, description: SSH and more"),
	run:  func(s *subject, r *report) { s.exposed(r, "SSH") },
}
