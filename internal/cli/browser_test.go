//go:build tools

package cli_test

import (
	"context"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// browser is a headless Chromium.
type browser struct{ ctx context.Context }

// newBrowser starts a Chromium, and fails the test where there is none.
func newBrowser(t *testing.T) browser {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), 5*time.Minute)
	t.Cleanup(stop)
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.NoSandbox, // the tests may run as root, in a container
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("hide-scrollbars", true), chromedp.UserDataDir(t.TempDir()))
	ctx, stop = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(stop)
	ctx, stop = chromedp.NewContext(ctx)
	t.Cleanup(stop)
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		t.Fatalf("start Chromium: %v", err)
	}
	return browser{ctx}
}

// look is how a page is looked at.
type look struct {
	width, height int64
	scheme        string // light or dark
	withoutScript bool
}

var desktop = look{width: 1280, height: 900, scheme: "light"}

// tab is an open page, with what it complained of and asked the network for.
type tab struct {
	ctx  context.Context
	name string

	mu       sync.Mutex
	problems []string
}

// open opens a file in a tab of its own.
func (b browser) open(t *testing.T, file string, how look) *tab {
	t.Helper()
	absolute, err := filepath.Abs(file)
	if err != nil {
		t.Fatal(err)
	}
	address := (&url.URL{Scheme: "file", Path: filepath.ToSlash(absolute)}).String()
	p := &tab{name: filepath.Base(file)}
	ctx, stop := chromedp.NewContext(b.ctx, chromedp.WithListener(func(event any) { p.hear(event, address) }))
	t.Cleanup(stop)
	p.ctx = ctx
	p.do(t, chromedp.EmulateViewport(how.width, how.height))
	call(t, p, network.Enable, network.EnableParams{})
	call(t, p, log.Enable, cdp.Empty{})
	call(t, p, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	call(t, p, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: how.withoutScript})
	call(t, p, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: how.scheme}},
	})
	p.do(t, chromedp.Navigate(address))
	return p
}

// hear collects what no report may do.
func (p *tab) hear(event any, address string) {
	complain := func(format string, args ...any) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.problems = append(p.problems, fmt.Sprintf(format, args...))
	}
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		if before, _, _ := strings.Cut(e.Request.URL, "#"); before != address {
			complain("it asks for %s", e.Request.URL)
		}
	case *log.EventEntryAdded:
		complain("%s: %s", e.Entry.Level, e.Entry.Text)
	case *runtime.EventExceptionThrown:
		complain("exception: %s", e.ExceptionDetails.Text)
	case *runtime.EventConsoleAPICalled:
		complain("it writes to the console: %s", e.Type)
	}
}

func (p *tab) do(t *testing.T, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(p.ctx, steps...); err != nil {
		t.Fatalf("%s: %v", p.name, err)
	}
}

func call[P, R any](t *testing.T, p *tab, command cdp.Command[P, R], params P) {
	t.Helper()
	if _, err := chromedp.Call(p.ctx, command, params); err != nil {
		t.Fatalf("%s: %v", p.name, err)
	}
}

// ask evaluates an expression in the page.
func ask[T any](t *testing.T, p *tab, expression string) T {
	t.Helper()
	answer, err := chromedp.Run(p.ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		t.Fatalf("%s: %s: %v", p.name, expression, err)
	}
	return answer
}

// wantQuiet fails the test if the page complained of anything, or asked for anything.
func (p *tab) wantQuiet(t *testing.T) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, problem := range p.problems {
		t.Errorf("%s: %s", p.name, problem)
	}
}
