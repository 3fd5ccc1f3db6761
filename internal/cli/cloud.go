package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"mlops-infra-suite/internal/awsenv"
	"mlops-infra-suite/internal/config"
	"mlops-infra-suite/internal/live"
)

// cloud is the AWS that an action talks to, real or sandbox, with the caller known to belong to the config's account.
type cloud struct {
	cfn    *cloudformation.Client
	ec2    *ec2.Client
	ssm    *ssm.Client
	trail  *cloudtrail.Client
	config aws.Config // for further clients
	caller awsenv.Identity
	door   *door // nil: the real AWS
}

func (c *cloud) close() error {
	if c.door == nil {
		return nil
	}
	return c.door.close()
}

// connect reaches the AWS of the config and makes sure that it is the right account. The caller closes the cloud.
func (s *session) connect(ctx context.Context) (_ *cloud, err error) {
	c := &cloud{}
	var cfg aws.Config
	if s.app.opt.sandbox {
		cfg, c.door, err = s.sandboxAWS()
	} else {
		cfg, err = awsenv.Load(ctx, awsenv.Options{Region: s.cfg.Region, Profile: s.app.opt.profile, Version: s.app.env.Version})
	}
	if err != nil {
		return nil, err
	}
	c.cfn, c.ec2, c.ssm = cloudformation.NewFromConfig(cfg), ec2.NewFromConfig(cfg), ssm.NewFromConfig(cfg)
	c.trail, c.config = cloudtrail.NewFromConfig(cfg), cfg
	if c.caller, err = s.signIn(ctx, cfg); err != nil {
		return nil, errors.Join(err, c.close())
	}
	s.connected = true
	return c, nil
}

// signIn asks who the credentials are, and refuses those of another account than the config's.
func (s *session) signIn(ctx context.Context, cfg aws.Config) (awsenv.Identity, error) {
	caller, err := awsenv.Who(ctx, cfg)
	if err != nil {
		return caller, err
	}
	if caller.Account != s.cfg.AccountID {
		return caller, blockedf("WRONG_ACCOUNT", "sign in to the account of the config, or name its profile with --profile",
			"the credentials belong to account %s (%s), the config is for %s", caller.Account, caller.ARN, s.cfg.AccountID)
	}
	s.tell.step("signed in as %s", caller.ARN)
	s.log.record("signed in", "caller", caller.ARN)
	return caller, nil
}

// vpc finds the VPC that the config names.
func (s *session) vpc(ctx context.Context, c *cloud) (live.Network, error) {
	id := s.cfg.VPCID
	if s.cfg.VPCPath != "" {
		if err := s.ensureVPC(ctx, c); err != nil {
			return live.Network{}, err
		}
		var err error
		if id, err = live.Parameter(ctx, c.ssm, s.cfg.VPCPath); err != nil {
			return live.Network{}, s.missing(err, "the VPC provisioner publishes it; or name the VPC itself with vpc_source: direct and vpc_id")
		}
	}
	vpc, err := live.VPC(ctx, c.ec2, id)
	if err != nil {
		from := "vpc_id in the config"
		if s.cfg.VPCPath != "" {
			from = "the SSM parameter " + s.cfg.VPCPath
		}
		return live.Network{}, s.missing(err, "its ID comes from "+from)
	}
	s.tell.step("found %s", id)
	return vpc, nil
}

// missing makes a pre-flight blocker of something that is not there; other errors are explained.
func (s *session) missing(err error, hint string) error {
	if notFound, ok := errors.AsType[*live.NotFoundError](err); ok {
		return blockedf("NOT_FOUND", hint, "%v (account %s, region %s)", notFound, s.cfg.AccountID, s.cfg.Region)
	}
	return awsenv.Explain(fmt.Errorf("find VPC: %w", err))
}

// Where the sandbox is asked about a template if there is no config: its answer is the same in every account and region.
const (
	anyAccount = "123456789012"
	anyRegion  = "us-east-1"
)

// askWhom is the AWS whose CloudFormation is asked about a template: the sandbox, or the config's region, or the environment's
// where there is no config. The caller closes the door, if there is one.
func (s *session) askWhom(ctx context.Context) (aws.Config, *door, error) {
	if s.app.opt.sandbox {
		if s.cfg == nil {
			s.cfg = &config.Config{AccountID: anyAccount, Region: anyRegion}
		}
		return s.sandboxAWS()
	}
	region := ""
	if s.cfg != nil {
		region = s.cfg.Region
	}
	cfg, err := awsenv.Load(ctx, awsenv.Options{Region: region, Profile: s.app.opt.profile, Version: s.app.env.Version})
	if err == nil && cfg.Region == "" {
		err = errors.New("there is neither a config nor AWS_REGION to name a region")
	}
	return cfg, nil, err
}
