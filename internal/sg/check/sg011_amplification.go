package check

var amplification = Check{
	ID:       idAmplification,
	Title:    "UDP ports open to the world that amplify attacks",
	Why:      "attackers send small requests in somebody else's name, and the large answers of your servers hit that victim",
	Notes:    "The ports are known_ports.amplification of the settings, of UDP alone.",
	Remedy:   "answer UDP to your own networks only; for public DNS use Amazon Route 53",
	Fix:      "- {protocol: udp, port: 53, source: 10.8.0.0/16, description: DNS from our networks}\n",
	Impact:   High,
	Levels:   alwaysWarning,
	Waivable: true,
	Mappings: exposureControls(),
	Pass:     ingress("web", "protocol: udp, port: 123, source: 198.51.100.0/24, description: NTP from the office"),
	Fail:     ingress("web", "protocol: udp, port: 123, source: 0.0.0.0/0, description: NTP"),
	run:      func(s *subject, r *report) { s.exposed(r, "UDP that amplifies attacks") },
}
