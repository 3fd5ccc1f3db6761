//go:build tools

package main

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

// documented is the one block of docs/container.md in a language.
func documented(t *testing.T, language string) string {
	t.Helper()
	document, err := os.ReadFile(filepath.Join(repository(t), "docs", "container.md"))
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```"+language+"\n(.*?)```").FindAllStringSubmatch(string(document), -1)
	if len(blocks) != 1 {
		t.Fatalf("%d blocks of %s", len(blocks), language)
	}
	return blocks[0][1]
}

// TestTaskDefinition holds the documented task definition to the model of Amazon ECS in the AWS CLI, which asks nobody for
// that, and runs the image as it says.
func TestTaskDefinition(t *testing.T) {
	text := documented(t, "json")
	register := func(definition string) result {
		file := filepath.Join(t.TempDir(), "task.json")
		if err := write(file, []byte(definition)); err != nil {
			t.Fatal(err)
		}
		return command(t, "", []string{"AWS_DEFAULT_REGION=us-west-2"},
			"aws", "ecs", "register-task-definition", "--cli-input-json", "file://"+file, "--generate-cli-skeleton", "output")
	}
	if r := register(text); r.exit != 0 {
		t.Errorf("the AWS CLI refuses it: %s", r.stderr)
	}
	if r := register(strings.Replace(text, "readonlyRootFilesystem", "readOnlyRootFilesystem", 1)); !strings.Contains(r.stderr, "Unknown parameter") {
		t.Errorf("the AWS CLI refuses nothing: exit %d, %s", r.exit, r.stderr)
	}
	var task struct {
		TaskRoleARN, Memory  string
		ContainerDefinitions []struct {
			User                   string
			Command                []string
			ReadonlyRootFilesystem bool
			LinuxParameters        struct{ Capabilities struct{ Drop []string } }
			MountPoints            []struct{ SourceVolume, ContainerPath string }
		}
		Volumes []struct{ Name string }
	}
	if err := json.Unmarshal([]byte(text), &task); err != nil {
		t.Fatal(err)
	}
	if len(task.ContainerDefinitions) != 1 || len(task.Volumes) != 1 || task.TaskRoleARN == "" {
		t.Fatalf("read %+v", task)
	}
	c := task.ContainerDefinitions[0]
	if !c.ReadonlyRootFilesystem || !slices.Equal(c.LinuxParameters.Capabilities.Drop, []string{"ALL"}) || len(c.MountPoints) != 1 ||
		c.MountPoints[0].SourceVolume != task.Volumes[0].Name {
		t.Errorf("not locked down, or without its volume: %+v", c)
	}
	deploys(t, c.User, task.Memory+"m", []string{"-v", workdir(t) + ":" + c.MountPoints[0].ContainerPath}, c.Command)
}

// deploys runs the image without a root to write to or capabilities, beside a sandbox that plays the real AWS.
func deploys(t *testing.T, user, memory string, mounts, args []string) {
	t.Helper()
	options := append([]string{"--user", user, "--memory", memory, "--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"}, mounts...)
	env := awsSandbox(t, workdir(t))
	for _, name := range []string{"AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"} {
		options = append(options, "-e", name+"="+env[name])
	}
	r := runImage(t, options, args...)
	var doc struct{ Outcome string }
	if err := json.Unmarshal([]byte(r.stdout), &doc); err != nil || r.exit != 0 || doc.Outcome != "created" {
		t.Errorf("%v, exit %d: %s%s", err, r.exit, r.stdout, r.stderr)
	}
}

// manifest is a service account or a job, in the names of the Kubernetes API.
type manifest struct {
	APIVersion string `yaml:"apiVersion"`
	Kind       string `yaml:"kind"`
	Metadata   struct {
		Name        string            `yaml:"name"`
		Annotations map[string]string `yaml:"annotations"`
	} `yaml:"metadata"`
	Spec struct {
		BackoffLimit *int `yaml:"backoffLimit"`
		Template     struct {
			Spec pod `yaml:"spec"`
		} `yaml:"template"`
	} `yaml:"spec"`
}

