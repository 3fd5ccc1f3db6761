//go:build tools

package main

import (
	"archive/tar"
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const (
	sizeLimit = 30 << 20 // bytes, of the image
	config    = "globalbank-prod.yaml"
)

// prefix is of all that these tests make in Docker, and of no other run's.
var prefix = "sg-provisioner-test-" + strings.ToLower(rand.Text()[:8])

var made struct { // images, to remove: the last one first, as later ones may be built from those before
	sync.Mutex
	names []string
}

func remember(name string) string {
	made.Lock()
	defer made.Unlock()
	made.names = append(made.names, name)
	return name
}

func TestMain(m *testing.M) {
	code := m.Run()
	for _, name := range slices.Backward(made.names) {
		if out, err := exec.Command("docker", "rmi", "-f", name).CombinedOutput(); err != nil { //nolint:noctx // the tests are over
			fmt.Printf("remove image %s: %v: %s", name, err, out) //nolint:forbidigo // there is no test to log to any more
			code = 1
		}
	}
	os.Exit(code)
}

// repository is the root of the module.
func repository(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// localImage builds the image from a binary of this machine, once.
var localImage = sync.OnceValues(func() (string, error) {
	name := remember(prefix + ":local")
	folder, err := os.MkdirTemp("", prefix)
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	root, err := filepath.Abs("../..")
	if err != nil {
		return "", err
	}
	for _, step := range []*exec.Cmd{
		exec.Command("go", "run", "./internal/release", "-version", "0.0.1-test", "-image", filepath.Join(folder, "rootfs")),
		exec.Command("cp", "Dockerfile", "LICENSE.txt", folder),
		exec.Command("docker", "build", "-q", "--target", "local", "--build-arg", "SYSTEM_TREE=rootfs/system", "--build-arg", "USER_TREE=rootfs/user",
			"--build-arg", "VERSION=0.0.1-test", "--build-arg", "REVISION=abc", "--build-arg", "CREATED=2026-11-23T12:00:00Z", "-t", name, folder),
	} {
		step.Dir = root
		step.Env = append(os.Environ(), "DOCKER_BUILDKIT=0")
		if out, err := step.CombinedOutput(); err != nil {
			return "", fmt.Errorf("%v: %w: %s", step.Args, err, out)
		}
	}
	return name, nil
})

func image(t *testing.T) string {
	t.Helper()
	name, err := localImage()
	if err != nil {
		t.Fatal(err)
	}
	return name
}

// result is what a command ended with.
type result struct {
	exit           int
	stdout, stderr string
}

func command(t *testing.T, dir string, env []string, args ...string) result {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), args[0], args[1:]...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		if _, ok := errors.AsType[*exec.ExitError](err); !ok {
			t.Fatal(err)
		}
	}
	return result{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// docker runs a command of Docker, which must succeed, and returns what it prints.
func docker(t *testing.T, args ...string) string {
	t.Helper()
	r := command(t, "", nil, append([]string{"docker"}, args...)...)
	if r.exit != 0 {
		t.Fatalf("docker %s: exit %d\n%s%s", strings.Join(args, " "), r.exit, r.stdout, r.stderr)
	}
	return strings.TrimSpace(r.stdout)
}

// container makes a container that is removed with the test. args begin with options of docker run.
func container(t *testing.T, args ...string) string {
	t.Helper()
	id := docker(t, append([]string{"create"}, args...)...)
	t.Cleanup(func() {
		if out, err := exec.Command("docker", "rm", "-f", "-v", id).CombinedOutput(); err != nil { //nolint:noctx // the test is over
			t.Errorf("remove container: %v: %s", err, out)
		}
	})
	return id
}

// runImage runs the image to its end, with options of docker run and arguments of the program.
func runImage(t *testing.T, options []string, args ...string) result {
	t.Helper()
	id := container(t, append(append(options, image(t)), args...)...)
	return command(t, "", nil, "docker", "start", "-a", id)
}

// workdir is a folder to mount, with the example configs, which everybody may write to.
func workdir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "configs"), os.DirFS(filepath.Join(repository(t), "examples", "configs"))); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{dir, filepath.Dir(dir)} { // t.TempDir makes both, for the test's user alone
		if err := os.Chmod(path, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

var hardened = []string{"--read-only", "--cap-drop", "ALL", "--network", "none", "--security-opt", "no-new-privileges"}

// TestImageContents: nothing but what the documentation names is in the image.
func TestImageContents(t *testing.T) {
	var size int64
	var list []string
	id := container(t, image(t))
	export := exec.CommandContext(t.Context(), "docker", "export", id)
	stream, err := export.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := export.Start(); err != nil {
		t.Fatal(err)
	}
	var executables []string
	for r := tar.NewReader(stream); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		size += h.Size
		list = append(list, fmt.Sprintf("%s %d:%d %9d %s", h.FileInfo().Mode(), h.Uid, h.Gid, h.Size, h.Name))
		if h.Typeflag == tar.TypeReg && h.Mode&0o111 != 0 && h.Size > 0 { // Docker puts empty ones beside them to mount on
			executables = append(executables, h.Name)
		}
		if h.Mode&0o6000 != 0 {
			t.Errorf("%s changes the user", h.Name)
		}
	}
	if err := export.Wait(); err != nil {
		t.Fatal(err)
	}
	t.Logf("the image has %.1f MB in %d files:\n%s", float64(size)/1e6, len(list), strings.Join(list, "\n"))
	if want := []string{"usr/local/bin/sg-provisioner"}; !slices.Equal(executables, want) {
		t.Errorf("executables: %v", executables)
	}
	if size > sizeLimit {
		t.Errorf("%d bytes, the limit is %d", size, sizeLimit)
	}
	text := strings.Join(list, "\n")
	for _, want := range []string{"app/configs/", "app/scenarios/", "app/templates/", "app/policies/", "app/reports/", "home/sguser/",
		"etc/passwd", "etc/ssl/certs/ca-certificates.crt", "doc/sg-provisioner/sbom.cdx.json", "doc/sg-provisioner/docs/container.md",
		"licenses/std/LICENSE", "licenses/github.com/spf13/cobra/LICENSE.txt"} {
		if !strings.Contains(text, want) {
			t.Errorf("the image has no %s", want)
		}
	}
}

// TestImageConfiguration is the contract of the image.
func TestImageConfiguration(t *testing.T) {
	var got struct {
		User, WorkingDir, StopSignal string
		Env, Entrypoint, Cmd         []string
		ExposedPorts, Volumes        map[string]any
		Healthcheck                  struct{ Test []string }
		Labels                       map[string]string
	}
	if err := json.Unmarshal([]byte(docker(t, "inspect", "--format", "{{json .Config}}", image(t))), &got); err != nil {
		t.Fatal(err)
	}
	slices.Sort(got.Env)
	want := got
	want.User, want.WorkingDir, want.StopSignal = "1000:1000", "/app", ""
	want.Env = []string{"HOME=/home/sguser", "PATH=/usr/local/bin"}
	want.Entrypoint, want.Cmd = []string{"/usr/local/bin/sg-provisioner"}, nil
	want.ExposedPorts, want.Volumes = nil, nil
	want.Healthcheck.Test = []string{"CMD", "/usr/local/bin/sg-provisioner", "version", "--check"}
	want.Labels = map[string]string{}
	for name, value := range map[string]string{
		"title": "SG Provisioner", "description": "AWS security groups from a scenario and a small config: checked, deployed and verified",
		"version": "0.0.1-test", "revision": "abc", "created": "2026-11-23T12:00:00Z", "source": "", "licenses": "LicenseRef-SG-Provisioner",
	} {
		want.Labels["org.opencontainers.image."+name] = value
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("configuration (-want +got):\n%s", diff)
	}
	begun := time.Now()
	if r := runImage(t, nil, "version"); r.exit != 0 || !strings.Contains(r.stdout, "sg-provisioner 0.0.1-test (linux/") {
		t.Errorf("version: %+v", r)
	}
	t.Logf("a container has started, said its version and ended after %d ms", time.Since(begun).Milliseconds())
}

// TestAnyUser does the main job in the sandbox, with all that Docker can take away taken away.
func TestAnyUser(t *testing.T) {
	for _, user := range []string{"", "1000:1000", "0:0", "4711:815", "1000:0"} {
		t.Run("user "+user, func(t *testing.T) {
			dir := workdir(t)
			options := append(slices.Clone(hardened), "-v", dir+":/app", "-v", dir+"/configs:/app/configs:ro")
			if user != "" {
				options = append(options, "--user", user)
			}
			r := runImage(t, options, "-con", config, "-act", "create-security-groups", "--sandbox", "--force", "-o", "json")
			var doc struct {
				Outcome string
				Groups  []struct{ ID string } `json:"security_groups"`
			}
			if err := json.Unmarshal([]byte(r.stdout), &doc); err != nil || r.exit != 0 || doc.Outcome != "created" || len(doc.Groups) != 3 {
				t.Fatalf("%v, exit %d: %s%s", err, r.exit, r.stdout, r.stderr)
			}
			if r := runImage(t, options, "version", "--check"); r.exit != 0 {
				t.Errorf("health: %s%s", r.stdout, r.stderr)
			}
			for _, args := range [][]string{
				{"-con", config, "-act", "validate-config"}, {"-con", config, "-act", "create-template"},
				{"-con", config, "-act", "delete-security-groups", "--sandbox", "--force", "--disable-termination-protection"},
			} {
				if r := runImage(t, options, args...); r.exit != 0 {
					t.Errorf("%v: exit %d\n%s%s", args, r.exit, r.stdout, r.stderr)
				}
			}
		})
	}
}

// TestNothingIsWrittenElsewhere: all of a deployment's traces are in the mounted folder.
func TestNothingIsWrittenElsewhere(t *testing.T) {
	dir := workdir(t)
	id := container(t, "-v", dir+":/app", image(t), "-con", config, "-act", "create-security-groups", "--sandbox", "--force")
	if r := command(t, "", nil, "docker", "start", "-a", id); r.exit != 0 {
		t.Fatalf("exit %d\n%s%s", r.exit, r.stdout, r.stderr)
	}
	if diff := docker(t, "diff", id); diff != "" {
		t.Errorf("written in the container:\n%s", diff)
	}
	logs, err := filepath.Glob(filepath.Join(dir, "reports", "*.log"))
	if err != nil || len(logs) != 1 {
		t.Fatalf("logs %v, %v", logs, err)
	}
	if info, err := os.Stat(logs[0]); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the log: %v, %v", info.Mode(), err)
	}
}

