package server

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

// hostile are bodies that would cost much more than they are long, and how they
// are refused.
func hostile() map[string]hostileBody {
	return map[string]hostileBody{
		"2^26 spreads by chained fragments": {params(doubling(26, "...f%[2]d ...f%[2]d"), nil), 400, "fields in one selection set"},
		"10,000 repeated fields":            {params("{hello "+strings.Repeat("hello ", 10_000)+"}", nil), 400, "token limit"},
		"200 aliases":                       {params("{item"+id+"{"+numbered(200, "a%d:name")+"}}", nil), 400, "aliases"},
		"100 kB of nested fields":           {params(strings.Repeat("{item", 20_000)+strings.Repeat("}", 20_000), nil), 400, "token limit"},
		"100 kB of nested lists":            {params("{echo(in:"+strings.Repeat("[", 50_000)+strings.Repeat("]", 50_000)+")}", nil), 400, "token limit"},
		"100 kB of nested variables":        {`{"query":"{hello}","variables":{"a":` + strings.Repeat("[", 50_000) + strings.Repeat("]", 50_000) + `}}`, 400, "JSON"},
		"100 kB of nested extensions":       {`{"query":"{hello}","extensions":` + strings.Repeat(`{"a":`, 20_000) + "1" + strings.Repeat("}", 20_000) + `}`, 400, "JSON"},
		"200 kB of one name":                {params("{"+strings.Repeat("x", 200_000)+"}", nil), 400, "too long a name"},
		"200 kB of comment":                 {params("{nothing} #"+strings.Repeat("x", 200_000), nil), 400, "Cannot query field"},
		"a body of 10 MB":                   {params("{hello}", map[string]any{"x": strings.Repeat("x", 10<<20)}), 413, "the limit is 262144 bytes"},
	}
}

type hostileBody struct {
	body   string
	status int
	words  string
}

// refusals is a handler, and how to send it a body without a network between.
func refusals() func(body string) *httptest.ResponseRecorder {
	h := Handler(newFake(), Config{}, Health{}, slog.New(slog.DiscardHandler))
	return func(body string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodPost, "http://localhost/graphql", io.NopCloser(strings.NewReader(body)))
		r.Header.Set("Content-Type", mediaJSON)
		r.Header.Set("Accept", mediaGraphQL)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
}

func TestHostileBodiesAreRefusedByTheirCode(t *testing.T) {
	t.Parallel()
	f := start(t, Config{})
	for name, test := range hostile() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := f.post(t, test.body)
			if a.status != test.status || a.code() != "INVALID" || !strings.Contains(a.body, test.words) || len(a.body) > 4<<10 {
				t.Errorf("got %d %.500s", a.status, a.body)
			}
		})
	}
}

// Whatever it asks for, refusing a body takes memory by its length only: most
// for reading it, and no more than the limit of that.
func TestARefusalTakesLittleMemory(t *testing.T) { //nolint:paralleltest // it measures what the process allocates
	send := refusals()
	for name, test := range hostile() {
		send(test.body)
		var before, after runtime.MemStats
		const times = 20
		runtime.ReadMemStats(&before)
		for range times {
			send(test.body)
		}
		runtime.ReadMemStats(&after)
		each := (after.TotalAlloc - before.TotalAlloc) / times
		if each > 4<<20 {
			t.Errorf("%s: %d kB for each", name, each>>10)
		}
		if test.status == http.StatusBadRequest && each > uint64(16*len(test.body))+256<<10 {
			t.Errorf("%s: %d kB for each, of %d kB that were sent", name, each>>10, len(test.body)>>10)
		}
	}
}

func BenchmarkRefusal(b *testing.B) {
	send := refusals()
	for name, test := range hostile() {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if w := send(test.body); w.Code != test.status {
					b.Fatal(strconv.Itoa(w.Code) + w.Body.String())
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/1000/float64(b.N), "ms/refusal")
		})
	}
}
