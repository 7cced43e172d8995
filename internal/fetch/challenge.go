package fetch

import (
	"bytes"
	"io"
	"net/http"
	"strings"
)

// maxChallenge is how much of a page is looked at for the signs of a challenge.
const maxChallenge = 64 << 10

// challenged reports whether resp, which is no page, is a challenge: its server
// shows the page to whoever runs the scripts of this one first.
func challenged(resp *http.Response) bool {
	if resp.StatusCode != http.StatusForbidden && resp.StatusCode != http.StatusServiceUnavailable {
		return false
	}
	if strings.EqualFold(resp.Header.Get("Cf-Mitigated"), "challenge") {
		return true
	}
	if mediaType(resp.Header.Get("Content-Type")) != "text/html" {
		return false
	}
	body, _, err := decoded(resp, maxChallenge)
	if err != nil {
		return false
	}
	start, _ := io.ReadAll(io.LimitReader(body, maxChallenge)) // as far as it can be read
	_, rest, _ := bytes.Cut(bytes.ToLower(start), []byte("<title>"))
	title, _, found := bytes.Cut(rest, []byte("</title>"))
	if !found {
		return false
	}
	switch string(bytes.TrimSpace(title)) {
	case "just a moment...", "ddos-guard": // Cloudflare, DDoS-Guard
		return true
	}
	return false
}
