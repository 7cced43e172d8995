package extract

import (
	"strings"

	"techfacts.dev/techfacts/schema"
)

// unit is what numbers are measured in: so many of the canonical unit of a kind.
type unit struct {
	kind   schema.ValueKind
	name   string // the canonical unit; of a duration, the period that it is as well
	factor float64
}

// period is the time for which a speed is told in one word, if not a second.
func (u unit) period() string {
	switch u.factor {
	case 1 / minute:
		return "minute"
	case 1 / day:
		return "day"
	}
	return ""
}

// Lengths of time in seconds. Months and years are those of calendars on
// average, so that 12 months are a year.
const (
	minute = 60.0
	hour   = 60 * minute
	day    = 24 * hour
	week   = 7 * day
	month  = year / 12
	year   = 365 * day
)

// periods are lengths of time by the words for them, in English, German, French,
// Spanish and Italian, in the singular.
//
//nolint:gochecknoglobals // a fixed table
var periods = map[string]unit{
	"ns": {schema.ValueDuration, "nanosecond", 1e-9}, "nanosecond": {schema.ValueDuration, "nanosecond", 1e-9},
	"µs": {schema.ValueDuration, "microsecond", 1e-6}, "μs": {schema.ValueDuration, "microsecond", 1e-6}, "us": {schema.ValueDuration, "microsecond", 1e-6},
	"microsecond": {schema.ValueDuration, "microsecond", 1e-6},
	"ms":          {schema.ValueDuration, "millisecond", 1e-3}, "millisecond": {schema.ValueDuration, "millisecond", 1e-3},
	"msec": {schema.ValueDuration, "millisecond", 1e-3}, "millisekunde": {schema.ValueDuration, "millisecond", 1e-3}, "milliseconde": {schema.ValueDuration, "millisecond", 1e-3},
	"s": {schema.ValueDuration, "second", 1}, "sec": {schema.ValueDuration, "second", 1}, "second": {schema.ValueDuration, "second", 1},
	"sekunde": {schema.ValueDuration, "second", 1}, "seconde": {schema.ValueDuration, "second", 1}, "segundo": {schema.ValueDuration, "second", 1}, "secondo": {schema.ValueDuration, "second", 1},
	"m": {schema.ValueDuration, "minute", minute}, "min": {schema.ValueDuration, "minute", minute}, "minute": {schema.ValueDuration, "minute", minute},
	"minuto": {schema.ValueDuration, "minute", minute}, "mn": {schema.ValueDuration, "minute", minute},
	"h": {schema.ValueDuration, "hour", hour}, "hr": {schema.ValueDuration, "hour", hour}, "hour": {schema.ValueDuration, "hour", hour},
	"std": {schema.ValueDuration, "hour", hour}, "stunde": {schema.ValueDuration, "hour", hour}, "heure": {schema.ValueDuration, "hour", hour}, "hora": {schema.ValueDuration, "hour", hour}, "ora": {schema.ValueDuration, "hour", hour},
	"d": {schema.ValueDuration, "day", day}, "day": {schema.ValueDuration, "day", day}, "tag": {schema.ValueDuration, "day", day}, "jour": {schema.ValueDuration, "day", day}, "día": {schema.ValueDuration, "day", day}, "giorno": {schema.ValueDuration, "day", day},
	"wk": {schema.ValueDuration, "week", week}, "week": {schema.ValueDuration, "week", week}, "woche": {schema.ValueDuration, "week", week}, "semaine": {schema.ValueDuration, "week", week}, "semana": {schema.ValueDuration, "week", week},
	"mo": {schema.ValueDuration, "month", month}, "mth": {schema.ValueDuration, "month", month}, "month": {schema.ValueDuration, "month", month},
	"monat": {schema.ValueDuration, "month", month}, "mois": {schema.ValueDuration, "month", month}, "mese": {schema.ValueDuration, "month", month}, "mes": {schema.ValueDuration, "month", month},
	"y": {schema.ValueDuration, "year", year}, "yr": {schema.ValueDuration, "year", year}, "year": {schema.ValueDuration, "year", year}, "annum": {schema.ValueDuration, "year", year},
	"jahr": {schema.ValueDuration, "year", year}, "an": {schema.ValueDuration, "year", year}, "année": {schema.ValueDuration, "year", year}, "año": {schema.ValueDuration, "year", year}, "anno": {schema.ValueDuration, "year", year},
}

// adverbs are periods in one word, as in "$10 monthly".
//
//nolint:gochecknoglobals // a fixed table
var adverbs = map[string]string{
	"hourly": "hour", "daily": "day", "weekly": "week", "monthly": "month", "yearly": "year", "annually": "year", "annual": "year",
	"täglich": "day", "monatlich": "month", "jährlich": "year", "mensuel": "month", "annuel": "year",
}

