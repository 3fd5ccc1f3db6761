package progress

import (
	"encoding/json"
	"io"
	"time"

	"mlops-infra-suite/internal/stack"
)

// NewJSON is a handler that writes one JSON object per event and line. Its "event" is started, resource, notice or ended.
func NewJSON(w io.Writer) Handler { return &jsonLines{enc: json.NewEncoder(w)} }

type jsonLines struct {
	enc *json.Encoder
	err error
}

// record is an event's form in JSON.
type record struct {
	Time       time.Time `json:"time"`
	Event      string    `json:"event"`
	Operation  string    `json:"operation,omitempty"`
	Stack      string    `json:"stack,omitempty"`
	StackID    string    `json:"stack_id,omitempty"`
	Resources  int       `json:"resources,omitempty"`
	LogicalID  string    `json:"logical_id,omitempty"`
	PhysicalID string    `json:"physical_id,omitempty"`
	Type       string    `json:"type,omitempty"`
	Status     string    `json:"status,omitempty"`
	Reason     string    `json:"reason,omitempty"`
	Text       string    `json:"text,omitempty"`
	Error      string    `json:"error,omitempty"`
}

func (j *jsonLines) Handle(ev stack.Event) {
	if j.err == nil {
		j.err = j.enc.Encode(recordOf(ev))
	}
}

func (j *jsonLines) Close() error { return j.err }

func recordOf(ev stack.Event) record {
	switch ev := ev.(type) {
	case stack.Started:
		return record{
			Time: ev.Time, Event: "started", Operation: string(ev.Operation), Stack: ev.StackName, StackID: ev.StackID,
			Resources: ev.Resources,
		}
	case stack.ResourceEvent:
		return record{
			Time: ev.Time, Event: "resource", LogicalID: ev.LogicalID, PhysicalID: ev.PhysicalID, Type: ev.Type,
			Status: ev.Status, Reason: ev.Reason,
		}
	case stack.Notice:
		return record{Time: ev.Time, Event: "notice", Text: ev.Text}
	case stack.Ended:
		r := record{Time: ev.Time, Event: "ended", Operation: string(ev.Operation), Stack: ev.StackName, Status: string(ev.Status)}
		if ev.Err != nil {
			r.Error = ev.Err.Error()
		}
		return r
	default:
		return record{}
	}
}
