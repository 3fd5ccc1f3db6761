package check

var openRDP = Check{
	ID:       "SG003",
	Title:    "RDP open to the world",
	Why:      "anybody on the internet may try passwords and exploits on the remote desktop",
	Waivable: true,
	run: func(in *Input, r *report) {
		reportExposure(in, r, []int{3389}, remoteAdmin, "RDP",
			"use AWS Systems Manager Fleet Manager, or name the range of your office or VPN as the source")
	},
}
