package check

import "mlops-infra-suite/internal/sg/reach"

var deadPath = Check{
	ID:       "SG023",
	Title:    "half of a connection between two tiers",
	Why:      "what leaves one tier must be let into the other: with one half of it nothing flows, and nobody sees why",
	Notes:    "It looks for the halves in sets that other tools made.",
	Remedy:   "add the opposite rule, or remove this one",
	Fix:      "web: {egress: [{protocol: tcp, port: 8080, destination_tier: app, description: Requests to the app tier}]}\n",
	Impact:   Medium,
	Levels:   alwaysWarning,
	Waivable: true,
	Pass:     ingress("app", "protocol: tcp, port: 9090, source_tier: web, description: Metrics"),
	Fail: Example{YAML: `Resources:
  WebToApp:
    Type: AWS::EC2::SecurityGroupEgress
    Properties: {GroupId: !GetAtt Web.GroupId, IpProtocol: tcp, FromPort: 8080, ToPort: 8080, DestinationSecurityGroupId: !GetAtt App.GroupId}
  AppFromWeb:
    Type: AWS::EC2::SecurityGroupIngress
    Properties: {GroupId: !GetAtt App.GroupId, IpProtocol: tcp, FromPort: 8443, ToPort: 8443, SourceSecurityGroupId: !GetAtt Web.GroupId}
`},
	Constructed: "a rule that names a tier brings its missing half along, as a mirror",
	run: func(s *subject, r *report) {
		for _, rule := range reach.HalfOpen(s.Set) {
			r.rule(rule, "the rule %q has no other half: %s %s does not let all of it through", rule.Key, rule.Peer, rule.Direction.Opposite())
		}
	},
}
