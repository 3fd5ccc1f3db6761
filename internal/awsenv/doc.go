// Package awsenv connects the tool to an AWS: the real one, as any SDK tool finds it (profiles, SSO, roles, IMDS,
// AWS_ENDPOINT_URL), or a sandbox, embedded or served, without a look at the environment.
//
// It also says who the caller is, and turns what the SDK and AWS say about credentials, permissions and connections into
// words that a user can act on ([Explain]).
package awsenv
