//go:build tools

package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestTerminal: a person at docker run -it gets a question, colours and progress in place; anything else gets plain lines.
func TestTerminal(t *testing.T) {
	const escape = "\x1b["
	dir := workdir(t)
	deploy := fmt.Sprintf("docker run --rm -it --network none --user %d:%d -v %s:/app %s -con %s -act create-security-groups --sandbox",
		os.Getuid(), os.Getgid(), dir, image(t), config)
	terminal := exec.CommandContext(t.Context(), "script", "-qec", deploy, "/dev/null")
	terminal.Stdin = strings.NewReader("y\n")
	out, err := terminal.CombinedOutput()
	if err != nil || !strings.Contains(string(out), escape) || !strings.Contains(string(out), "[y/N]") {
		t.Errorf("at a terminal: %v\n%s", err, out)
	}
	user := fmt.Sprintf("%d:%d", os.Getuid(), os.Getgid())
	for _, action := range []string{"show-scenario", "show-changes", "create-security-groups"} {
		r := runImage(t, []string{"--user", user, "-v", dir + ":/app"}, "-con", config, "-act", action, "--sandbox", "--force")
		if r.exit != 0 || strings.Contains(r.stdout+r.stderr, escape) {
			t.Errorf("%s into a pipe: exit %d\n%q\n%q", action, r.exit, r.stdout, r.stderr)
		}
	}
	r := runImage(t, []string{"--user", user, "-v", dir + ":/app"}, "-con", config, "-act", "delete-security-groups", "--sandbox", "--disable-termination-protection")
	if r.exit != 6 || !strings.Contains(r.stderr, "--force") {
		t.Errorf("nobody to ask: exit %d\n%s", r.exit, r.stderr)
	}
}

// TestHealth: the health of a server follows its folders.
func TestHealth(t *testing.T) {
	dir := workdir(t)
	templates := filepath.Join(dir, "templates")
	if err := os.Mkdir(templates, 0o700); err != nil {
		t.Fatal(err)
	}
	mode := func(mode os.FileMode) {
		t.Helper()
		if err := os.Chmod(templates, mode); err != nil {
			t.Fatal(err)
		}
	}
	mode(0o777)
	id := container(t, "--health-interval", "300ms", "--health-retries", "1", "--user", "4711:815", "-v", templates+":/app/templates", image(t),
		"sandbox", "serve", "--listen", "0.0.0.0:7424", "--allow-remote")
	events := healthEvents(t, id)
	docker(t, "start", id)
	await(t, events, "healthy")
	mode(0o700)
	await(t, events, "unhealthy")
	mode(0o777)
	await(t, events, "healthy")
}

// healthEvents are the changes of a container's health, for a minute.
func healthEvents(t *testing.T, id string) *bufio.Scanner {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	watch := exec.CommandContext(ctx, "docker", "events", "--since", "0", "--filter", "container="+id, "--filter", "event=health_status", "--format", "{{.Status}}")
	out, err := watch.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := watch.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		_ = watch.Wait() // it was ended
	})
	return bufio.NewScanner(out)
}

// await reads events until the health is the one that is wanted.
func await(t *testing.T, events *bufio.Scanner, want string) {
	t.Helper()
	for events.Scan() {
		if events.Text() == "health_status: "+want {
			return
		}
	}
	t.Fatalf("it never was %s", want)
}
