package fetch

import "testing"

func TestPatternsAreWhatEndlessURLsHaveInCommon(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/docs/limits":                   "",
		"/docs/v2/limits":                "/docs/v#/limits",
		"/calendar/2026/3":               "/calendar/#/#",
		"/events/2026-03-01.html":        "/events/#-#-#.html",
		"/s/a1b2c3d4e5f60718/doc":        "/s/*/doc",
		"/list?color=red&size=3":         "/list?color&size&",
		"/x;jsessionid":                  "",
		"/authentication-and-rate-limit": "",
	} {
		got := mustParse(t, "https://acme.example"+path).Pattern()
		if want != "" {
			want = "https://acme.example" + want
		}
		if got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
		if Dated(got) != (path == "/calendar/2026/3") {
			t.Errorf("%s: dated is %v", path, Dated(got))
		}
	}
	if mustParse(t, "https://a.example/list?month=3").Pattern() != mustParse(t, "https://a.example/list?month=4").Pattern() || !Dated("/list?month&") {
		t.Error("months of a list are told apart")
	}
}
