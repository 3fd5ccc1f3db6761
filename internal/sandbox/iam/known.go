package iam

import (
	"slices"
	"strings"
)

// known are the condition keys that requests have here, and those that AWS's have
// and that are never there in this sandbox, in small letters.
var known = []string{
	"aws:calledvia", "aws:calledviafirst", "aws:calledvialast", "aws:currenttime", "aws:epochtime", "aws:multifactorauthpresent",
	"aws:principalaccount", "aws:principalarn", "aws:principaltype", "aws:requestedregion", "aws:resourceaccount", "aws:securetransport",
	"aws:sourceip", "aws:tagkeys", "aws:useragent", "aws:userid", "aws:username", "aws:viaawsservice",
	"cloudformation:changesetname", "cloudformation:createaction", "cloudformation:importresourcetypes",
	"ec2:createaction", "ec2:region", "ec2:securitygroupid", "ec2:vpc", "ec2:vpcid",
	"s3:delimiter", "s3:if-none-match", "s3:max-keys", "s3:prefix",
	"ssm:overwrite", "ssm:recursive", "sts:rolesessionname",
}

// knownTags are the keys that end with the key of a tag.
var knownTags = []string{"aws:requesttag/", "aws:resourcetag/", "ec2:resourcetag/", "ssm:resourcetag/"}

// Known tells whether the sandbox gives requests a condition key. A policy with any
// other is refused: the key would count as missing, and what AWS would deny by it
// be allowed.
func Known(key string) bool {
	key = strings.ToLower(key)
	return slices.Contains(known, key) || slices.ContainsFunc(knownTags, func(prefix string) bool {
		return strings.HasPrefix(key, prefix) && len(key) > len(prefix)
	})
}
