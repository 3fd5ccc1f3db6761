package check

var openOther = Check{
	ID:       idOther,
	Title:    "a port open to the world beside the web's and an edge tier's own",
	Why:      "each open port is one more program that must withstand everybody",
	Notes:    "80 (TCP), 443 and the service port of an edge tier may be public. Of rules that another check on ports names, this one says nothing.",
	Remedy:   "serve the world on 80, 443 or the service port of an edge tier; name the range of those who use other ports",
	Fix:      "- {protocol: tcp, port: 8443, source: 198.51.100.0/24, description: Admin page from the office}\n",
	Impact:   Medium,
	Levels:   alwaysWarning,
	Waivable: true,
	Mappings: exposureControls(as(securityHub, "EC2.18"), as(awsConfig, "vpc-sg-open-only-to-authorized-ports"), as(kics, "4a1e6b34"),
		as(cfnGuard, "EC2_SECURITY_GROUP_INGRESS_OPEN_TO_WORLD"), as(cfnNag, "W2")),
	Pass: Example{YAML: `security_groups:
  scenario: 3-tier-web
  overrides:
    web:
      port_overrides: # the edge tier's service port moves, and may be public where it goes
        - {protocol: tcp, old_port: 443, new_port: 8443}
`},
	Fail: ingress("web", "protocol: tcp, port: 8443, source: 0.0.0.0/0, description: Admin page"),
	run:  func(s *subject, r *report) { s.exposed(r, "another port than the web's") },
}