type pod struct {
	ServiceAccountName string `yaml:"serviceAccountName"`
	RestartPolicy      string `yaml:"restartPolicy"`
	SecurityContext    struct {
		RunAsNonRoot   bool              `yaml:"runAsNonRoot"`
		RunAsUser      string            `yaml:"runAsUser"`
		RunAsGroup     string            `yaml:"runAsGroup"`
		FSGroup        string            `yaml:"fsGroup"`
		SeccompProfile map[string]string `yaml:"seccompProfile"`
	} `yaml:"securityContext"`
	Containers []struct {
		Name            string   `yaml:"name"`
		Image           string   `yaml:"image"`
		Args            []string `yaml:"args"`
		SecurityContext struct {
			ReadOnlyRootFilesystem   bool                `yaml:"readOnlyRootFilesystem"`
			AllowPrivilegeEscalation *bool               `yaml:"allowPrivilegeEscalation"`
			Capabilities             map[string][]string `yaml:"capabilities"`
		} `yaml:"securityContext"`
		Resources    map[string]map[string]string `yaml:"resources"`
		VolumeMounts []struct {
			Name      string `yaml:"name"`
			MountPath string `yaml:"mountPath"`
			ReadOnly  bool   `yaml:"readOnly"`
		} `yaml:"volumeMounts"`
	} `yaml:"containers"`
	Volumes []struct {
		Name      string            `yaml:"name"`
		EmptyDir  map[string]string `yaml:"emptyDir"`
		ConfigMap map[string]string `yaml:"configMap"`
	} `yaml:"volumes"`
}

// TestJob reads the documented job strictly and runs the image as it says, with a folder as Kubernetes lays out a config map.
func TestJob(t *testing.T) {
	var found []manifest
	decoder := yaml.NewDecoder(strings.NewReader(documented(t, "yaml")))
	decoder.KnownFields(true)
	for {
		var m manifest
		err := decoder.Decode(&m)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, m)
	}
	if len(found) != 2 || found[0].Kind != "ServiceAccount" || found[1].Kind != "Job" || found[0].APIVersion != "v1" || found[1].APIVersion != "batch/v1" {
		t.Fatalf("read %+v", found)
	}
	account, job := found[0], found[1].Spec.Template.Spec
	if account.Metadata.Annotations["eks.amazonaws.com/role-arn"] == "" || job.ServiceAccountName != account.Metadata.Name {
		t.Errorf("the job has no role: %+v", account)
	}
	if *found[1].Spec.BackoffLimit != 0 || job.RestartPolicy != "Never" {
		t.Error("a deployment that was refused would be tried again and again")
	}
	c, as := job.Containers[0], job.SecurityContext
	if !as.RunAsNonRoot || !c.SecurityContext.ReadOnlyRootFilesystem || *c.SecurityContext.AllowPrivilegeEscalation ||
		!slices.Equal(c.SecurityContext.Capabilities["drop"], []string{"ALL"}) || as.SeccompProfile["type"] != "RuntimeDefault" {
		t.Errorf("not locked down: %+v, %+v", as, c)
	}
	work, configs := job.Volumes[0], job.Volumes[1]
	if m := c.VolumeMounts[0]; m.Name != work.Name || m.MountPath != "/app" || m.ReadOnly || work.EmptyDir == nil {
		t.Errorf("the folder to work in: %+v is mounted by %+v", work, m)
	}
	if m := c.VolumeMounts[1]; m.Name != configs.Name || m.MountPath != "/app/configs" || !m.ReadOnly || configs.ConfigMap["name"] == "" {
		t.Errorf("the configs: %+v are mounted by %+v", configs, m)
	}
	mounts := []string{"--tmpfs", "/app:uid=0,gid=" + as.FSGroup + ",mode=2775", "-v", configMap(t) + ":/app/configs:ro"}
	deploys(t, as.RunAsUser+":"+as.RunAsGroup, strings.TrimSuffix(c.Resources["limits"]["memory"], "i"), mounts, c.Args)
}

// configMap is a folder of configs as the kubelet makes it: each file is a link to one in a folder that is a link itself.
func configMap(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	text, err := os.ReadFile(filepath.Join(repository(t), "examples", "configs", config))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(write(filepath.Join(dir, "..2026_11_23", config), text), os.Symlink("..2026_11_23", filepath.Join(dir, "..data")),
		os.Symlink(filepath.Join("..data", config), filepath.Join(dir, config)), os.Chmod(dir, 0o755), os.Chmod(filepath.Dir(dir), 0o755)); err != nil {
		t.Fatal(err)
	}
	return dir
}