// sizes are units of data by their names in lower case; those of bits per second
// are in sizes too, without the "ps".
//
//nolint:gochecknoglobals // a fixed table
var sizes = map[string]unit{
	"b": {schema.ValueSize, "byte", 1}, "byte": {schema.ValueSize, "byte", 1}, "octet": {schema.ValueSize, "byte", 1}, "o": {schema.ValueSize, "byte", 1},
	"kb": {schema.ValueSize, "byte", 1e3}, "ko": {schema.ValueSize, "byte", 1e3}, "kilobyte": {schema.ValueSize, "byte", 1e3}, "kib": {schema.ValueSize, "byte", 1 << 10}, "kibibyte": {schema.ValueSize, "byte", 1 << 10},
	"mb": {schema.ValueSize, "byte", 1e6}, "mo": {schema.ValueSize, "byte", 1e6}, "megabyte": {schema.ValueSize, "byte", 1e6}, "mib": {schema.ValueSize, "byte", 1 << 20}, "mebibyte": {schema.ValueSize, "byte", 1 << 20},
	"gb": {schema.ValueSize, "byte", 1e9}, "go": {schema.ValueSize, "byte", 1e9}, "gigabyte": {schema.ValueSize, "byte", 1e9}, "gib": {schema.ValueSize, "byte", 1 << 30}, "gibibyte": {schema.ValueSize, "byte", 1 << 30},
	"tb": {schema.ValueSize, "byte", 1e12}, "to": {schema.ValueSize, "byte", 1e12}, "terabyte": {schema.ValueSize, "byte", 1e12}, "tib": {schema.ValueSize, "byte", 1 << 40}, "tebibyte": {schema.ValueSize, "byte", 1 << 40},
	"pb": {schema.ValueSize, "byte", 1e15}, "petabyte": {schema.ValueSize, "byte", 1e15}, "pib": {schema.ValueSize, "byte", 1 << 50}, "pebibyte": {schema.ValueSize, "byte", 1 << 50},
	"bit": {schema.ValueCount, "bit", 1}, "kbit": {schema.ValueCount, "bit", 1e3}, "mbit": {schema.ValueCount, "bit", 1e6}, "gbit": {schema.ValueCount, "bit", 1e9}, "tbit": {schema.ValueCount, "bit", 1e12},
	"hz": {schema.ValueCount, "Hz", 1}, "khz": {schema.ValueCount, "Hz", 1e3}, "mhz": {schema.ValueCount, "Hz", 1e6}, "ghz": {schema.ValueCount, "Hz", 1e9},
}

// speeds are rates in one word.
//
//nolint:gochecknoglobals // a fixed table
var speeds = map[string]unit{
	"bps": {schema.ValueRate, "bit", 1}, "kbps": {schema.ValueRate, "bit", 1e3}, "mbps": {schema.ValueRate, "bit", 1e6}, "gbps": {schema.ValueRate, "bit", 1e9}, "tbps": {schema.ValueRate, "bit", 1e12},
	"rps": {schema.ValueRate, "request", 1}, "qps": {schema.ValueRate, "query", 1}, "tps": {schema.ValueRate, "transaction", 1}, "iops": {schema.ValueRate, "operation", 1},
	"rpm": {schema.ValueRate, "request", 1 / minute}, "tpm": {schema.ValueRate, "token", 1 / minute}, "rpd": {schema.ValueRate, "request", 1 / day},
}

// currencies are signs and codes of money. What stands before a longer one that
// begins alike would hide it, so they are tried in this order.
//
//nolint:gochecknoglobals // a fixed table
var currencies = []struct{ sign, code string }{
	{"US$", "USD"},
	{"USD", "USD"},
	{"CA$", "CAD"},
	{"CAD", "CAD"},
	{"A$", "AUD"},
	{"AUD", "AUD"},
	{"NZ$", "NZD"},
	{"R$", "BRL"},
	{"$", "USD"},
	{"€", "EUR"},
	{"EUR", "EUR"},
	{"£", "GBP"},
	{"GBP", "GBP"},
	{"¥", "JPY"},
	{"JPY", "JPY"},
	{"CHF", "CHF"},
	{"SEK", "SEK"},
	{"NOK", "NOK"},
	{"DKK", "DKK"},
	{"PLN", "PLN"},
	{"₹", "INR"},
	{"INR", "INR"},
	{"CNY", "CNY"},
	{"₩", "KRW"},
}

// singular cuts the ending of a plural noun: requests, queries, Tage, Monaten.
func singular(w string) string {
	switch {
	case periods[w].factor > 0, sizes[w].factor > 0, len(w) < 3:
		return w
	case strings.HasSuffix(w, "ies") && len(w) > 4:
		return w[:len(w)-3] + "y"
	case strings.HasSuffix(w, "sses"), strings.HasSuffix(w, "xes"), strings.HasSuffix(w, "ches"):
		return w[:len(w)-2]
	}
	for _, end := range []string{"s", "e", "n", "en", "x", "i"} {
		if base, ok := strings.CutSuffix(w, end); ok && (periods[base].factor > 0 && len(base) > 1 || sizes[base].factor > 0 && len(base) > 2) {
			return base
		}
	}
	if strings.HasSuffix(w, "s") && !strings.HasSuffix(w, "ss") && !strings.HasSuffix(w, "us") && !strings.HasSuffix(w, "is") {
		return w[:len(w)-1]
	}
	return w
}