// TestUnusableMounts: what the container's user may not touch is said with the way out; what nobody asks for is no error.
func TestUnusableMounts(t *testing.T) {
	closed := func(t *testing.T, name string) (dir string, options []string) {
		t.Helper()
		dir = workdir(t)
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(path, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, 0o700); err != nil {
			t.Fatal(err)
		}
		if name != "configs" {
			options = []string{"-v", dir + "/configs:/app/configs:ro"}
		}
		return dir, append(options, "-v", path+":/app/"+name)
	}
	for name, tc := range map[string]struct {
		folder string
		args   []string
		exit   int
	}{
		"configs can't be read":      {"configs", []string{"-con", config, "-act", "validate-config"}, 3},
		"scenarios can't be read":    {"scenarios", []string{"-con", config, "-act", "list-scenarios"}, 3},
		"templates can't be written": {"templates", []string{"-con", config, "-act", "create-template"}, 1},
		"policies can't be written":  {"policies", []string{"-con", config, "-act", "create-policy"}, 1},
		"reports can't be written":   {"reports", []string{"-con", config, "-act", "create-review-report"}, 1},
		"the log can't be written":   {"reports", []string{"-con", config, "-act", "create-security-groups", "--sandbox", "--force"}, 1},
		"the sandbox can't be used":  {".sandbox", []string{"-con", config, "-act", "create-security-groups", "--sandbox", "--force"}, 1},
		"the health check says it":   {"templates", []string{"version", "--check"}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			_, options := closed(t, tc.folder)
			r := runImage(t, options, tc.args...)
			if r.exit != tc.exit || !strings.Contains(r.stderr+r.stdout, "--user") || !strings.Contains(r.stderr+r.stdout, "permission denied") {
				t.Errorf("exit %d\n%s%s", r.exit, r.stdout, r.stderr)
			}
		})
	}
	t.Run("a read-only root", func(t *testing.T) {
		options := append(slices.Clone(hardened), "-v", workdir(t)+"/configs:/app/configs:ro")
		for _, args := range [][]string{{"-con", config, "-act", "validate-config"}, {"-con", config, "-act", "show-scenario"}, {"version", "--check"}} {
			if r := runImage(t, options, args...); r.exit != 0 {
				t.Errorf("%v: exit %d\n%s%s", args, r.exit, r.stdout, r.stderr)
			}
		}
		r := runImage(t, options, "-con", config, "-act", "create-template")
		if r.exit != 1 || !strings.Contains(r.stderr, "read-only file system") || !strings.Contains(r.stderr, "mount the folder") {
			t.Errorf("exit %d\n%s%s", r.exit, r.stdout, r.stderr)
		}
	})
}

