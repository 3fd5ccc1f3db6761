// Package marketplace is what AWS Marketplace does for software that asks whether it may run: RegisterUsage of the Marketplace
// Metering Service, and CheckoutLicense of License Manager.
//
// Its promise: every account is subscribed to every product and has every license (assumed: the sandbox has no catalogue), and
// each error that AWS documents for the two operations can be had on demand, as the fault RegisterUsage=CODE or
// CheckoutLicense=CODE.
//
// Documented: the parameters and their limits, the token of RegisterUsage (a JWT, PS256 over ProductCode, PublicKeyVersion, Nonce
// and iat), the fields of a checkout, and the issuer of the licenses that AWS Marketplace makes. Reported: that a feature's value
// is "Enabled", and that a checkout of such a license has no signed token. Assumed: the messages of errors, and that a client
// token is remembered for good.
//
// Tokens are signed with a key of the sandbox's own, whose private half is in key.pem for everybody to see: a token proves
// nothing but that it comes from some sandbox. Only test builds of software may trust it.
package marketplace
