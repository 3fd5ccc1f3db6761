package check

import "mlops-infra-suite/internal/diag"

var openDatabase = Check{
	ID:    "SG004",
	Title: "database ports open to the world",
	Why:   "anybody on the internet may reach the data directly, past the application",
	run: func(in *Input, r *report) {
		blocks := func(*Input) diag.Severity { return diag.Error }
		reportExposure(in, r, in.databasePorts(), blocks, "database ports",
			"let the tier that uses the database reach it: source_tier in the place of source")
	},
}
