package check

var openHighRisk = Check{
	ID:       idHighRisk,
	Title:    "high-risk ports open to the world",
	Why:      "these ports are scanned all the time: for mail, file transfer, and web applications that were never meant for the internet",
	Notes:    "The ports are known_ports.high_risk of the settings: those of Security Hub's EC2.19 that no graver check is about.",
	Remedy:   "put the service behind the edge tier's port 443, or name the range of those who use it as the source",
	Fix:      "- {protocol: tcp, port: 8080, source_tier: web, description: Requests from the web tier}\n",
	Impact:   High,
	Levels:   alwaysWarning,
	Waivable: true,
	Mappings: exposureControls(as(securityHub, "EC2.19"), as(awsConfig, "vpc-sg-restricted-common-ports, restricted-common-ports"), as(kics, "494b03d3")),
	Pass:     ingress("app", "protocol: tcp, port: 8888, source_tier: web, description: Requests from the web tier"),
	Fail:     ingress("web", "protocol: tcp, port: 8888, source: 0.0.0.0/0, description: Notebooks"),
	run:      func(s *subject, r *report) { s.exposed(r, "high-risk ports") },
}
