package fetch

import (
	"fmt"
	"strings"
	"testing"

	"techfacts.dev/techfacts/internal/fault"
)

func mustParse(tb testing.TB, raw string) URL {
	tb.Helper()
	u, err := ParseURL(raw)
	if err != nil {
		tb.Fatalf("ParseURL(%q): %v", raw, err)
	}
	return u
}

func TestURLsHaveOneCanonicalForm(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ raw, want string }{
		{"https://acme.example", "https://acme.example/"},
		{"  HTTPS://ACME.Example/Docs \n", "https://acme.example/Docs"},
		{"https://acme.example./docs", "https://acme.example/docs"},
		{"https://acme.example:443/", "https://acme.example/"},
		{"http://acme.example:80/", "http://acme.example/"},
		{"http://acme.example:443/", "http://acme.example:443/"},
		{"https://acme.example:8443/", "https://acme.example:8443/"},
		{"https://acme.example/#limits", "https://acme.example/"},
		{"https://acme.example/a #b", "https://acme.example/a%20"},
		{"https://acme.example/?", "https://acme.example/"},
		{"https://acme.example/?#", "https://acme.example/"},
		{"https://acme.example?a=1", "https://acme.example/?a=1"},
		{"https://acme.example/?b=2&a=1", "https://acme.example/?b=2&a=1"},
		{"https://acme.example/?utm_source=x&a=1&UTM_Medium=y&gclid=z", "https://acme.example/?a=1"},
		{"https://acme.example/?utm_source=x", "https://acme.example/"},
		{"https://acme.example/?utm=x&source=utm_source", "https://acme.example/?utm=x&source=utm_source"},
		{"https://acme.example/?q=a?b&c", "https://acme.example/?q=a?b&c"},
		{"https://acme.example/%2fa%c3%bc", "https://acme.example/%2Fa%C3%BC"},
		{"https://acme.example/?a=%2fb", "https://acme.example/?a=%2Fb"},
		{"https://acme.example/%41", "https://acme.example/%41"},
		{"https://acme.example/100%", "https://acme.example/100%"},
		{"https://acme.example/%zz%a", "https://acme.example/%zz%a"},
		{"https://acme.example/%2%3a", "https://acme.example/%2%3A"},
		{"https://acme.example/ü", "https://acme.example/%C3%BC"},
		{"https://acme.example/\xfc", "https://acme.example/%FC"},
		{"https://acme.example/a/../b/./c/%2e%2E/d", "https://acme.example/b/d"},
		{"https://acme.example//a//b", "https://acme.example//a//b"},
		{`https:\\acme.example\docs`, "https://acme.example/docs"},
		{"https:acme.example/docs", "https://acme.example/docs"},
		{"https:///acme.example/docs", "https://acme.example/docs"},
		{"ht\ntps://acme.ex\tample/do\rcs", "https://acme.example/docs"},
		{"https://bücher.example/", "https://xn--bcher-kva.example/"},
		{"https://ＡＣＭＥ.example/", "https://acme.example/"},
		{"https://acme。example/", "https://acme.example/"},
		{"https://acme%2Eexample/", "https://acme.example/"},
		{"https://@acme.example/", "https://acme.example/"},
		{"https://my_host.example/", "https://my_host.example/"},
	} {
		u, err := ParseURL(c.raw)
		if err != nil || u.String() != c.want {
			t.Errorf("ParseURL(%q) = %q, %v; want %q", c.raw, u, err, c.want)
			continue
		}
		if again, err := ParseURL(u.String()); err != nil || again != u {
			t.Errorf("ParseURL(%q) = %+v, %v; want %+v", u, again, err, u)
		}
	}
}

func TestDisguisedAddressesAreSeenThrough(t *testing.T) {
	t.Parallel()
	for _, host := range []string{
		"127.0.0.1", "0x7f.1", "2130706433", "①②⑦.⓪.⓪.①", "017700000001", "127.1", "127.0.1", "0x7F000001", "127.0.0.1.",
		"%31%32%37.0.0.1", "１２７.0.0.1", "127。0。0。1", "0x7f.0x0.0.0x1",
	} {
		if u := mustParse(t, "http://"+host+":8080/"); u.Domain() != "127.0.0.1:8080" {
			t.Errorf("%s is %s, want 127.0.0.1", host, u.Host())
		}
	}
	for _, host := range []string{"[::1]", "[0:0:0:0:0:0:0:1]", "[0000::0001]"} {
		if u := mustParse(t, "http://"+host+"/"); u.Host() != "[::1]" {
			t.Errorf("%s is %s, want [::1]", host, u.Host())
		}
	}
	if u := mustParse(t, "http://[::ffff:127.0.0.1]/"); u.Host() != "[::ffff:7f00:1]" {
		t.Errorf("a mapped address is %s", u.Host())
	}
}

