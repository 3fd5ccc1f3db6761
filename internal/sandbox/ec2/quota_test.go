package ec2

import (
	"fmt"
	"path/filepath"
	"testing"

	"mlops-infra-suite/internal/sandbox/store"
	"mlops-infra-suite/internal/sandbox/wire"
)

// TestQuotas fills a store up to each quota: the last one fits, the next one doesn't.
func TestQuotas(t *testing.T) {
	db, err := store.Open(filepath.Join(t.TempDir(), "store"), store.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *store.Tx) error {
		call := &wire.Call{Tx: tx, Account: "123456789012", Region: "us-west-2"}
		made, err := CreateVpc(call, &CreateVpcInput{CidrBlock: "10.0.0.0/16"}) // with one group
		if err != nil {
			return err
		}
		vpc := made.Vpc.VpcId
		for i := range maxGroups - 2 {
			group{ID: fmt.Sprint("sg-", i), Name: fmt.Sprint(i), VPC: vpc}.put(call)
		}
		for i := range maxSubnets - 1 {
			subnet{ID: fmt.Sprint("subnet-", i), VPC: vpc, CIDR: fmt.Sprintf("10.0.%d.0/28", i)}.put(call)
		}
		for i := range maxPrefixLists - 1 {
			prefixList{ID: fmt.Sprint("pl-", i)}.put(call)
		}
		for code, create := range map[string]func(int) error{
			"SecurityGroupLimitExceeded": func(i int) error {
				_, err := CreateSecurityGroup(call, &CreateSecurityGroupInput{GroupName: fmt.Sprint("new", i), Description: "d", VpcId: vpc})
				return err
			},
			"SubnetLimitExceeded": func(i int) error {
				_, err := CreateSubnet(call, &CreateSubnetInput{VpcId: vpc, CidrBlock: fmt.Sprintf("10.0.255.%d/28", 16*i)})
				return err
			},
			"PrefixListLimitExceeded": func(i int) error {
				_, err := CreateManagedPrefixList(call, &CreateManagedPrefixListInput{PrefixListName: fmt.Sprint(i), AddressFamily: "IPv4", MaxEntries: 1})
				return err
			},
		} {
			if err := create(0); err != nil {
				t.Errorf("the last before %s: %v", code, err)
			}
			if err := create(1); !wire.IsCode(err, code) {
				t.Errorf("one too many: %v, want %s", err, code)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Error(err)
	}
}
