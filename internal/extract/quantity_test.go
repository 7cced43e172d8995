package extract

import (
	"math"
	"strings"
	"testing"

	"techfacts.dev/techfacts/schema"
)

func TestQuantitiesAreReadAsPeopleWriteThem(t *testing.T) {
	rate := func(perSecond float64, unit, period string, amount float64) schema.Value {
		return schema.Value{Kind: schema.ValueRate, Number: perSecond, Unit: unit, Period: period, Amount: amount}
	}
	for _, c := range []struct {
		text, original string
		want           schema.Value
	}{
		{"at most 600 requests per minute per key", "600 requests per minute per key", schema.Value{Kind: schema.ValueRate, Number: 10, Unit: "request/s", Period: "minute", Amount: 600, Per: "key"}},
		{"10 000/min", "10 000/min", rate(10000.0/60, "1/s", "minute", 10000)},
		{"10k requests/hour", "10k requests/hour", rate(10000.0/3600, "request/s", "hour", 10000)},
		{"1.200 requests", "1.200 requests", schema.Value{Kind: schema.ValueCount, Number: 1200, Unit: "request"}},
		{"1.000 Anfragen pro Minute", "1.000 Anfragen pro Minute", rate(1000.0/60, "request/s", "minute", 1000)},
		{"5 API calls a second", "5 API calls a second", rate(5, "call/s", "second", 5)},
		{"5 req/s", "5 req/s", rate(5, "request/s", "second", 5)},
		{"60 reqs/min", "60 reqs/min", rate(1, "request/s", "minute", 60)},
		{"10 requêtes par seconde", "10 requêtes par seconde", rate(10, "request/s", "second", 10)},
		{"1,000 requests per 10 seconds per account", "1,000 requests per 10 seconds per account", schema.Value{Kind: schema.ValueRate, Number: 100, Unit: "request/s", Period: "10 seconds", Amount: 1000, Per: "account"}},
		{"90 requests every 15 minutes", "90 requests every 15 minutes", rate(.1, "request/s", "15 minutes", 90)},
		{"60 requests/5m", "60 requests/5m", rate(.2, "request/s", "5 minutes", 60)},
		{"600 RPM", "600 RPM", rate(10, "request/s", "minute", 600)},
		{"90K TPM", "90K TPM", rate(1500, "token/s", "minute", 90000)},
		{"raised from 60 to 100 requests per second", "100 requests per second", rate(100, "request/s", "second", 100)},
		{"between 10 and 20 requests/s", "10 and 20 requests/s", schema.Value{Kind: schema.ValueRate, Number: 10, Max: 20, Unit: "request/s", Period: "second", Amount: 10}},
		{"10 requests per calendar day", "10 requests per calendar day", schema.Value{Kind: schema.ValueRate, Number: 10.0 / 86400, Unit: "request/s", Period: "day", Amount: 10}},
		{"within 4 business hours", "4 business hours", schema.Value{Kind: schema.ValueDuration, Number: 4 * 3600, Unit: "s"}},
		{"Timeout 1m30s", "1m30s", schema.Value{Kind: schema.ValueDuration, Number: 90, Unit: "s"}},
		{"at most 2^30 bytes", "2^30 bytes", schema.Value{Kind: schema.ValueSize, Number: 1 << 30, Unit: "byte"}},
		{"$8 each per month", "$8 each per month", schema.Value{Kind: schema.ValueMoney, Number: 8, Unit: "USD/month", Currency: "USD", Period: "month"}},
		{"$5 per 1M requests", "$5 per 1M requests", schema.Value{Kind: schema.ValueMoney, Number: 5, Unit: "USD/1M requests", Currency: "USD", Per: "1M requests"}},
		{"$180 billed yearly", "$180 billed yearly", schema.Value{Kind: schema.ValueMoney, Number: 180, Unit: "USD/year", Currency: "USD", Period: "year"}},
		{"$18 billed by hand", "$18", schema.Value{Kind: schema.ValueMoney, Number: 18, Unit: "USD", Currency: "USD"}},
		{"$1.50 per 1,000 API calls", "$1.50 per 1,000 API calls", schema.Value{Kind: schema.ValueMoney, Number: 1.5, Unit: "USD/1,000 API calls", Currency: "USD", Per: "1,000 API calls"}},
		{"$0.20 per million requests", "$0.20 per million requests", schema.Value{Kind: schema.ValueMoney, Number: .2, Unit: "USD/million requests", Currency: "USD", Per: "million requests"}},
		{"12 × $20 = $240 per year", "$240 per year", schema.Value{Kind: schema.ValueMoney, Number: 240, Unit: "USD/year", Currency: "USD", Period: "year"}},
		{"Kubernetes v1.27+", "v1.27+", schema.Value{Kind: schema.ValueVersion, From: "1.27"}},
		{"up to 25 MB/s", "25 MB/s", rate(25e6, "byte/s", "second", 25)},
		{"10 Gbps", "10 Gbps", rate(1e10, "bit/s", "second", 10)},
		{"2,500 IOPS", "2,500 IOPS", rate(2500, "operation/s", "second", 2500)},
		{"at most 256 KiB", "256 KiB", schema.Value{Kind: schema.ValueSize, Number: 256 << 10, Unit: "byte"}},
		{"1.5 GB", "1.5 GB", schema.Value{Kind: schema.ValueSize, Number: 1.5e9, Unit: "byte"}},
		{"20 Go de stockage", "20 Go", schema.Value{Kind: schema.ValueSize, Number: 20e9, Unit: "byte"}},
		{"10–20 GB", "10–20 GB", schema.Value{Kind: schema.ValueSize, Number: 10e9, Max: 20e9, Unit: "byte"}},
		{"500 MB to 2 GB", "500 MB to 2 GB", schema.Value{Kind: schema.ValueSize, Number: 5e8, Max: 2e9, Unit: "byte"}},
		{"after 30 s", "30 s", schema.Value{Kind: schema.ValueDuration, Number: 30, Unit: "s"}},
		{"a 30-day trial", "30-day", schema.Value{Kind: schema.ValueDuration, Number: 30 * 86400, Unit: "s"}},
		{"12 months", "12 months", schema.Value{Kind: schema.ValueDuration, Number: 365 * 86400, Unit: "s"}},
		{"14 Tage", "14 Tage", schema.Value{Kind: schema.ValueDuration, Number: 14 * 86400, Unit: "s"}},
		{"p99 of 120 ms", "120 ms", schema.Value{Kind: schema.ValueDuration, Number: .12, Unit: "s"}},
		{"99.999 % uptime", "99.999 %", schema.Value{Kind: schema.ValuePercent, Number: 99.999, Unit: "%"}},
		{"99,95 %", "99,95 %", schema.Value{Kind: schema.ValuePercent, Number: 99.95, Unit: "%"}},
		{"$49 per user per month", "$49 per user per month", schema.Value{Kind: schema.ValueMoney, Number: 49, Unit: "USD/user/month", Currency: "USD", Period: "month", Per: "user"}},
		{"US$ 1,200.50/year", "US$ 1,200.50/year", schema.Value{Kind: schema.ValueMoney, Number: 1200.5, Unit: "USD/year", Currency: "USD", Period: "year"}},
		{"49,90 € pro Monat", "49,90 € pro Monat", schema.Value{Kind: schema.ValueMoney, Number: 49.9, Unit: "EUR/month", Currency: "EUR", Period: "month"}},
		{"1.299,00 EUR monatlich", "1.299,00 EUR monatlich", schema.Value{Kind: schema.ValueMoney, Number: 1299, Unit: "EUR/month", Currency: "EUR", Period: "month"}},
		{"1 299,00 € par an", "1 299,00 € par an", schema.Value{Kind: schema.ValueMoney, Number: 1299, Unit: "EUR/year", Currency: "EUR", Period: "year"}},
		{"$0.40 per 1,000 requests", "$0.40 per 1,000 requests", schema.Value{Kind: schema.ValueMoney, Number: .4, Unit: "USD/1,000 requests", Currency: "USD", Per: "1,000 requests"}},
		{"$8K-85K/year", "$8K-85K/year", schema.Value{Kind: schema.ValueMoney, Number: 8000, Max: 85000, Unit: "USD/year", Currency: "USD", Period: "year"}},
		{"35 million events", "35 million events", schema.Value{Kind: schema.ValueCount, Number: 35e6, Unit: "event"}},
		{"1,000,000 rows", "1,000,000 rows", schema.Value{Kind: schema.ValueCount, Number: 1e6, Unit: "row"}},
		{"5 team members", "5 team members", schema.Value{Kind: schema.ValueCount, Number: 5, Unit: "member"}},
		{"1’000 Benutzer pro Projekt", "1’000 Benutzer pro Projekt", schema.Value{Kind: schema.ValueCount, Number: 1000, Unit: "benutzer", Per: "projekt"}},
		{"requires Python 3.9 or later", "3.9 or later", schema.Value{Kind: schema.ValueVersion, From: "3.9"}},
		{"gnutls version 3.6.4", "3.6.4", schema.Value{Kind: schema.ValueVersion, From: "3.6.4", To: "3.6.4"}},
		{"PostgreSQL 12 and newer", "12 and newer", schema.Value{Kind: schema.ValueVersion, From: "12"}},
		{"versions 1.2 to 1.9 of version 1.2–1.9", "1.2–1.9", schema.Value{Kind: schema.ValueVersion, From: "1.2", To: "1.9"}},
		{"Unlimited projects", "Unlimited projects", schema.Value{Kind: schema.ValueUnlimited, Unit: "project"}},
	} {
		c.want.Original = c.original
		got := quantities(c.text, false)
		if len(got) == 0 {
			t.Errorf("%q has no quantity", c.text)
			continue
		}
		v := got[len(got)-1].value
		if math.Abs(v.Number-c.want.Number) > 1e-9*math.Abs(v.Number) {
			t.Errorf("%q: %+v, want %+v", c.text, v, c.want)
		}
		v.Number = c.want.Number
		if v != c.want {
			t.Errorf("%q: %+v, want %+v", c.text, v, c.want)
		}
	}
}

