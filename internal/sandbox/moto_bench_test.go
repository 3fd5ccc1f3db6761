//go:build tools

package sandbox_test

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"mlops-infra-suite/internal/sandbox"
)

// threeTier is a set of three groups whose rules are resources of their own, but
// for the egress ones, which moto hasn't.
const threeTier = `
Parameters: {VpcId: {Type: "AWS::EC2::VPC::Id"}}
Resources:
  Web: {Type: "AWS::EC2::SecurityGroup", Properties: {GroupDescription: web, VpcId: !Ref VpcId}}
  App: {Type: "AWS::EC2::SecurityGroup", Properties: {GroupDescription: app, VpcId: !Ref VpcId}}
  Db: {Type: "AWS::EC2::SecurityGroup", Properties: {GroupDescription: db, VpcId: !Ref VpcId}}
  WebHTTPS: {Type: "AWS::EC2::SecurityGroupIngress", Properties: {GroupId: !Ref Web, IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 0.0.0.0/0}}
  WebHTTP: {Type: "AWS::EC2::SecurityGroupIngress", Properties: {GroupId: !Ref Web, IpProtocol: tcp, FromPort: 80, ToPort: 80, CidrIp: 0.0.0.0/0}}
  AppWeb: {Type: "AWS::EC2::SecurityGroupIngress", Properties: {GroupId: !Ref App, IpProtocol: tcp, FromPort: 8080, ToPort: 8080, SourceSecurityGroupId: !Ref Web}}
  DbApp: {Type: "AWS::EC2::SecurityGroupIngress", Properties: {GroupId: !Ref Db, IpProtocol: tcp, FromPort: 5432, ToPort: 5432, SourceSecurityGroupId: !Ref App}}
  WebId: {Type: "AWS::SSM::Parameter", Properties: {Name: "/sg/bench/web/SecurityGroupId", Type: String, Value: !Ref Web}}
  AppId: {Type: "AWS::SSM::Parameter", Properties: {Name: "/sg/bench/app/SecurityGroupId", Type: String, Value: !Ref App}}
  DbId: {Type: "AWS::SSM::Parameter", Properties: {Name: "/sg/bench/db/SecurityGroupId", Type: String, Value: !Ref Db}}
`

// BenchmarkStack creates the three-tier stack and deletes it: over a socket and
// durably in the sandbox, and in moto, which keeps it in memory.
func BenchmarkStack(b *testing.B) {
	cfg := configFor(nil, "123456789012", testRegion)
	cfg.HTTPClient = nil
	inSandbox := func(b *testing.B, opts sandbox.Options) {
		b.Helper()
		box, err := sandbox.Open(b.TempDir(), opts)
		if err != nil {
			b.Fatal(err)
		}
		listener, err := new(net.ListenConfig).Listen(b.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			b.Fatal(err)
		}
		served := make(chan error, 1)
		go func() { served <- box.Serve(b.Context(), listener) }()
		b.Cleanup(func() {
			if err := <-served; err != nil {
				b.Error(err)
			}
		})
		cfg.BaseEndpoint = aws.String("http://" + listener.Addr().String())
		benchmarkStack(b, cfg)
	}
	b.Run("sandbox", func(b *testing.B) { inSandbox(b, sandbox.Options{}) })
	b.Run("sandbox without waiting for the disk", func(b *testing.B) { inSandbox(b, sandbox.Options{NoSync: true}) })
	b.Run("moto", func(b *testing.B) {
		_, address := startMoto(b)
		cfg.BaseEndpoint = &address
		benchmarkStack(b, cfg)
	})
}

func benchmarkStack(b *testing.B, cfg aws.Config) {
	b.Helper()
	vpc, err := ec2.NewFromConfig(cfg).CreateVpc(b.Context(), &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")})
	if err != nil {
		b.Fatal(err)
	}
	cfn, name := cloudformation.NewFromConfig(cfg), aws.String("bench")
	for b.Loop() {
		_, err := cfn.CreateStack(b.Context(), &cloudformation.CreateStackInput{StackName: name, TemplateBody: aws.String(threeTier),
			Parameters: []types.Parameter{{ParameterKey: aws.String("VpcId"), ParameterValue: vpc.Vpc.VpcId}}})
		if err != nil {
			b.Fatal(err)
		}
		out, err := cfn.DescribeStacks(b.Context(), &cloudformation.DescribeStacksInput{StackName: name})
		if err != nil || out.Stacks[0].StackStatus != types.StackStatusCreateComplete {
			b.Fatal(err, out)
		}
		if _, err := cfn.DeleteStack(b.Context(), &cloudformation.DeleteStackInput{StackName: name}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkStart is the time until a new cloud answers its first request. Its
// memory is that of the server's process; the sandbox's is this test's own.
func BenchmarkStart(b *testing.B) {
	cfg := configFor(nil, "123456789012", testRegion)
	cfg.HTTPClient = nil
	b.Run("sandbox", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			box, err := sandbox.Open(filepath.Join(b.TempDir(), strconv.Itoa(i)), sandbox.Options{})
			if err != nil {
				b.Fatal(err)
			}
			if _, err := ec2.NewFromConfig(configFor(box, "123456789012", testRegion)).DescribeVpcs(b.Context(), &ec2.DescribeVpcsInput{}); err != nil {
				b.Fatal(err)
			}
			if err := box.Close(); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(resident(b, os.Getpid()), "MB")
	})
	b.Run("moto", func(b *testing.B) {
		begin := time.Now()
		cmd, address := startMoto(b)
		cfg.BaseEndpoint = &address
		if _, err := ec2.NewFromConfig(cfg).DescribeVpcs(b.Context(), &ec2.DescribeVpcsInput{}); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(time.Since(begin).Nanoseconds()), "ns/op")
		b.ReportMetric(resident(b, cmd.Process.Pid), "MB")
	})
}

// resident is the largest memory that a process has had, in megabytes.
func resident(b *testing.B, pid int) float64 {
	b.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		b.Fatal(err)
	}
	found := regexp.MustCompile(`VmHWM:\s*(\d+) kB`).FindSubmatch(status)
	if found == nil {
		b.Fatal("the system doesn't tell the memory of a process")
	}
	kilobytes, err := strconv.ParseFloat(string(found[1]), 64)
	if err != nil {
		b.Fatal(err)
	}
	return kilobytes / 1000
}
