// Package chromium runs headless Chromiums that have no network of their own: their
// proxy leads nowhere and no name has an address. A process has none of our
// environment and dies with us; what one leaves behind because we were killed is
// cleared away when the next one starts. It also prints pages with them.
package chromium
