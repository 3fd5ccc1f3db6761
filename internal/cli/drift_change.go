package cli

import (
	"strings"
	"time"

	"mlops-infra-suite/internal/live"
)

// Who has made a change.
const (
	byUnknown        = "unknown"
	byUser           = "user"
	byCloudFormation = "cloudformation"
	byTool           = tool
)

// change is who made something differ, when and from where, as far as CloudTrail tells.
type change struct {
	By        string `json:"by"`   // unknown, user, cloudformation or sg-provisioner
	Who       string `json:"who"`  // an ARN
	Role      string `json:"role"` // of a session: its role's ARN
	When      string `json:"when"` // RFC 3339, UTC
	SourceIP  string `json:"source_ip"`
	UserAgent string `json:"user_agent"`
	Event     string `json:"event"` // such as AuthorizeSecurityGroupIngress
	EventID   string `json:"event_id"`
	Stack     string `json:"stack"`  // made by CloudFormation: the stack that has it, where that is known
	Reason    string `json:"reason"` // unknown: why
}

// found reports whether it is known who did it.
func (c *change) found() bool { return c.Event != "" }

// set takes over what an event tells.
func (c *change) set(e live.Event) {
	*c = change{
		By: byUser, Who: e.Actor.ARN, Role: e.Actor.Issuer,
		SourceIP: e.Actor.SourceIP, UserAgent: e.Actor.UserAgent, Event: e.Name, EventID: e.ID,
	}
	if !e.Time.IsZero() {
		c.When = e.Time.UTC().Format(time.RFC3339)
	}
	switch {
	case strings.HasPrefix(e.Actor.Service, "cloudformation."):
		c.By = byCloudFormation
	case strings.Contains(e.Actor.UserAgent, tool+"/"):
		c.By = byTool
	case e.Actor.Service != "" && c.Who == "":
		c.Who = e.Actor.Service
	}
}

// unknown says why it is not known who did it.
func (c *change) unknown(reason string) {
	*c = change{By: byUnknown, Reason: reason}
}

// String is the change in one phrase.
func (c change) String() string {
	if !c.found() {
		return "by whom is unknown: " + c.Reason
	}
	who := c.Who
	switch c.By {
	case byCloudFormation:
		who = "CloudFormation for " + who
		if c.Stack != "" {
			who += " (stack " + c.Stack + ")"
		}
	case byTool:
		who += " with " + tool
	}
	text := "by " + who
	if c.When != "" {
		text += " at " + c.When
	}
	if c.SourceIP != "" && c.By != byCloudFormation {
		text += " from " + c.SourceIP
	}
	return text + " (" + c.Event + ")"
}
