"""Leads a stack through its life with boto3 and prints what it saw, as JSON.

The Go SDK has made the VPC, a group and a parameter before; their names are the
arguments. What is left at the end is for the Go SDK to read.
"""

import json
import sys

import boto3
from botocore.exceptions import ClientError, WaiterError

vpc, group, parameter = sys.argv[1:]
cfn, ec2, ssm = boto3.client("cloudformation"), boto3.client("ec2"), boto3.client("ssm")
seen = {}
QUICK = {"Delay": 1, "MaxAttempts": 5}


def template(port):
    return json.dumps({
        "Parameters": {"VpcId": {"Type": "AWS::EC2::VPC::Id"}},
        "Resources": {
            "Web": {"Type": "AWS::EC2::SecurityGroup", "Properties": {"GroupDescription": "web", "VpcId": {"Ref": "VpcId"}}},
            "HTTPS": {"Type": "AWS::EC2::SecurityGroupIngress", "Properties": {
                "GroupId": {"Ref": "Web"}, "IpProtocol": "tcp", "FromPort": port, "ToPort": port, "CidrIp": "10.0.0.0/8",
                "Description": "from the hub"}},
        },
        "Outputs": {"Web": {"Value": {"Ref": "Web"}}},
    })


def deploy(kind, port):
    """Creates and executes a change set, and returns its actions."""
    name = f"port-{port}"
    cfn.create_change_set(
        StackName="boto3", ChangeSetName=name, ChangeSetType=kind, TemplateBody=template(port),
        Parameters=[{"ParameterKey": "VpcId", "ParameterValue": vpc}],
    )
    try:
        cfn.get_waiter("change_set_create_complete").wait(StackName="boto3", ChangeSetName=name, WaiterConfig=QUICK)
    except WaiterError as error:
        return error.last_response["StatusReason"]
    changes = cfn.describe_change_set(StackName="boto3", ChangeSetName=name)["Changes"]
    cfn.execute_change_set(StackName="boto3", ChangeSetName=name)
    try:
        cfn.get_waiter(f"stack_{kind.lower()}_complete").wait(StackName="boto3", WaiterConfig=QUICK)
    except WaiterError:
        pass
    return sorted(f"{c['ResourceChange']['Action']} {c['ResourceChange']['LogicalResourceId']}" for c in changes)


def status():
    return cfn.describe_stacks(StackName="boto3")["Stacks"][0]["StackStatus"]


def ports():
    web = cfn.describe_stacks(StackName="boto3")["Stacks"][0]["Outputs"][0]["OutputValue"]
    rules = ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [web]}])["SecurityGroupRules"]
    return [f"{r['ToPort']} {r['Description']}" for r in rules if not r["IsEgress"]]


# What the Go SDK has written.
found = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]
seen["group of Go"] = [found["GroupName"], found["Description"], found["VpcId"] == vpc]
seen["parameter of Go"] = ssm.get_parameter(Name=parameter)["Parameter"]["Value"] == group

seen["create"] = [deploy("CREATE", 443), status(), ports()]
seen["change"] = [deploy("UPDATE", 8443), status(), ports()]
seen["no change"] = deploy("UPDATE", 8443)[:48]
seen["failure"] = [deploy("UPDATE", 70000), status(), ports()]
failed = [e for e in cfn.describe_stack_events(StackName="boto3")["StackEvents"] if e["ResourceStatus"] == "UPDATE_FAILED" or e["ResourceStatus"] == "CREATE_FAILED"]
seen["failed"] = [failed[-1]["LogicalResourceId"], "70000" in failed[-1]["ResourceStatusReason"]]
cfn.delete_stack(StackName="boto3")
cfn.get_waiter("stack_delete_complete").wait(StackName="boto3", WaiterConfig=QUICK)
try:
    status()
except ClientError as error:
    seen["deleted"] = error.response["Error"]["Message"]

# For the Go SDK to read.
left = ec2.create_security_group(GroupName="boto3", Description="made by boto3", VpcId=vpc)["GroupId"]
ec2.create_tags(Resources=[left], Tags=[{"Key": "By", "Value": "boto3"}])
ssm.put_parameter(Name="/boto3", Value=left, Type="String")
role = boto3.client("sts").assume_role(RoleArn="arn:aws:iam::444455556666:role/deployer", RoleSessionName="boto3")["Credentials"]
assumed = boto3.client(
    "ssm", aws_access_key_id=role["AccessKeyId"], aws_secret_access_key=role["SecretAccessKey"],
    aws_session_token=role["SessionToken"])
assumed.put_parameter(Name="/boto3", Value="elsewhere", Type="String")

json.dump(seen, sys.stdout)
