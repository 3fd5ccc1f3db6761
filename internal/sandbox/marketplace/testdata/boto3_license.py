"""What boto3 makes of the two services, as JSON. Checks nothing but the token's signature. Usage: boto3_license.py PUBLIC_KEY"""
import base64
import json
import sys

import boto3
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding

ISSUER = "aws:294406891311:AWS/Marketplace:issuer-fingerprint"


def refusal(call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        return error.response["Error"]["Code"]
    return None


def unpack(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


with open(sys.argv[1], "rb") as file:
    key = serialization.load_pem_public_key(file.read())
metering = boto3.client("meteringmarketplace")
licenses = boto3.client("license-manager")

answer = metering.register_usage(ProductCode="4h2example", PublicKeyVersion=1, Nonce="n-1")
header, claims, signature = answer["Signature"].split(".")
pss = padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=hashes.SHA256().digest_size)
key.verify(unpack(signature), f"{header}.{claims}".encode(), pss, hashes.SHA256())
said = json.loads(unpack(claims))
said.pop("iat")

feature = {
    "ProductSKU": "prod-1", "CheckoutType": "PROVISIONAL", "KeyFingerprint": ISSUER, "ClientToken": "token-1",
    "Entitlements": [{"Name": "Feature", "Unit": "None"}],
}
checkout = licenses.checkout_license(**feature)

print(json.dumps({
    "header": json.loads(unpack(header)),
    "claims": said,
    "rotated": "PublicKeyRotationTimestamp" in answer,
    "allowed": checkout["EntitlementsAllowed"],
    "again": licenses.checkout_license(**feature)["LicenseConsumptionToken"] == checkout["LicenseConsumptionToken"],
    "signed": "SignedToken" in checkout,
    "other_version": refusal(metering.register_usage, ProductCode="4h2example", PublicKeyVersion=2),
    "other_issuer": refusal(licenses.checkout_license, **feature | {"KeyFingerprint": "mine", "ClientToken": "token-2"}),
    "check_in": refusal(licenses.check_in_license, LicenseConsumptionToken=checkout["LicenseConsumptionToken"]),
}))
