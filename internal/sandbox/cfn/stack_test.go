package cfn_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"mlops-infra-suite/internal/sandbox/cfn"
)

// twoTier has every resource type, and rules between its groups.
const twoTier = `
Parameters:
  VpcId: {Type: AWS::EC2::VPC::Id}
Resources:
  Web:
    Type: AWS::EC2::SecurityGroup
    Properties:
      GroupDescription: web
      VpcId: !Ref VpcId
      SecurityGroupEgress: [{IpProtocol: icmp, FromPort: 252, ToPort: 86, CidrIp: 255.255.255.255/32}]
      Tags: [{Key: Name, Value: web}]
  Db:
    Type: AWS::EC2::SecurityGroup
    Properties:
      GroupDescription: db
      VpcId: !Ref VpcId
      SecurityGroupEgress: [{IpProtocol: icmp, FromPort: 252, ToPort: 86, CidrIp: 255.255.255.255/32}]
  WebIn:
    Type: AWS::EC2::SecurityGroupIngress
    Properties: {GroupId: !Ref Web, IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 0.0.0.0/0, Description: world}
  WebOut:
    Type: AWS::EC2::SecurityGroupEgress
    Properties: {GroupId: !GetAtt Web.GroupId, IpProtocol: tcp, FromPort: 5432, ToPort: 5432, DestinationSecurityGroupId: !Ref Db}
  DbIn:
    Type: AWS::EC2::SecurityGroupIngress
    Properties: {GroupId: !Ref Db, IpProtocol: tcp, FromPort: 5432, ToPort: 5432, SourceSecurityGroupId: !Ref Web}
  WebId:
    Type: AWS::SSM::Parameter
    Properties: {Name: !Sub "/sg/${AWS::StackName}/web", Type: String, Value: !Ref Web}
Outputs:
  WebId: {Value: !Ref Web, Export: {Name: !Sub "${AWS::StackName}-web"}}
`

func TestCreate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, cfn.Options{Latency: func() time.Duration { return time.Second }})
		s := c.deploy("s", request{template: twoTier, token: "token-1"})
		if s.StackStatus != "CREATE_COMPLETE" {
			t.Error(s.StackStatus)
		}
		want := holdings{
			Groups: map[string][]string{
				"web": {
					"in tcp 443-443 0.0.0.0/0 world",
					"out icmp 252-86 255.255.255.255/32",
					"out tcp 5432-5432 db",
				},
				"db": {"in tcp 5432-5432 web", "out icmp 252-86 255.255.255.255/32"},
			},
			Parameters: map[string]string{"/sg/s/web": "web"},
		}
		if diff := cmp.Diff(want, c.holdings()); diff != "" {
			t.Error(diff)
		}
		events := []string{
			"s REVIEW_IN_PROGRESS (User Initiated)",
			"s CREATE_IN_PROGRESS (User Initiated)",
			"Db CREATE_IN_PROGRESS",
			"Db CREATE_IN_PROGRESS (Resource creation Initiated)",
			"Web CREATE_IN_PROGRESS",
			"Web CREATE_IN_PROGRESS (Resource creation Initiated)",
			"Db CREATE_COMPLETE",
			"Web CREATE_COMPLETE",
			"DbIn CREATE_IN_PROGRESS",
			"DbIn CREATE_IN_PROGRESS (Resource creation Initiated)",
			"WebId CREATE_IN_PROGRESS",
			"WebId CREATE_IN_PROGRESS (Resource creation Initiated)",
			"WebIn CREATE_IN_PROGRESS",
			"WebIn CREATE_IN_PROGRESS (Resource creation Initiated)",
			"WebOut CREATE_IN_PROGRESS",
			"WebOut CREATE_IN_PROGRESS (Resource creation Initiated)",
			"DbIn CREATE_COMPLETE",
			"WebId CREATE_COMPLETE",
			"WebIn CREATE_COMPLETE",
			"WebOut CREATE_COMPLETE",
			"s CREATE_COMPLETE",
		}
		if diff := cmp.Diff(events, c.events("s")); diff != "" {
			t.Error(diff)
		}
		if s := c.delete("s"); s.StackStatus != "DELETE_COMPLETE" {
			t.Error(s.StackStatus, c.events(*s.StackId))
		}
		if diff := cmp.Diff(holdings{Groups: map[string][]string{}, Parameters: map[string]string{}}, c.holdings()); diff != "" {
			t.Error(diff)
		}
	})
}
