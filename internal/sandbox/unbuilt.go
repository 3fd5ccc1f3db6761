package sandbox

import "mlops-infra-suite/internal/sandbox/wire"

// Two services of which the sandbox knows the names of the operations, and has none: each is refused in the service's words.

func cloudTrailService() wire.Service {
	return wire.Service{
		Name:     "cloudtrail",
		Target:   "CloudTrail_20131101",
		Protocol: wire.JSON,
		Known: []string{
			"AddTags", "CancelQuery", "CreateChannel", "CreateDashboard", "CreateEventDataStore", "CreateTrail",
			"DeleteChannel", "DeleteDashboard", "DeleteEventDataStore", "DeleteResourcePolicy", "DeleteTrail",
			"DeregisterOrganizationDelegatedAdmin", "DescribeQuery", "DescribeTrails", "DisableFederation",
			"EnableFederation", "GenerateQuery", "GetChannel", "GetDashboard", "GetEventConfiguration",
			"GetEventDataStore", "GetEventSelectors", "GetImport", "GetInsightSelectors", "GetQueryResults",
			"GetResourcePolicy", "GetTrail", "GetTrailStatus", "ListChannels", "ListDashboards",
			"ListEventDataStores", "ListImportFailures", "ListImports", "ListInsightsData", "ListInsightsMetricData",
			"ListPublicKeys", "ListQueries", "ListTags", "ListTrails", "LookupEvents", "PutEventConfiguration",
			"PutEventSelectors", "PutInsightSelectors", "PutResourcePolicy", "RegisterOrganizationDelegatedAdmin",
			"RemoveTags", "RestoreEventDataStore", "SearchSampleQueries", "StartDashboardRefresh",
			"StartEventDataStoreIngestion", "StartImport", "StartLogging", "StartQuery",
			"StopEventDataStoreIngestion", "StopImport", "StopLogging", "UpdateChannel", "UpdateDashboard",
			"UpdateEventDataStore", "UpdateTrail",
		},
	}
}

func meteringService() wire.Service {
	return wire.Service{
		Name:     "aws-marketplace",
		Target:   "AWSMPMeteringService",
		Protocol: wire.JSON,
		Known: []string{
			"BatchMeterUsage", "MeterUsage", "RegisterUsage", "ResolveCustomer",
		},
	}
}