// follow reads the logs of a container until a line matches.
func follow(t *testing.T, id, pattern string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	logs := exec.CommandContext(ctx, "docker", "logs", "-f", id)
	out, err := logs.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	logs.Stderr = logs.Stdout
	if err := logs.Start(); err != nil {
		t.Fatal(err)
	}
	var seen strings.Builder
	for lines := bufio.NewScanner(out); lines.Scan(); {
		fmt.Fprintln(&seen, lines.Text())
		if regexp.MustCompile(pattern).MatchString(lines.Text()) {
			cancel()
			_ = logs.Wait() // it was ended
			return
		}
	}
	t.Fatalf("%s never came: %v\n%s", pattern, logs.Wait(), seen.String())
}

// TestSIGTERM: docker stop ends an action and a server in order, long before Docker would kill them.
func TestSIGTERM(t *testing.T) {
	exitCode := func(id string) int {
		code, err := strconv.Atoi(docker(t, "inspect", "--format", "{{.State.ExitCode}}", id))
		if err != nil {
			t.Fatal(err)
		}
		return code
	}
	t.Run("a deployment", func(t *testing.T) {
		dir := workdir(t)
		options := []string{"-v", dir + ":/app"}
		args := []string{"-con", config, "-act", "create-security-groups", "--sandbox", "--force"}
		id := container(t, append(append(options, "-e", "SG_SANDBOX_LATENCY=5s", image(t)), args...)...)
		docker(t, "start", id)
		follow(t, id, "CREATE_IN_PROGRESS|in progress|creating")
		docker(t, "stop", "-t", "30", id)
		if code := exitCode(id); code != 130 {
			t.Errorf("exit code %d", code)
		}
		if said := command(t, "", nil, "docker", "logs", id); !strings.Contains(said.stderr, "the same command") {
			t.Errorf("it didn't say how to go on:\n%s%s", said.stdout, said.stderr)
		}
		if r := runImage(t, options, args...); r.exit != 0 { // which resumes
			t.Errorf("going on: exit %d\n%s%s", r.exit, r.stdout, r.stderr)
		}
	})
	t.Run("a sandbox", func(t *testing.T) {
		id := container(t, image(t), "sandbox", "serve", "--listen", "0.0.0.0:7424", "--allow-remote")
		docker(t, "start", id)
		follow(t, id, "http://127.0.0.1:7424")
		docker(t, "stop", "-t", "30", id)
		if code := exitCode(id); code != 0 {
			t.Errorf("exit code %d: %+v", code, command(t, "", nil, "docker", "logs", id))
		}
	})
}

