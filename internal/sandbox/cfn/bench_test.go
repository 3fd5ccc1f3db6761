package cfn_test

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"

	"mlops-infra-suite/internal/sandbox/cfn"
)

// BenchmarkLifeCycle creates and deletes a stack of 20 resources and one of 500,
// without latency and without waiting for the disk.
func BenchmarkLifeCycle(b *testing.B) {
	for _, n := range []int{20, 500} {
		b.Run(fmt.Sprintf("%d resources", n), func(b *testing.B) {
			body := "Parameters: {VpcId: {Type: AWS::EC2::VPC::Id}}\nResources:\n" +
				"  G: {Type: AWS::EC2::SecurityGroup, Properties: {GroupDescription: g, VpcId: !Ref VpcId}}\n"
			for i := range n - 1 {
				body += fmt.Sprintf("  P%d: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: !Ref G}}\n", i)
			}
			c := newCloud(b, cfn.Options{})

			for b.Loop() {
				if s := c.deploy("s", request{template: body}); s.StackStatus != "CREATE_COMPLETE" {
					b.Fatal(s.StackStatus)
				}
				if _, err := c.cfn.DeleteStack(b.Context(), &cloudformation.DeleteStackInput{StackName: aws.String("s")}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
