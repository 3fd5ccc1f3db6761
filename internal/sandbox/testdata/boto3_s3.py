"""Puts and reads objects with boto3 and prints what it saw, as JSON."""

import io
import json

import boto3
from botocore.exceptions import ClientError

s3 = boto3.client("s3")
seen = {"same": [], "errors": []}
s3.create_bucket(Bucket="boto", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})

body = "öäü".encode() * 20_000
for algorithm in ("CRC32", "CRC32C", "SHA1", "SHA256", "default"):
    more = {} if algorithm == "default" else {"ChecksumAlgorithm": algorithm}
    try:
        s3.put_object(Bucket="boto", Key="k", Body=body, **more)
    except Exception as e:  # CRC32C wants a library that need not be there
        if algorithm != "CRC32C" or "botocore[crt]" not in str(e):
            raise
        seen["same"].append(algorithm)
        continue
    if s3.get_object(Bucket="boto", Key="k", ChecksumMode="ENABLED")["Body"].read() == body:
        seen["same"].append(algorithm)
s3.upload_fileobj(io.BytesIO(body), "boto", "k")
copy = io.BytesIO()
s3.download_fileobj("boto", "k", copy)
if copy.getvalue() == body:
    seen["same"].append("file")
s3.delete_object(Bucket="boto", Key="k")

for key in ("a/1", "a/2", "b c&d"):
    put = s3.put_object(Bucket="boto", Key=key, Body=b"abc")
seen["etag"] = put["ETag"]
pages = list(s3.get_paginator("list_objects_v2").paginate(Bucket="boto", PaginationConfig={"PageSize": 2}))
seen["pages"] = len(pages)
seen["keys"] = [o["Key"] for page in pages for o in page["Contents"]]

far = boto3.client("s3", region_name="eu-west-1")
far.create_bucket(Bucket="far-away", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
seen["far"] = s3.head_bucket(Bucket="far-away")["BucketRegion"]  # follows the redirection


def refused(call, **arguments):
    try:
        call(**arguments)
    except ClientError as e:
        seen["errors"].append(e.response["Error"]["Code"])


refused(s3.put_object, Bucket="nobodys", Key="k", Body=b"v")
refused(s3.get_object, Bucket="boto", Key="none")
refused(s3.put_object, Bucket="boto", Key="k", Body=b"v", ContentMD5="1B2M2Y8AsgTpgAmY7PhCfg==")
refused(s3.head_object, Bucket="boto", Key="none")
refused(s3.delete_bucket, Bucket="boto")
print(json.dumps(seen))
