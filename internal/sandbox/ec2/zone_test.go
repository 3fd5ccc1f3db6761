package ec2

import "testing"

func TestZoneID(t *testing.T) {
	for zone, want := range map[string]string{
		"us-west-2a": "usw2-az1", "us-east-1b": "use1-az2", "eu-central-1c": "euc1-az3", "ap-southeast-2a": "apse2-az1",
		"us-gov-west-1a": "usgw1-az1", "cn-northwest-1a": "cnnw1-az1", "sa-east-1a": "sae1-az1",
	} {
		if got := zoneID(zone); got != want {
			t.Errorf("zone %s has the ID %s, want %s", zone, got, want)
		}
	}
}
