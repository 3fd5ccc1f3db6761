// Package license asks AWS Marketplace whether this copy of the tool may run. Its promise: nothing but an entitlement is one.
// A platform that AWS does not support, an endpoint that can't be reached, a token of another key, an answer that nobody has
// documented: each of them is a refusal, with one sentence that says what to do.
//
// # How a build is licensed
//
// That is fixed when the binary is built. The build tag licensed puts the clients of AWS into it, which a source build has no use
// for; strings of the linker, which nothing in the program writes to ([Linked] reads them), say the rest:
//
//	-X mlops-infra-suite/internal/license.linkedMode=metering|contract|none
//	-X mlops-infra-suite/internal/license.linkedProduct=PRODUCT          the product code; of a contract the product ID
//	-X mlops-infra-suite/internal/license.linkedKeyVersion=1             metering: version of the key
//	-X mlops-infra-suite/internal/license.linkedKey=MIGfMA0GCSqGSIb3...  metering: the PEM file's lines between its first and last, joined
//	-X mlops-infra-suite/internal/license.linkedEntitlement=NAME         contract: the entitlement, of unit None
//
// A tag and strings, rather than a tag for each mode, as a value that makes no sense can be refused. What does not fit together
// fails closed: an unknown or empty mode, a key without a mode, a mode without a product or without its client. No flag, file or
// variable of the environment is asked what the mode is.
//
// # Metering
//
// RegisterUsage, for a product that is paid by the hour on Amazon ECS, Amazon EKS and AWS Fargate. AWS answers with a token
// signed by the product's key (documented: PS256 over product code, key version, nonce and time), so it is the token that
// counts, whatever the answer came through. The call goes to the region in which the task runs, as AWS demands.
//
// # Contract
//
// CheckoutLicense of License Manager, for a product that is bought for a time and runs anywhere. The answer can carry a token
// signed with the issuer's key, which would make it provable; for licenses that AWS Marketplace issues no public key is
// documented, and examples of AWS don't look at the token. So what proves the answer is the connection: to the host name that
// the SDK has for the service, with a certificate below the roots of Amazon Trust Services, which are part of the binary. The
// system's roots, AWS_CA_BUNDLE and SSL_CERT_FILE are not asked, so that no proxy can answer in the place of AWS.
//
// # What the environment decides
//
// Credentials, region, and which of AWS's own host names is called: the one for IPv6 or for FIPS 140 ([connection], [variant]).
// AWS_ENDPOINT_URL and its relatives in the AWS configuration, and the settings of retries are left out. A task is registered by its
// own role, whatever credentials the deployment has. Only throttling is retried.
//
// # Test builds
//
// The build tag sandboxlicense makes a build that accepts the sandbox's key and sends its calls to AWS_ENDPOINT_URL. Every other
// build refuses to run with the sandbox's key, whose private half is in the sandbox's source.
package license
