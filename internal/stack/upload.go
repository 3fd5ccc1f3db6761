package stack

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

// isOurs reports whether this plan made the object, and so has to take it away.
func (o *object) isOurs() bool { return o != nil && o.made }

// upload puts the plan's template into the bucket, if it has one.
func (e *Engine) upload(ctx context.Context, p *Plan) error {
	if p.spec.Bucket == nil {
		return nil
	}
	o, err := p.spec.Bucket.upload(ctx, p.spec.Template)
	if err != nil {
		return err
	}
	p.object, p.reliedOnOthers = o, !o.made
	what := "is there already"
	if o.made {
		what = fmt.Sprintf("uploaded (%d bytes)", len(p.spec.Template))
	}
	e.notice("template %s %s", o, what)
	return nil
}

// checkUpload makes sure that CloudFormation has read what was uploaded: others may write to the bucket too. It also shows
// that CloudFormation has a copy of its own from now on.
func (e *Engine) checkUpload(ctx context.Context, p *Plan) error {
	if p.object == nil {
		return nil
	}
	out, err := e.api.GetTemplate(ctx, &cloudformation.GetTemplateInput{
		StackName: aws.String(p.StackName), ChangeSetName: aws.String(p.ChangeSetID), TemplateStage: types.TemplateStageOriginal,
	})
	switch {
	case err != nil:
		return fmt.Errorf("get template of change set %s: %w", changeSetName(p.ChangeSetID), err)
	case !sameTemplate(p.spec.Template, aws.ToString(out.TemplateBody)):
		return &TemplateChangedError{StackName: p.StackName, Object: p.object.String()}
	}
	return nil
}

// sameTemplate compares texts, or what they say where both are JSON.
func sameTemplate(a, b string) bool {
	if strings.TrimSpace(a) == strings.TrimSpace(b) {
		return true
	}
	var left, right any
	return json.Unmarshal([]byte(a), &left) == nil && json.Unmarshal([]byte(b), &right) == nil && reflect.DeepEqual(left, right)
}

// TemplateChangedError says that CloudFormation has read something else from the bucket than what was meant for it.
type TemplateChangedError struct {
	StackName string
	Object    string // s3://bucket/key
}

func (e *TemplateChangedError) Error() string {
	return fmt.Sprintf("plan changes of stack %s: what CloudFormation has read from %s is not the template that belongs there", e.StackName, e.Object)
}

// Hint says what to do about it.
func (e *TemplateChangedError) Hint() string {
	return "somebody else has written it: find out who may write to the bucket, delete the object, then run the command again"
}

// clearUpload removes the uploaded template of an applied plan if it isn't to stay. If that fails, it is told: the deployment has
// succeeded.
func (e *Engine) clearUpload(ctx context.Context, p *Plan) {
	if !p.object.isOurs() || !p.object.bucket.Transient {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanUpTime)
	defer cancel()
	if err := p.object.remove(ctx); err != nil {
		e.notice("the template %s is left behind: %v", p.object, err)
	}
}
