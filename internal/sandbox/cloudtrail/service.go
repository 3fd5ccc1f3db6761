package cloudtrail

import (
	"sync"
	"time"

	"mlops-infra-suite/internal/sandbox/store"
	"mlops-infra-suite/internal/sandbox/wire"
)

// Trail is the event history of all accounts in a store.
type Trail struct {
	db    *store.DB
	delay time.Duration // between a call and its event

	mu      sync.Mutex
	lookups map[string][]time.Time // those of the last second, by account and region
}

// New returns the Trail of a store. Events can be looked up after the delay.
func New(db *store.DB, delay time.Duration) *Trail {
	return &Trail{db: db, delay: delay, lookups: map[string][]time.Time{}}
}

// Service is CloudTrail for the wire.
func (t *Trail) Service() wire.Service {
	return wire.Service{
		Name:       "cloudtrail",
		Target:     "CloudTrail_20131101",
		Protocol:   wire.JSON,
		Operations: []wire.Operation{wire.Read("LookupEvents", t.lookupEvents)},
		Known: []string{
			"AddTags", "CancelQuery", "CreateChannel", "CreateDashboard", "CreateEventDataStore", "CreateTrail",
			"DeleteChannel", "DeleteDashboard", "DeleteEventDataStore", "DeleteResourcePolicy", "DeleteTrail",
			"DeregisterOrganizationDelegatedAdmin", "DescribeQuery", "DescribeTrails", "DisableFederation",
			"EnableFederation", "GenerateQuery", "GetChannel", "GetDashboard", "GetEventConfiguration",
			"GetEventDataStore", "GetEventSelectors", "GetImport", "GetInsightSelectors", "GetQueryResults",
			"GetResourcePolicy", "GetTrail", "GetTrailStatus", "ListChannels", "ListDashboards",
			"ListEventDataStores", "ListImportFailures", "ListImports", "ListInsightsData", "ListInsightsMetricData",
			"ListPublicKeys", "ListQueries", "ListTags", "ListTrails", "PutEventConfiguration",
			"PutEventSelectors", "PutInsightSelectors", "PutResourcePolicy", "RegisterOrganizationDelegatedAdmin",
			"RemoveTags", "RestoreEventDataStore", "SearchSampleQueries", "StartDashboardRefresh",
			"StartEventDataStoreIngestion", "StartImport", "StartLogging", "StartQuery",
			"StopEventDataStoreIngestion", "StopImport", "StopLogging", "UpdateChannel", "UpdateDashboard",
			"UpdateEventDataStore", "UpdateTrail",
		},
	}
}

// lookupsPerSecond is the documented limit for each account and region.
const lookupsPerSecond = 2

// throttled counts a lookup, unless there have been too many in the last second.
func (t *Trail) throttled(call *wire.Call) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	var recent []time.Time
	for _, at := range t.lookups[call.Prefix()] {
		if call.Now.Sub(at) < time.Second {
			recent = append(recent, at)
		}
	}
	if len(recent) >= lookupsPerSecond {
		return true
	}
	t.lookups[call.Prefix()] = append(recent, call.Now)
	return false
}
