package report

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"time"
)

//go:embed assets/style.css
var style []byte

//go:embed assets/enhance.js
var script []byte

// Stamp is what a report says of itself: when it was written, and by which version of the tool.
type Stamp struct {
	Time    time.Time
	Version string
}

// page is a page before its frame is around it.
type page struct {
	title string
	meta  *Meta  // nil: it is no report
	style string // further style rules, made of nothing that a user wrote
	body  parts  // header and main
}

// write writes the page as a file that is complete in itself.
func (p page) write(stamp Stamp) ([]byte, error) {
	said, err := p.meta.encode()
	if err != nil {
		return nil, err
	}
	css := verbatim("\n" + string(style) + p.style)
	js := verbatim("\n" + string(script))
	head := h("head", text("\n"),
		h("meta", at("charset", "utf-8")),
		when(p.meta != nil, h("meta", at("name", metaName), at("content", said))),
		h("meta", at("http-equiv", "Content-Security-Policy"), at("content", policy(css, js))),
		h("meta", at("name", "viewport"), at("content", "width=device-width, initial-scale=1")),
		h("meta", at("name", "referrer"), at("content", "no-referrer")),
		h("title", text(p.title)),
		h("style", css),
	)
	written := fmt.Sprintf("Written by SG Provisioner %s on %s. This file is complete in itself: it asks nothing of any network.",
		stamp.Version, stamp.Time.UTC().Format("2 January 2006 at 15:04 UTC"))
	body := h("body",
		h("a", class("skip"), at("href", "#main"), text("Skip to the content")),
		h("div", class("wrap"), p.body, h("footer", h("p", text(written)))),
		h("script", js),
	)
	var out bytes.Buffer
	out.WriteString("<!doctype html>\n")
	h("html", at("lang", "en"), text("\n"), head, body).write(&out)
	out.WriteByte('\n')
	return out.Bytes(), nil
}

// policy forbids a page everything but its own style and script, which it knows by their hashes: should a text ever be taken
// for markup, it still loads, runs, sends and frames nothing.
func policy(style, script verbatim) string {
	return fmt.Sprintf("default-src 'none'; style-src '%s'; script-src '%s'; base-uri 'none'; form-action 'none'", hashOf(style), hashOf(script))
}

func hashOf(source verbatim) string {
	sum := sha256.Sum256(source)
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}
