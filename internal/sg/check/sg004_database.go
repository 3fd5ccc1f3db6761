package check

var openDatabase = Check{
	ID:     idDatabase,
	Title:  "database ports open to the world",
	Why:    "anybody on the internet may reach the data directly, past the application",
	Notes:  "The ports are known_ports.database of the settings and the service ports of all tiers with role database, wherever they were moved; of TCP and UDP, in every tier, alone, in a range or in protocol all. Where such a tier has no service_port, they are the ports that its ingress rules take, of rules for up to 100 ports, but for SSH, RDP and known_ports.admin. Tiers with role edge may serve 80 and 443 to the world also where a database of the set is served there, no other tier.",
	Remedy: "let the tier that uses the database reach it: source_tier in the place of source",
	Fix:    "- {protocol: tcp, port: 5432, source_tier: app, description: Database connections from the app tier}\n",
	Impact: Critical,
	Levels: alwaysError,
	Mappings: exposureControls(as(securityHub, "EC2.19"), as(awsConfig, "vpc-sg-restricted-common-ports, restricted-common-ports"),
		as(kics, "494b03d3, 9564406d, 0104165b")),
	Pass: ingress("db", "protocol: tcp, port: 5433, source_tier: app, description: The replica"),
	Fail: Example{YAML: `security_groups:
  scenario: 3-tier-web
  overrides:
    db:
      port_overrides:
        - {protocol: tcp, old_port: 5432, new_port: 6543}
      additional_ingress: # a moved port is no way around, and neither is the world in two halves
        - {protocol: tcp, port: 6543, source: 0.0.0.0/1, description: Half of the world}
        - {protocol: tcp, port: 6543, source: 128.0.0.0/1, description: The other half}
`},
	run: func(s *subject, r *report) { s.exposed(r, "database ports") },
}
