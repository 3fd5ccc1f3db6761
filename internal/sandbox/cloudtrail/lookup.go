package cloudtrail

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"mlops-infra-suite/internal/sandbox/store"
	"mlops-infra-suite/internal/sandbox/wire"
)

// Documented limits, and how long a token is good for (assumed).
const (
	history    = 90 * 24 * time.Hour
	maxResults = 50
	maxValue   = 2000
	tokenLife  = time.Hour
)

// LookupAttribute is what events are searched by.
type LookupAttribute struct {
	AttributeKey   string `aws:",required"`
	AttributeValue string `aws:",required"`
}

// LookupEventsInput is LookupEvents' request.
type LookupEventsInput struct {
	EventCategory    string
	LookupAttributes []LookupAttribute // at most one
	StartTime        *time.Time
	EndTime          *time.Time
	MaxResults       *int32 // 1 to 50, the default
	NextToken        string
}

// LookupEventsOutput is LookupEvents' response.
type LookupEventsOutput struct {
	Events    []Event
	NextToken string
}

// Event is an event as LookupEvents shows it.
type Event struct {
	EventId         string
	EventName       string
	ReadOnly        string
	AccessKeyId     string
	EventTime       time.Time
	EventSource     string
	Username        string
	Resources       []Resource
	CloudTrailEvent string
}

// lookupEvents lists the events of the last 90 days, the newest first.
func (t *Trail) lookupEvents(call *wire.Call, in *LookupEventsInput) (*LookupEventsOutput, error) {
	if t.throttled(call) {
		return nil, wire.Errorf("ThrottlingException", "Rate exceeded")
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	before, err := in.position(call.Now)
	if err != nil {
		return nil, err
	}
	limit := maxResults
	if in.MaxResults != nil {
		limit = int(*in.MaxResults)
	}
	out := &LookupEventsOutput{Events: []Event{}}
	if in.EventCategory == "insight" {
		return out, nil // there are no trails, which would have them
	}
	last := ""
	for key, r := range store.ScanBack[record](call.Tx, eventTable, call.Prefix()) {
		if before != "" && key >= before || !in.matches(r) || call.Now.Sub(r.Time) > history || r.Time.Add(t.delay).After(call.Now) {
			continue
		}
		if len(out.Events) == limit {
			out.NextToken = in.token(call.Now, last)
			break
		}
		last = key
		out.Events = append(out.Events, r.show())
	}
	return out, nil
}

func (r record) show() Event {
	return Event{
		EventId: r.ID, EventName: r.Name, ReadOnly: r.ReadOnly, AccessKeyId: r.AccessKey, EventTime: r.Time,
		EventSource: r.Source, Username: r.Username, Resources: r.Resources, CloudTrailEvent: string(r.Event),
	}
}

// attributes are what a record can be looked up by (documented set).
var attributes = map[string]func(r record, value string) bool{
	"AccessKeyId": func(r record, value string) bool { return r.AccessKey == value },
	"EventId":     func(r record, value string) bool { return r.ID == value },
	"EventName":   func(r record, value string) bool { return r.Name == value },
	"EventSource": func(r record, value string) bool { return r.Source == value },
	"ReadOnly":    func(r record, value string) bool { return r.ReadOnly == value },
	"Username":    func(r record, value string) bool { return r.Username == value },
	"ResourceName": func(r record, value string) bool {
		return slices.ContainsFunc(r.Resources, func(found Resource) bool { return found.ResourceName == value })
	},
	"ResourceType": func(r record, value string) bool {
		return slices.ContainsFunc(r.Resources, func(found Resource) bool { return found.ResourceType == value })
	},
}

func (in *LookupEventsInput) matches(r record) bool {
	if in.StartTime != nil && r.Time.Before(*in.StartTime) || in.EndTime != nil && r.Time.After(*in.EndTime) {
		return false
	}
	for _, a := range in.LookupAttributes {
		if !attributes[a.AttributeKey](r, a.AttributeValue) {
			return false
		}
	}
	return true
}

// check refuses what is documented to be refused. The wording is assumed.
func (in *LookupEventsInput) check() error {
	if len(in.LookupAttributes) > 1 {
		return invalidAttributes("You can specify only one lookup attribute.")
	}
	for _, a := range in.LookupAttributes {
		switch _, known := attributes[a.AttributeKey]; {
		case !known:
			return invalidAttributes("The lookup attribute key " + a.AttributeKey + " is not valid.")
		case a.AttributeValue == "" || len(a.AttributeValue) > maxValue:
			return invalidAttributes("A lookup attribute value must have 1 to 2000 characters.")
		case a.AttributeKey == "ReadOnly" && a.AttributeValue != "true" && a.AttributeValue != "false":
			return invalidAttributes("The value of the lookup attribute ReadOnly must be true or false.")
		}
	}
	switch {
	case in.MaxResults != nil && (*in.MaxResults < 1 || *in.MaxResults > maxResults):
		return wire.Errorf("InvalidMaxResultsException", "The number of results must be between 1 and 50.")
	case in.StartTime != nil && in.EndTime != nil && in.StartTime.After(*in.EndTime):
		return wire.Errorf("InvalidTimeRangeException", "The start time must not be after the end time.")
	case in.EventCategory != "" && in.EventCategory != "insight":
		return wire.Errorf("InvalidEventCategoryException", "The event category %s is not valid.", in.EventCategory)
	}
	return nil
}

func invalidAttributes(message string) error {
	return wire.Errorf("InvalidLookupAttributesException", "%s", message)
}

// token is where a page ended, of which request and when.
type token struct {
	After  string
	Query  string
	Issued time.Time
}

// query is what the requests for all pages have in common (documented: a token
// must come with the same parameters).
func (in *LookupEventsInput) query() string {
	same := *in
	same.NextToken, same.MaxResults = "", nil
	raw, _ := json.Marshal(same) // texts and times
	return idOf(string(raw))
}

func (in *LookupEventsInput) token(now time.Time, last string) string {
	raw, _ := json.Marshal(token{last, in.query(), now}) // texts and a time
	return base64.URLEncoding.EncodeToString(raw)
}

// position is the key of the last event that the caller has seen, "" at first.
func (in *LookupEventsInput) position(now time.Time) (string, error) {
	if in.NextToken == "" {
		return "", nil
	}
	var found token
	raw, err := base64.URLEncoding.DecodeString(in.NextToken)
	if err == nil {
		err = json.Unmarshal(raw, &found)
	}
	if err != nil || found.Query != in.query() || now.Sub(found.Issued) > tokenLife || found.After == "" {
		return "", wire.Errorf("InvalidNextTokenException",
			"A token that is not valid, or a token that was previously used in a request with different parameters.")
	}
	return found.After, nil
}

func sorted(members map[string]any) []string { return slices.Sorted(maps.Keys(members)) }
