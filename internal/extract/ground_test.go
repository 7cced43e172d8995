package extract

import (
	"errors"
	"slices"
	"testing"

	"techfacts.dev/techfacts/schema"
)

func TestGroundWantsTheQuoteToTheByte(t *testing.T) {
	const text = "Sie hält 60 Minuten. 漢字 are 2."
	for name, c := range map[string]struct {
		claim Claim
		want  error
	}{
		"as it stands":         {Claim{"It lasts 60 minutes.", "hält 60 Minuten", 4, 20}, nil},
		"elsewhere":            {Claim{"It lasts 60 minutes.", "hält 60 Minuten", 5, 21}, ErrNoQuote},
		"in other words":       {Claim{"It lasts 60 minutes.", "halt 60 Minuten", 4, 20}, ErrNoQuote},
		"before the text":      {Claim{"x", "", -1, -1}, ErrNoQuote},
		"beyond the text":      {Claim{"x", "2.x", len(text) - 2, len(text) + 1}, ErrNoQuote},
		"nothing":              {Claim{"x", "", 4, 4}, ErrNoQuote},
		"white space":          {Claim{"x", " ", 3, 4}, ErrNoQuote},
		"half a character":     {Claim{"x", text[22:26], 22, 26}, ErrNoQuote},
		"a number of its own":  {Claim{"It lasts 61 minutes.", "hält 60 Minuten", 4, 20}, ErrNoNumber},
		"a number beside it":   {Claim{"It lasts 2 hours.", "hält 60 Minuten", 4, 20}, ErrNoNumber},
		"a part of a number":   {Claim{"It lasts 6 minutes.", "hält 60 Minuten", 4, 20}, ErrNoNumber},
		"no number, no matter": {Claim{"It lasts an hour.", "hält 60 Minuten", 4, 20}, nil},
	} {
		if err := Ground(text, c.claim); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

func TestNumbersAreReadWhole(t *testing.T) {
	for text, want := range map[string][]string{
		"none at all":               nil,
		"35 employees":              {"35"},
		"35,000 and 35 000 and 35k": {"35,000", "35 000", "35k"},
		"1.5 of v2.0.1, p99":        {"1.5", "2.0.1", "99"},
		"35 million, 2 thousand":    {"35million", "2thousand"},
		"24/7, 1–500, 3 100 4":      {"24", "7", "1", "500", "3 100", "4"},
		"5GB and 10M.":              {"5", "10m"},
		"٣٥ and ５":                  {"٣٥", "５"},
		"1'000'000 or 1’000":        {"1'000'000", "1’000"},
		"ends with 5.":              {"5"},
	} {
		if got := slices.Collect(numbers(text)); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestNumbersMayBeGroupedOrNot(t *testing.T) {
	for _, c := range []struct {
		statement, quote string
		want             bool
	}{
		{"1000 requests", "1,000 requests", true},
		{"1,000,000 rows", "1 000 000 rows", true},
		{"1.000.000 rows", "1000000 rows", true},
		{"1000 ms", "1.000 ms", false}, // may be one
		{"35 people", "35,000 people", false},
		{"35 people", "35 000 people", false},
		{"35 people", "35k people", false},
		{"35 people", "35 million people", false},
		{"10k events", "10K events", true},
		{"15 s", "1.5 s", false},
		{"1 or 2", "2 or 1", true},
		{"1 and 3", "1 and 2", false},
	} {
		if got := numbersWithin(c.statement, c.quote); got != c.want {
			t.Errorf("%q in %q: %v", c.statement, c.quote, got)
		}
	}
}

func TestFingerprintsFoldOnlyWhatMeansTheSame(t *testing.T) {
	base := Fingerprint("p", "c", "The limit is 1.5 MB (per key).")
	for _, same := range []string{"the limit is 1.5 MB, per key", " THE  LIMIT\nis: `1.5` MB “per key” "} {
		if Fingerprint("p", "c", same) != base {
			t.Errorf("%q differs", same)
		}
	}
	for _, other := range []string{"The limit is 15 MB (per key).", "The limit is 1 5 MB (per key).", "The limit is 1.6 MB (per key).", "The limits 1.5 MB (per key)."} {
		if Fingerprint("p", "c", other) == base {
			t.Errorf("%q is the same", other)
		}
	}
	if Fingerprint("q", "c", "x") == Fingerprint("p", "c", "x") || Fingerprint("p", "d", "x") == Fingerprint("p", "c", "x") {
		t.Error("profile and category do not count")
	}
	for _, pair := range [][2]string{{"costs $5", "costs €5"}, {"up 5%", "up 5"}, {"at -5 °C", "at 5 °C"}, {"in C++", "in C"}, {"Café", "Cafe"}} {
		if Fingerprint("p", "c", pair[0]) == Fingerprint("p", "c", pair[1]) {
			t.Errorf("%q is %q", pair[0], pair[1])
		}
	}
	if Fingerprint("p", "c", "x") == "" || len(Fingerprint("p", "c", "\xff\xfe")) != 32 {
		t.Error("not 16 bytes in hexadecimal")
	}
}

func TestConfidenceFollowsItsFormula(t *testing.T) {
	for _, c := range []struct {
		method    schema.Method
		tier      Tier
		structure Structure
		score     float64
		want      float64
	}{
		{schema.MethodRules, TierExact, StructureRow, 1, 1},
		{schema.MethodRules, TierExact, StructureSentence, 1, 0.895},
		{schema.MethodRules, TierExact, StructureSentence, 0.5, 0.545},
		{schema.MethodRules, TierExact, StructureItem, 0, 0.225},
		{schema.MethodRules, TierExact, StructureDefinition, 0.5, 0.605},
		{schema.MethodRules, TierExact, StructureEndpoint, -3, 0.285},
		{schema.MethodModel, TierExact, StructureRow, 1, 0.9},
		{schema.MethodModel, TierNormalised, StructureRow, 1, 0.873},
		{schema.MethodModel, TierStripped, StructureRow, 1, 0.828},
		{schema.MethodModel, TierFuzzy, StructureRow, 7, 0.72},
	} {
		if got := Confidence(c.method, c.tier, c.structure, c.score); got < c.want-1e-9 || got > c.want+1e-9 {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

func TestVocabularyKnowsEveryBuiltinCategory(t *testing.T) {
	v, err := parseVocabulary(vocabularyText)
	if err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	for _, term := range v.terms {
		count[term.category]++
	}
	for _, b := range Builtin() {
		for _, c := range b.Categories {
			if count[c] < 10 {
				t.Errorf("%s has %d terms", c, count[c])
			}
		}
	}
	for _, signal := range []string{"(claim)", "(vague)", "(meta)", "(legal)"} {
		if count[signal] < 10 {
			t.Errorf("%s has %d terms", signal, count[signal])
		}
	}
}

func TestVocabularyRefusesWhatItCannotRead(t *testing.T) {
	for _, text := range []string{"a sure: b", "[x]\na: b", "[x]\na surely: b", "[x]\na sure b"} {
		if _, err := parseVocabulary(text); err == nil {
			t.Errorf("%q was read", text)
		}
	}
}

func TestTermsAreFoundInTheirForms(t *testing.T) {
	v, err := parseVocabulary("[x]\na sure: rate limit; # request per minute; $ #; tls 1.2; policy; key rotation")
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]int{
		"Rate limits": 1, "rate-limiting": 1, "RATE_LIMITED": 1, "rated": 0, "60 requests per minute": 1, "10k request/per-minute": 1, "requests per minute": 0,
		"$29": 1, "€ 5": 1, "USD 10": 1, "29": 0, "TLS 1.2": 1, "TLS 1.3": 0, "Policies": 1, "keys rotation": 1, "key rotating": 0, "": 0,
	} {
		if got := len(v.find(nil, v.lexicon.words(nil, text))); got != want {
			t.Errorf("%q: %d terms, want %d", text, got, want)
		}
	}
}
