package check

import "mlops-infra-suite/internal/diag"

// severityOf decides how grave a finding is in an environment.
type severityOf func(*Input) diag.Severity

// remoteAdmin is for ports that are a mistake where customers' data lives, and a habit elsewhere.
func remoteAdmin(in *Input) diag.Severity {
	if in.Env == "prod" || in.Env == "staging" {
		return diag.Error
	}
	return diag.Warning
}

var openSSH = Check{
	ID:       "SG002",
	Title:    "SSH open to the world",
	Why:      "anybody on the internet may try passwords, keys and exploits on the SSH server",
	Waivable: true,
	run: func(in *Input, r *report) {
		reportExposure(in, r, []int{22}, remoteAdmin, "SSH",
			"use AWS Systems Manager Session Manager, or name the range of your office or VPN as the source")
	},
}
