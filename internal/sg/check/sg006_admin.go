package check

var openAdmin = Check{
	ID:       idAdmin,
	Title:    "administrative and control-plane ports open to the world",
	Why:      "who reaches a control plane (Docker, Kubernetes, WinRM, VNC, file shares, ZooKeeper) needs one mistake more to own the machine",
	Notes:    "The ports are known_ports.admin of the settings, of TCP and UDP.",
	Remedy:   "let the range of your VPN or one tier reach it, never everybody",
	Fix:      "- {protocol: tcp, port: 6443, source: 198.51.100.0/24, description: Kubernetes API from the VPN}\n",
	Impact:   High,
	Levels:   alwaysWarning,
	Waivable: true,
	Mappings: exposureControls(as(securityHub, "EC2.19"), as(cis, "5.1.2 / 6.1.2"), as(kics, "cdbb0467")),
	Pass:     ingress("web", "protocol: tcp, port: 6443, source: 198.51.100.0/24, description: Kubernetes API from the VPN"),
	Fail:     ingress("web", "protocol: tcp, port: 2375, source: 0.0.0.0/0, description: Docker"),
	run:      func(s *subject, r *report) { s.exposed(r, "administrative ports") },
}
