package fetch

import "testing"

// checkPlain holds the short ways to the parser.
func checkPlain(t *testing.T, base, ref string) {
	t.Helper()
	if u, ok := plainURL(ref); ok {
		if want, err := resolve("", ref); err != nil || u != want {
			t.Errorf("%q is %+v, want %+v (%v)", ref, u, want, err)
		}
	}
	at, err := resolve("", base)
	if err != nil {
		return
	}
	if u, ok := at.plainLink(ref); ok {
		if want, err := resolve(at.String(), ref); err != nil || u != want {
			t.Errorf("%q on %q is %+v, want %+v (%v)", ref, base, u, want, err)
		}
	}
}

func TestPlainURLsAreReadAsTheParserReadsThem(t *testing.T) {
	t.Parallel()
	bases := []string{
		"https://acme.example/", "http://acme.example:8080/docs/a.html?q=1", "http://127.0.0.1:4711/a/b/c", "https://[2001:db8::1]/x", "https://acme.example//a//b",
	}
	refs := []string{
		"", "#a", "b.html", "b.html#c", "b/c", "/", "/b", "//other.example/b", "///b", "a//b", "./b", "../b", "b/../c", "b/.", "b/..c", ".b", "...", "b:c", "C|/x", "b?c", "b%20c",
		" b ", "b c", "\tb", "b\n", "~b", "b\\c", "é", "mailto:x", "https:b", "b#c d", "b #c", "b/ ",
		"https://acme.example/b", "http://acme.example/b", "http://acme.example", "https://acme.example:443/b", "https://acme.example:0443/b", "https://acme.example:444/b", "http://acme.example:80/b",
		"http://acme.example:443/b", "https://acme.example:/b", "https://acme.example:+1/b", "https://acme.example:65536/b", "https://acme.example:65535/b", "https://1.2.3.4/b", "https://01.2.3.4/b",
		"https://1.2.3/b", "https://1.2.3.4.5/b", "https://256.2.3.4/b", "https://a.0x1/b", "https://a.1/b", "https://1a/b", "https://a.1b/b", "https://xn--a/b", "https://a--b.example/b", "https://-a.example/b",
		"https://a_b.example/b", "https://a..b/b", "https://a./b", "https://A.example/b", "https://u@a.example/b", "https://a.example/./b", "https://a.example/b/", "https://a.example//b",
	}
	plain := 0
	for _, base := range bases {
		for _, ref := range refs {
			checkPlain(t, base, ref)
			if _, ok := plainURL(ref); ok {
				plain++
			}
		}
	}
	if plain < 10*len(bases) {
		t.Errorf("only %d URLs were plain", plain/len(bases))
	}
}

func FuzzPlainURL(f *testing.F) {
	for _, ref := range []string{"b.html#c", "/a/b", "https://acme.example/b", "http://127.0.0.1:80/", "../b", "https://a.0x1/b"} {
		f.Add("https://acme.example/docs/a?b=c", ref)
	}
	f.Fuzz(checkPlain)
}
