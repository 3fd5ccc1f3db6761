package marketplace

import (
	"crypto/sha256"
	"fmt"
	"reflect"
	"regexp"
	"time"

	"mlops-infra-suite/internal/sandbox/store"
	"mlops-infra-suite/internal/sandbox/wire"
)

// Issuer is the fingerprint of the licenses that AWS Marketplace issues (documented).
const Issuer = "aws:294406891311:AWS/Marketplace:issuer-fingerprint"

// checkoutTime is after how long a provisional checkout ends by itself (documented).
const checkoutTime = time.Hour

const checkoutTable = "license-manager.checkout"

var (
	clientToken = regexp.MustCompile(`^\S+$`)
	units       = []string{
		"Count", "None", "Seconds", "Microseconds", "Milliseconds", "Bytes", "Kilobytes", "Megabytes", "Gigabytes", "Terabytes", "Bits",
		"Kilobits", "Megabits", "Gigabits", "Terabits", "Percent", "Bytes/Second", "Kilobytes/Second", "Megabytes/Second",
		"Gigabytes/Second", "Terabytes/Second", "Bits/Second", "Kilobits/Second", "Megabits/Second", "Gigabits/Second",
		"Terabits/Second", "Count/Second",
	}
)

// LicenseManager is AWS License Manager, of which the sandbox has the one operation that a product calls.
func LicenseManager() wire.Service {
	return wire.Service{
		Name:       "license-manager",
		Target:     "AWSLicenseManager",
		Protocol:   wire.JSON,
		Operations: []wire.Operation{wire.Write("CheckoutLicense", checkoutLicense)},
		Known: []string{
			"AcceptGrant", "CheckInLicense", "CheckoutBorrowLicense", "CreateGrant", "CreateGrantVersion", "CreateLicense",
			"CreateLicenseAssetGroup", "CreateLicenseAssetRuleset", "CreateLicenseConfiguration",
			"CreateLicenseConversionTaskForResource", "CreateLicenseManagerReportGenerator", "CreateLicenseVersion", "CreateToken",
			"DeleteGrant", "DeleteLicense", "DeleteLicenseAssetGroup", "DeleteLicenseAssetRuleset", "DeleteLicenseConfiguration",
			"DeleteLicenseManagerReportGenerator", "DeleteToken", "ExtendLicenseConsumption", "GetAccessToken", "GetGrant", "GetLicense",
			"GetLicenseAssetGroup", "GetLicenseAssetRuleset", "GetLicenseConfiguration", "GetLicenseConversionTask",
			"GetLicenseManagerReportGenerator", "GetLicenseUsage", "GetServiceSettings", "ListAssetsForLicenseAssetGroup",
			"ListAssociationsForLicenseConfiguration", "ListDistributedGrants", "ListFailuresForLicenseConfigurationOperations",
			"ListLicenseAssetGroups", "ListLicenseAssetRulesets", "ListLicenseConfigurations", "ListLicenseConfigurationsForOrganization",
			"ListLicenseConversionTasks", "ListLicenseManagerReportGenerators", "ListLicenseSpecificationsForResource",
			"ListLicenseVersions", "ListLicenses", "ListReceivedGrants", "ListReceivedGrantsForOrganization", "ListReceivedLicenses",
			"ListReceivedLicensesForOrganization", "ListResourceInventory", "ListTagsForResource", "ListTokens",
			"ListUsageForLicenseConfiguration", "RejectGrant", "TagResource", "UntagResource", "UpdateLicenseAssetGroup",
			"UpdateLicenseAssetRuleset", "UpdateLicenseConfiguration", "UpdateLicenseManagerReportGenerator",
			"UpdateLicenseSpecificationsForResource", "UpdateServiceSettings",
		},
	}
}

// entitlement is a part of a license.
type entitlement struct {
	Name  string `aws:",required"`
	Value string
	Unit  string `aws:",required"`
}

// checkoutInput is CheckoutLicense's request. Whom a license is for and where it is used don't matter to licenses that
// everybody has.
type checkoutInput struct {
	ProductSKU     string        `aws:",required"`
	CheckoutType   string        `aws:",required"`
	KeyFingerprint string        `aws:",required"`
	Entitlements   []entitlement `aws:",required"`
	ClientToken    string        `aws:",required"` // up to 2048 characters
	Beneficiary    string
	NodeId         string
}

// checkoutOutput is CheckoutLicense's response.
type checkoutOutput struct {
	CheckoutType            string
	LicenseConsumptionToken string
	EntitlementsAllowed     []entitlement
	NodeId                  string
	IssuedAt                string
	Expiration              string
	LicenseArn              string
}

// checkout is what is remembered of a request, by its client token.
type checkout struct {
	Request checkoutInput
	Answer  checkoutOutput
}

// checkoutLicense gives what is asked for. The same client token gets the same answer.
func checkoutLicense(call *wire.Call, in *checkoutInput) (*checkoutOutput, error) {
	if err := in.validate(); err != nil {
		return nil, err
	}
	key := call.Key(in.ClientToken)
	if before, ok := store.Get[checkout](call.Tx, checkoutTable, key); ok {
		if !reflect.DeepEqual(before.Request, *in) {
			return nil, wire.Errorf("ValidationException", "The client token was used for another request")
		}
		return &before.Answer, nil
	}
	if in.KeyFingerprint != Issuer {
		return nil, wire.Errorf("ResourceNotFoundException", "There is no license of this product by issuer %s", in.KeyFingerprint)
	}
	out := checkoutOutput{
		CheckoutType: in.CheckoutType, NodeId: in.NodeId,
		LicenseConsumptionToken: call.NewUUID(),
		EntitlementsAllowed:     allowed(in.Entitlements),
		IssuedAt:                call.Now.Format(time.RFC3339),
		LicenseArn:              licenseARN(call, in.ProductSKU),
	}
	if in.CheckoutType == "PROVISIONAL" {
		out.Expiration = call.Now.Add(checkoutTime).Format(time.RFC3339)
	}
	store.Put(call.Tx, checkoutTable, key, checkout{*in, out})
	return &out, nil
}

func (in *checkoutInput) validate() error {
	var c wire.Constraints
	c.Enum("checkoutType", in.CheckoutType, "PROVISIONAL", "PERPETUAL")
	c.Length("clientToken", in.ClientToken, 0, 2048)
	c.Pattern("clientToken", in.ClientToken, clientToken)
	for i, e := range in.Entitlements {
		c.Enum(fmt.Sprintf("entitlements.%d.member.unit", i+1), e.Unit, units...)
	}
	if err := c.Err("ValidationException"); err != nil {
		return err
	}
	if len(in.Entitlements) == 0 || in.ProductSKU == "" {
		return Documented("CheckoutLicense", "InvalidParameterValueException")
	}
	for _, e := range in.Entitlements {
		if (e.Unit == "None") != (e.Value == "") {
			return wire.Errorf("InvalidParameterValueException", "Entitlement %s: a feature has no value, anything else has one", e.Name)
		}
	}
	return nil
}

// allowed are the entitlements as a license has them: a feature says that it is enabled.
func allowed(asked []entitlement) []entitlement {
	out := make([]entitlement, len(asked))
	for i, e := range asked {
		if e.Unit == "None" {
			e.Value = "Enabled"
		}
		out[i] = e
	}
	return out
}

// licenseARN names the license of a product, which follows from it.
func licenseARN(call *wire.Call, product string) string {
	sum := sha256.Sum256([]byte(product))
	return fmt.Sprintf("arn:%s:license-manager::294406891311:license:l-%x", call.Partition(), sum[:16])
}