func TestWhatIsNoPageIsRefused(t *testing.T) {
	t.Parallel()
	long := "https://acme.example/" + strings.Repeat("a", maxURL)
	for _, c := range []struct {
		raw  string
		want *fault.Error
	}{
		{"", errURLScheme},
		{"acme.example/docs", errURLScheme},
		{"//acme.example/docs", errURLScheme},
		{"/docs", errURLScheme},
		{"ftp://acme.example/", errURLScheme},
		{"file:///etc/passwd", errURLScheme},
		{"javascript:alert(1)", errURLScheme},
		{"data:text/html,hello", errURLScheme},
		{"mailto:a@acme.example", errURLScheme},
		{"gopher://acme.example/", errURLScheme},
		{"https://user@acme.example/", errURLUserinfo},
		{"https://user:secret@acme.example/", errURLUserinfo},
		{"https://:secret@acme.example/", errURLUserinfo},
		{`https://acme.example\@evil.example/`, nil},
		{"https://", errURLSyntax},
		{"https://./", errURLHost},
		{"https://a..example/", errURLHost},
		{"https://" + strings.Repeat("a", 64) + ".example/", errURLHost},
		{"https://" + strings.Repeat("a.", 127) + "example/", errURLHost},
		{"https://a{b}.example/", errURLHost},
		{"https://≠.example/", errURLHost},
		{"https://acme.example:65536/", errURLSyntax},
		{"https://acme.example:x/", errURLSyntax},
		{"https://[::1/", errURLSyntax},
		{"https://[::1%25eth0]/", errURLSyntax},
		{"https://1.2.3.4.5/", errURLSyntax},
		{"https://256.1.1.1/", errURLSyntax},
		{"https://ac me.example/", errURLSyntax},
		{"https://acme.example%00/", errURLSyntax},
		{long, errURLLong},
		{"https://acme.example/" + strings.Repeat("ü", 900), errURLLong},
		{"https://acme.example/#" + strings.Repeat("a", maxURL), nil},
	} {
		u, err := ParseURL(c.raw)
		switch {
		case c.want == nil && err != nil:
			t.Errorf("ParseURL(%.60q): %v", c.raw, err)
		case c.want != nil && (!fault.Is(err, fault.Invalid) || fault.Of(err).Message != c.want.Message):
			t.Errorf("ParseURL(%.60q) = %q, %v; want %v", c.raw, u, err, c.want)
		case c.want != nil && !u.IsZero():
			t.Errorf("ParseURL(%.60q) gives %q with its error", c.raw, u)
		}
	}
}

func TestURLTellsItsParts(t *testing.T) {
	t.Parallel()
	u := mustParse(t, "https://Acme.Example:8443/a/b?c=d#e")
	got := fmt.Sprint(u.Host(), " ", u.Domain(), " ", u.Path(), " ", u.Origin(), " ", u.Target())
	if want := "acme.example acme.example:8443 /a/b https://acme.example:8443 /a/b?c=d"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if u := mustParse(t, "https://acme.example:443"); u.Domain() != "acme.example" || u.Target() != "/" {
		t.Errorf("domain %q and target %q of %s", u.Domain(), u.Target(), u)
	}
	if !(URL{}).IsZero() || u.IsZero() {
		t.Error("only the zero URL is zero")
	}
}

