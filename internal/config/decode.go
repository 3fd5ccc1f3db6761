package config

import (
	"time"

	"mlops-infra-suite/internal/yamldoc"
)

// decode reads what of the document is sound into a Config.
func decode(doc *yamldoc.Document) *Config {
	root := doc.Root()
	client, environment, groups := root.Map("client"), root.Map("environment"), root.Map("security_groups")
	c := &Config{
		File:        doc.File,
		Source:      doc.Source,
		CompanyName: client.Text("company_name"),
		Prefix:      client.Text("company_prefix"),
		AccountID:   client.Text("account_id"),
		TenantID:    client.Text("tenant_id"),
		Env:         environment.Text("env"),
		Region:      environment.Text("region"),
		Scenario:    groups.Text("scenario"),
		ScenarioPos: groups.Get("scenario").Pos(),
		Workload:    groups.Text("workload"),
		Tags:        map[string]string{},
	}
	c.Names = deriveNames(c, groups.Text("sg_name_override"))
	if groups.Text("vpc_source") == "direct" {
		c.VPCID = groups.Text("vpc_id")
	} else if c.VPCPath = groups.Text("vpc_parameter_store_path"); c.VPCPath == "" {
		c.VPCPath = defaultVPCPath(c)
	}
	for tier, changes := range groups.Map("overrides").Entries() {
		c.Overrides = append(c.Overrides, decodeOverride(groups.Map("overrides"), tier, changes.Map()))
	}
	for _, m := range maps(groups.List("assertions")) {
		c.Assertions = append(c.Assertions, decodeAssertion(m))
	}
	for _, m := range maps(groups.List("waivers")) {
		c.Waivers = append(c.Waivers, decodeWaiver(m))
	}
	for key, value := range root.Map("tags").Entries() {
		c.Tags[key] = value.Text()
	}
	return c
}

func decodeOverride(all yamldoc.Map, tier string, m yamldoc.Map) Override {
	return Override{
		Tier:          tier,
		Pos:           all.KeyPos(tier),
		PortOverrides: maps(m.List("port_overrides")),
		Ingress:       maps(m.List("additional_ingress")),
		Egress:        maps(m.List("additional_egress")),
	}
}

// maps are the mappings of a list that have no problem yet; the others are reported.
func maps(values []yamldoc.Value) []yamldoc.Map {
	var out []yamldoc.Map
	for _, v := range values {
		if m := v.Map(); m.Sound() {
			out = append(out, m)
		}
	}
	return out
}

func decodeAssertion(m yamldoc.Map) Assertion {
	verb := "deny"
	if m.Has("allow") {
		verb = "allow"
	}
	claim := m.Map(verb)
	a := Assertion{Allow: verb == "allow", From: claim.Text("from"), To: claim.Text("to"), Pos: m.Pos()}
	for _, p := range claim.List("ports") {
		a.Ports = append(a.Ports, p.Text())
	}
	return a
}

func decodeWaiver(m yamldoc.Map) Waiver {
	// A date that the calendar doesn't have is reported by Config.check, which parses it again.
	expires, _ := time.Parse(time.DateOnly, m.Text("expires"))
	return Waiver{
		Check:   m.Text("check"),
		Tier:    m.Text("tier"),
		Reason:  m.Text("reason"),
		Expires: expires,
		Pos:     m.Pos(),
	}
}
