package check

var openHTTP = Check{
	ID:       idHTTP,
	Title:    "HTTP without TLS open to the world",
	Why:      "what port 80 carries can be read and changed on its way",
	Remedy:   "serve nothing but the redirect to HTTPS there, or close it: browsers try HTTPS first; a waiver says that you have decided",
	Fix:      "waivers: # in security_groups\n  - {check: SG012, reason: \"redirect to HTTPS only\", expires: 2027-12-31}\n",
	Impact:   Medium,
	Levels:   alwaysWarning,
	Waivable: true,
	Mappings: exposureControls(as(checkov, "CKV_AWS_260")),
	Pass: Example{YAML: `name: https-only
tiers:
  web:
    role: edge
    ingress:
      - {protocol: tcp, port: 443, source: 0.0.0.0/0, description: HTTPS from anywhere}
`},
	Fail: Example{YAML: `name: plain
tiers:
  web:
    role: edge
    ingress:
      - {protocol: tcp, port: 80, source: 0.0.0.0/0, description: HTTP from anywhere}
`},
	run: func(s *subject, r *report) { s.exposed(r, "HTTP without TLS") },
}