func TestLinksAreResolvedAgainstTheirPage(t *testing.T) {
	t.Parallel()
	page := mustParse(t, "https://acme.example/docs/api/limits?v=2")
	for _, c := range []struct{ href, want string }{
		{"", "https://acme.example/docs/api/limits?v=2"},
		{"#top", "https://acme.example/docs/api/limits?v=2"},
		{"auth", "https://acme.example/docs/api/auth"},
		{"../pricing", "https://acme.example/docs/pricing"},
		{"../../../../up", "https://acme.example/up"},
		{"/", "https://acme.example/"},
		{"?v=3", "https://acme.example/docs/api/limits?v=3"},
		{"//other.example/x", "https://other.example/x"},
		{`\\other.example\x`, "https://other.example/x"},
		{"http://acme.example/x", "http://acme.example/x"},
		{"https:auth", "https://acme.example/docs/api/auth"},
		{"auth?utm_campaign=x", "https://acme.example/docs/api/auth"},
		{" auth ", "https://acme.example/docs/api/auth"},
	} {
		if got, err := page.Resolve(c.href); err != nil || got.String() != c.want {
			t.Errorf("Resolve(%q) = %q, %v; want %q", c.href, got, err, c.want)
		}
	}
	for _, href := range []string{"mailto:a@b.example", "javascript:void(0)", "tel:1", "//u:p@acme.example/", "data:,x", "//"} {
		if got, err := page.Resolve(href); !fault.Is(err, fault.Invalid) {
			t.Errorf("Resolve(%q) = %q, %v; want INVALID", href, got, err)
		}
	}
}

func TestServersAreAskedForExactlyTheURL(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{
		"http://a.example/", "http://a.example/a%2Fb", "http://a.example/100%", "http://a.example/%zz?%zz", "http://a.example//b/c",
		"http://a.example/a|b^c", "http://a.example/%41", "http://a.example/a;b,c=d@e:f!$&'()*+", "http://a.example/x?a=b|c&d='%22",
		"http://a.example/[x]", "http://a.example/\"q\"", "http://a.example/a%20b", "http://a.example/~u/%7Eu",
	} {
		u := mustParse(t, raw)
		if got := u.request().RequestURI(); got != u.Target() {
			t.Errorf("%s asks for %s, want %s", u, got, u.Target())
		}
	}
	// Only this form is left for it; servers must understand it.
	u := mustParse(t, "http://a.example//b%")
	if got, want := u.request().RequestURI(), "http://a.example//b%"; got != want {
		t.Errorf("%s asks for %s, want %s", u, got, want)
	}
}

func FuzzParseURL(f *testing.F) {
	for _, seed := range []string{
		"https://acme.example/docs?a=1#b", "http://0x7f.1/", "http://①②⑦.⓪.⓪.①", "http://[::ffff:127.0.0.1]:80/", "https://bücher.example/%2f",
		"https:\\\\a\\..\\b", "http://a/?utm_x=1&&b", "http://xn--a/", "http://a./%2%3a", "http://faß.example", "http://a\u00ad.example", "http://1e3", "http://-1/", "http://≠/",
	} {
		f.Add(seed, "../x?y")
	}
	f.Fuzz(func(t *testing.T, raw, href string) {
		u, err := ParseURL(raw)
		if err != nil {
			return
		}
		checkURL(t, u)
		if link, err := u.Resolve(href); err == nil {
			checkURL(t, link)
		}
	})
}

func checkURL(t *testing.T, u URL) {
	t.Helper()
	if again, err := ParseURL(u.String()); err != nil || again != u {
		t.Errorf("ParseURL(%q) = %q, %v", u, again, err)
	}
	if self, err := u.Resolve(""); err != nil || self != u {
		t.Errorf("%q resolves itself to %q, %v", u, self, err)
	}
	if u.Host() == "" || !strings.HasPrefix(u.Path(), "/") || len(u.String()) > maxURL {
		t.Errorf("%q has host %q and path %q", u, u.Host(), u.Path())
	}
	if got := u.request().RequestURI(); got != u.Target() && got != u.Origin()+u.Target() {
		t.Errorf("%q asks for %q", u, got)
	}
}

func BenchmarkParseURL(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseURL("https://docs.acme.example/guides/rate-limits/per-endpoint?version=2&utm_source=mail#burst"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkResolve(b *testing.B) {
	page := mustParse(b, "https://docs.acme.example/guides/rate-limits/per-endpoint")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := page.Resolve("../authentication/oauth?version=2#scopes"); err != nil {
			b.Fatal(err)
		}
	}
}

func ExampleParseURL() {
	u, err := ParseURL("HTTPS://Acme.Example:443/docs/../pricing?utm_source=mail#enterprise")
	fmt.Println(u, err)
	// Output: https://acme.example/pricing <nil>
}
