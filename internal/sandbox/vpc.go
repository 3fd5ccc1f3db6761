package sandbox

import (
	"cmp"
	"context"
	"net/http"
	"strings"
	"time"

	"mlops-infra-suite/internal/sandbox/ec2"
	"mlops-infra-suite/internal/sandbox/ssm"
	"mlops-infra-suite/internal/sandbox/store"
	"mlops-infra-suite/internal/sandbox/wire"
)

// vpcRequest and vpcResponse are the bodies of POST /_sandbox/ensure-vpc.
type vpcRequest struct {
	Account   string `json:"account"`
	Region    string `json:"region"`
	Parameter string `json:"parameter"`
}

type vpcResponse struct {
	VPCID   string `json:"vpc_id"`
	Created bool   `json:"created"`
}

// EnsureVPC returns the VPC ID that the SSM parameter of an account and region
// holds. Where the parameter is missing, it first creates a VPC, 10.0.0.0/16,
// and the parameter, as a VPC provisioner would have done.
func (s *Sandbox) EnsureVPC(account, region, parameter string) (vpcID string, created bool, err error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	call, err := preparing("VPC", account, region)
	if err != nil {
		return "", false, err
	}
	read := func(tx *store.Tx) error {
		call.Tx = tx
		vpcID, err = vpcOf(call, parameter)
		return err
	}
	if err := s.db.View(read); err != nil || vpcID != "" {
		return vpcID, false, err
	}
	err = s.db.Update(func(tx *store.Tx) error {
		if err := read(tx); err != nil || vpcID != "" {
			return err
		}
		created = true
		vpcID, err = createVPC(call, parameter)
		remember(tx, account)
		return err
	})
	return vpcID, created, err
}

// preparing is a call in the name of whoever prepares an account. Its transaction is still to be set.
func preparing(what, account, region string) (*wire.Call, error) {
	if !accountKey.MatchString(account) || region == "" {
		return nil, wire.Errorf("ValidationError", "ensure %s: %q and %q are no account and region", what, account, region)
	}
	return &wire.Call{
		Context: context.Background(), //nolint:forbidigo // two short transactions, which nothing can interrupt
		Account: account, Region: region, Now: time.Now().UTC(),
	}, nil
}

// vpcOf reads the parameter, "" when it is missing.
func vpcOf(call *wire.Call, parameter string) (string, error) {
	found, err := ssm.GetParameter(call, &ssm.GetParameterInput{Name: parameter})
	if wire.IsCode(err, "ParameterNotFound") {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return found.Parameter.Value, nil
}

func createVPC(call *wire.Call, parameter string) (string, error) {
	made, err := ec2.CreateVpc(call, &ec2.CreateVpcInput{
		CidrBlock: "10.0.0.0/16",
		TagSpecifications: []ec2.TagSpecification{{
			ResourceType: "vpc", Tags: []ec2.Tag{{Key: "Name", Value: vpcName(parameter)}},
		}},
	})
	if err != nil {
		return "", err
	}
	_, err = ssm.PutParameter(call, &ssm.PutParameterInput{
		Name: parameter, Type: "String", Value: made.Vpc.VpcId, Description: "VPC ID of " + vpcName(parameter),
	})
	return made.Vpc.VpcId, err
}

// vpcName is the name in a path of the form /vpc/NAME/VPCId, else "sandbox-vpc".
func vpcName(parameter string) string {
	parts := strings.Split(parameter, "/")
	if len(parts) < 3 {
		return "sandbox-vpc"
	}
	return cmp.Or(parts[len(parts)-2], "sandbox-vpc")
}

func (s *Sandbox) serveEnsureVPC(w http.ResponseWriter, r *http.Request) {
	var in vpcRequest
	if err := readJSON(w, r, &in); err != nil {
		refuse(w, err)
		return
	}
	id, created, err := s.EnsureVPC(in.Account, in.Region, in.Parameter)
	if err != nil {
		refuse(w, err)
		return
	}
	answer(w, http.StatusOK, vpcResponse{VPCID: id, Created: created})
}
