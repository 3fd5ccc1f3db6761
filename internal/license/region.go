package license

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// ecsMetadata is the variable by which Amazon ECS and Fargate tell a container where to ask about itself.
const ecsMetadata = "ECS_CONTAINER_METADATA_URI_V4"

const (
	metadataTimeout = 2 * time.Second
	metadataLimit   = 1 << 20 // bytes
)

// noRegionError says that nothing tells the region in which the tool runs.
type noRegionError struct{ cause error }

func (e noRegionError) Error() string { return "find the region of this task: " + e.cause.Error() }
func (e noRegionError) Unwrap() error { return e.cause }

// metadataError says that Amazon ECS, which runs the tool, does not tell the region. That may pass: the endpoint throttles too.
type metadataError struct{ cause error }

func (e metadataError) Error() string {
	return "ask Amazon ECS for the region of this task: " + e.cause.Error()
}
func (e metadataError) Unwrap() error { return e.cause }

// ecsRegion is the region of the ECS task behind the metadata endpoint, empty where there is no endpoint. A task may carry an
// AWS_REGION that names another region, in which it works; RegisterUsage wants the one in which it runs.
func ecsRegion(ctx context.Context, endpoint string) (string, error) {
	if endpoint == "" {
		return "", nil
	}
	ctx, cancel := context.WithTimeout(ctx, metadataTimeout)
	defer cancel()
	arn, err := taskARN(ctx, endpoint+"/task")
	if err != nil {
		return "", metadataError{err}
	}
	parts := strings.Split(arn, ":") // arn:aws:ecs:us-west-2:123456789012:task/...
	if len(parts) < 6 || parts[2] != "ecs" {
		return "", metadataError{fmt.Errorf("the task's ARN is %q", arn)}
	}
	return parts[3], nil
}

func taskARN(ctx context.Context, url string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return "", err
	}
	res, err := neighbour.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	var task struct {
		TaskARN string `json:"TaskARN"` // in a tag, which a release that is obfuscated still has
	}
	if err := json.NewDecoder(http.MaxBytesReader(nil, res.Body, metadataLimit)).Decode(&task); err != nil {
		return "", fmt.Errorf("read the task's metadata: %w", err)
	}
	return task.TaskARN, nil
}