func TestNumbersThatAreNamesAreNoQuantities(t *testing.T) {
	for _, text := range []string{
		"ISO 27001 and SOC 2", "see Section 73.2", "on 2025-01-31", "encrypted with AES-256 and SHA-256", "RFC 6749", "founded in 2011", "OAuth 2.0", "a v4UUID4 name",
		"TLS 1.0 and 1.1", "on port 8443", "TCP 443", "24/7 support", "As in `100/s`.", "a rate, e.g. 5 requests per second", "intervals such as 10 seconds", "a mask of 0x100", "GET /v1/users",
	} {
		if q := quantities(text, false); len(q) != 0 {
			t.Errorf("%q: %+v", text, q)
		}
	}
}

func TestPagesWithDecimalCommasWriteThousandsWithPoints(t *testing.T) {
	text := "Der Tarif kostet 19,90 € und enthält 1.250 Anfragen."
	if !decimalComma(text) || decimalComma("It costs $19.90 for 1,250 requests.") {
		t.Error("the way numbers are written was not seen")
	}
	q := quantities(text, decimalComma(text))
	if len(q) != 2 || q[0].value.Number != 19.9 || q[1].value.Number != 1250 {
		t.Errorf("got %+v", q)
	}
}

func FuzzQuantities(f *testing.F) {
	for _, s := range []string{"1.000 / 1,000 / 1 000 / 10k / 10 000/min", "US$ 8K–85K per user/year", "99,95 % 1’000.50 CHF pro Monat", "versions 1.2–1.9 or later", "unbegrenzte 🎉 12 GB–1 TB", "٣ requests/s per", "1.2.3.4 5--6 7/ 8 per 9"} {
		f.Add(s, true)
	}
	f.Fuzz(func(t *testing.T, s string, comma bool) {
		at := 0
		for _, q := range quantities(s, comma) {
			if q.start < at || q.end <= q.start || q.end > len(s) || q.value.Kind == "" || !strings.Contains(s, q.value.Original) || q.value.Original == "" {
				t.Fatalf("%q: %+v after %d", s, q, at)
			}
			if math.IsNaN(q.value.Number) || math.IsInf(q.value.Number, 0) || math.IsNaN(q.value.Max) || math.IsInf(q.value.Max, 0) || q.value.Number < 0 {
				t.Fatalf("%q: %+v is no number", s, q.value)
			}
			at = q.end
		}
	})
}