// TestDocumentedCommands runs every command of docs/container.md that isn't a build, word for word, in its order and in one
// folder. Where a command means the real AWS, the AWS configuration of this user leads it to a sandbox beside.
func TestDocumentedCommands(t *testing.T) {
	document, err := os.ReadFile(filepath.Join(repository(t), "docs", "container.md"))
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(string(document), -1)
	runs := 0
	for _, block := range blocks {
		runs += strings.Count(block[1], "docker run ")
	}
	if len(blocks) < 8 || runs != strings.Count(string(document), "docker run ") {
		t.Fatalf("%d blocks with %d of %d docker run", len(blocks), runs, strings.Count(string(document), "docker run "))
	}
	dir := workdir(t)
	env := awsSandbox(t, dir)
	maps.Copy(env, map[string]string{"IMAGE": image(t), "NAME": prefix + "-doc"})
	t.Cleanup(func() { // where a block has failed in its middle
		script := "docker rm -f $NAME; docker network rm $NAME"
		_ = exec.Command("env", append(list(env), "sh", "-c", script)...).Run() //nolint:noctx // the test is over
	})
	for _, block := range blocks {
		script := block[1]
		first, _, _ := strings.Cut(script, "\n")
		t.Run(strings.TrimRight(first, ` \`), func(t *testing.T) {
			shell := []string{"bash", "-euo", "pipefail", "-c", script}
			if strings.Contains(script, " -it ") {
				shell = []string{"script", "-qec", "bash -euo pipefail -c " + quote(script), "/dev/null"}
			}
			cmd := exec.CommandContext(t.Context(), shell[0], shell[1:]...)
			cmd.Dir, cmd.Env = dir, append(os.Environ(), list(env)...)
			cmd.Stdin = strings.NewReader("y\n")
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s\n%s", err, script, out)
			}
		})
	}
}

func list(env map[string]string) []string {
	var out []string
	for name, value := range env {
		out = append(out, name+"="+value)
	}
	return out
}

func quote(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

// awsSandbox serves a sandbox in a container that plays the real AWS, and makes the environment and the AWS configuration of
// a user who works with it.
func awsSandbox(t *testing.T, dir string) map[string]string {
	t.Helper()
	id := container(t, "-v", dir+"/configs:/app/configs:ro", image(t), "sandbox", "serve", "--listen", "0.0.0.0:7424", "--allow-remote")
	docker(t, "start", id)
	follow(t, id, "http://127.0.0.1:7424")
	docker(t, "exec", id, "sg-provisioner", "-con", config, "-act", "create-security-groups", "--sandbox", "--dry-run") // makes the VPC
	url := "http://" + docker(t, "inspect", "--format", "{{.NetworkSettings.IPAddress}}", id) + ":7424"
	home := filepath.Join(dir, "home")
	files := map[string]string{
		".aws/config":      "[profile bank]\nregion = us-west-2\nendpoint_url = " + url + "\n",
		".aws/credentials": "[bank]\naws_access_key_id = 123456789012\naws_secret_access_key = any\n",
		"token":            "e30.eyJpc3MiOiJodHRwczovL2V4YW1wbGUuY29tIiwic3ViIjoiY2kifQ.c2ln", // {"iss":"https://example.com","sub":"ci"}
	}
	for name, text := range files {
		if err := write(filepath.Join(home, name), []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	return map[string]string{
		"HOME": home, "AWS_PROFILE": "bank", "AWS_ENDPOINT_URL": url, "AWS_ENDPOINT_URL_STS": url, "AWS_REGION": "us-west-2",
		"AWS_ACCESS_KEY_ID": "123456789012", "AWS_SECRET_ACCESS_KEY": "any",
		"AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/deployer", "TOKEN_FILE": filepath.Join(home, "token"),
	}
}
