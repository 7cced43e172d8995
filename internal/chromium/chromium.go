package chromium

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

// patience is how long a process may take to be there.
const patience = 30 * time.Second

// Find gives the path of the Chromium that is meant by path: that one, or the one
// in PATH if it is empty; "" if there is none.
func Find(path string) string {
	names := []string{"chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome", "headless-shell"}
	if path != "" {
		names = []string{path}
	}
	for _, name := range names {
		if found, err := exec.LookPath(name); err == nil {
			return found
		}
	}
	return ""
}

// Nothing listens there: a Chromium that uses it for everything has no network.
const (
	nowhere    = "http://127.0.0.1:9"
	bypassNone = "<-loopback>"
)

// Start starts the Chromium at path, which calls itself by the User-Agent. It lives
// on after ctx, until stop is called, which waits until it is gone. What is given
// back is for [Tab] and ends when the process does.
func Start(ctx context.Context, path, userAgent string) (running context.Context, stop func(), err error) {
	p, err := newProfile()
	if err != nil {
		return nil, nil, fmt.Errorf("start the browser: %w", err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.UserDataDir(p.data()),
		chromedp.UserAgent(userAgent),
		chromedp.ProxyServer(nowhere),
		chromedp.Flag("proxy-bypass-list", bypassNone),
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND"),
		chromedp.Flag("force-webrtc-ip-handling-policy", "disable_non_proxied_udp"),
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-gpu", true),
		chromedp.Flag("mute-audio", true),
		chromedp.Flag("js-flags", "--max-old-space-size=256"),
		// It has no use for our secrets.
		chromedp.NoInheritEnv,
		chromedp.Env("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME="+os.TempDir(), "LANG=C.UTF-8", "TZ=UTC"),
	)
	allocator, end := chromedp.NewExecAllocator(context.WithoutCancel(ctx), options...)
	own, kill := chromedp.NewContext(allocator, chromedp.WithErrorf(func(string, ...any) {})) // events that chromedp does not know
	stop = sync.OnceFunc(func() { kill(); end(); p.remove() })
	late := time.AfterFunc(patience, func() { go stop() })
	defer late.Stop()
	defer context.AfterFunc(ctx, func() { go stop() })()
	_, err = chromedp.CallBrowser(own, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{Behavior: browser.SetDownloadBehaviorBehaviorDeny})
	if err != nil || ctx.Err() != nil {
		stop()
		return nil, nil, fmt.Errorf("start the browser: %w", cmp.Or(context.Cause(ctx), err))
	}
	return own, stop, nil
}

// Tab opens a tab in a browser context of its own, without what others have left
// behind, until it is closed.
func Tab(running context.Context) (tab context.Context, closeTab func()) {
	return chromedp.NewContext(running, chromedp.WithNewBrowserContext(func(p *target.CreateBrowserContextParams) {
		p.ProxyServer, p.ProxyBypassList = nowhere, bypassNone
	}))
}
