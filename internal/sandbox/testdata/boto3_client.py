"""Drives a served sandbox with boto3 and prints what it answers, as JSON.

The environment says where the sandbox is and who calls.
"""

import datetime
import json
import re
import urllib.request

import boto3
from botocore.exceptions import ClientError

ec2, ssm = boto3.client("ec2"), boto3.client("ssm")
seen = {}


def code(operation, **parameters):
    """The error code of an operation that is to fail."""
    try:
        operation(**parameters)
    except ClientError as error:
        return error.response["Error"]["Code"]
    return "no error"


vpc = ec2.create_vpc(
    CidrBlock="10.0.0.0/16",
    TagSpecifications=[{"ResourceType": "vpc", "Tags": [{"Key": "Name", "Value": "ü & <main>"}]}],
)["Vpc"]["VpcId"]
ec2.get_waiter("vpc_available").wait(VpcIds=[vpc])
found = ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"][0]
seen["vpc"] = {"state": found["State"], "tags": found["Tags"]}

web = ec2.create_security_group(GroupName="web", Description="web tier", VpcId=vpc)["GroupId"]
ec2.get_waiter("security_group_exists").wait(GroupIds=[web])
group = ec2.describe_security_groups(GroupIds=[web])["SecurityGroups"][0]
seen["new group"] = {
    "ingress": group["IpPermissions"],
    "egress": group["IpPermissionsEgress"],
    "tags": group["Tags"],
    "owner": group["OwnerId"],
}

ec2.authorize_security_group_ingress(
    GroupId=web,
    IpPermissions=[
        {"IpProtocol": "6", "FromPort": 80, "ToPort": 90, "IpRanges": [{"CidrIp": "10.1.2.3/8", "Description": "HTTP"}]},
        {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "Ipv6Ranges": [{"CidrIpv6": "0::0/0", "Description": "HTTPS v6"}]},
    ],
)
rules = ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [web]}])["SecurityGroupRules"]
seen["rules"] = sorted(
    f"{r['IpProtocol']} {r['FromPort']} {r['ToPort']} {r.get('CidrIpv4') or r.get('CidrIpv6')} {r.get('Description')}" for r in rules
)

for number in range(12):
    ec2.create_security_group(GroupName=f"group {number}", Description="d", VpcId=vpc)
pages = ec2.get_paginator("describe_security_groups").paginate(PaginationConfig={"PageSize": 5})
seen["group pages"] = [len(page["SecurityGroups"]) for page in pages]

http = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 90, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}
seen["revoke unknown"] = code(
    ec2.revoke_security_group_ingress, GroupId=web, IpPermissions=[http, dict(http, FromPort=81)]
)
revoked = ec2.revoke_security_group_ingress(GroupId=web, IpPermissions=[http])
seen["revoked"] = [r["CidrIpv4"] for r in revoked["RevokedSecurityGroupRules"]]
try:
    ec2.authorize_security_group_ingress(GroupId=web, IpProtocol="tcp", FromPort=1, ToPort=70000, CidrIp="10.0.0.0/8")
except ClientError as error:
    seen["bad port"] = error.response["Error"]["Code"] + " " + error.response["Error"]["Message"]
default = ec2.describe_security_groups(Filters=[{"Name": "group-name", "Values": ["default"]}])["SecurityGroups"][0]
seen["cannot delete"] = code(ec2.delete_security_group, GroupId=default["GroupId"])

ssm.put_parameter(Name="/sg/list", Value="a", Type="StringList", Tags=[{"Key": "k", "Value": ""}])
ssm.put_parameter(Name="/sg/list", Value="a,b", Overwrite=True)
parameter = ssm.get_parameter(Name="/sg/list")["Parameter"]
age = datetime.datetime.now(datetime.timezone.utc) - parameter["LastModifiedDate"]
seen["parameter"] = {name: parameter[name] for name in ("Value", "Type", "Version")}
seen["parameter"]["dated"] = abs(age) < datetime.timedelta(minutes=10)
for number in range(12):
    ssm.put_parameter(Name=f"/sg/deep/{number}", Value="v", Type="String")
pages = ssm.get_paginator("get_parameters_by_path").paginate(Path="/sg", Recursive=True)
seen["by path"] = [len(page["Parameters"]) for page in pages]
seen["missing"] = code(ssm.get_parameter, Name="/nope")
seen["tags"] = ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId="/sg/list")["TagList"]

other = boto3.Session(aws_access_key_id="444455556666", aws_secret_access_key="y")
seen["account"] = other.client("sts").get_caller_identity()["Account"]
seen["elsewhere"] = len(other.client("ec2").describe_vpcs()["Vpcs"])
url = other.client("sts").generate_presigned_url("get_caller_identity")
with urllib.request.urlopen(url) as response:
    seen["presigned"] = re.search("<Account>(.*)</Account>", response.read().decode()).group(1)
seen["unknown resource"] = code(boto3.client("iam").list_users)

trail = boto3.client("cloudtrail")
attribute = {"AttributeKey": "ResourceName", "AttributeValue": web}
page = trail.lookup_events(LookupAttributes=[attribute], MaxResults=2)
event = json.loads(page["Events"][1]["CloudTrailEvent"])
seen["trail"] = [e["EventName"] + " " + event.get("errorCode", "") for e, event in ((e, json.loads(e["CloudTrailEvent"])) for e in page["Events"])]
seen["trail agent"] = event["userAgent"].split("/")[0]
seen["trail next"] = "NextToken" in page
seen["trail two attributes"] = code(trail.lookup_events, LookupAttributes=[attribute, attribute])

print(json.dumps(seen))
