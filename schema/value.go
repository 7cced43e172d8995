package schema

// ValueKind is what the value of a fact measures.
type ValueKind string

// The kinds of values.
const (
	ValueCount     ValueKind = "COUNT"
	ValueRate      ValueKind = "RATE"
	ValueSize      ValueKind = "SIZE"
	ValueDuration  ValueKind = "DURATION"
	ValuePercent   ValueKind = "PERCENT"
	ValueMoney     ValueKind = "MONEY"
	ValueVersion   ValueKind = "VERSION"
	ValueUnlimited ValueKind = "UNLIMITED"
	ValueFlag      ValueKind = "FLAG"
)

// Values lists the kinds of values.
func (ValueKind) Values() []string {
	return []string{"COUNT", "RATE", "SIZE", "DURATION", "PERCENT", "MONEY", "VERSION", "UNLIMITED", "FLAG"}
}

// Value is what a fact says in figures: as it is written, and in units in which
// facts of different documents can be compared. Its zero value is no value.
type Value struct {
	Kind     ValueKind `json:"kind,omitempty"`
	Original string    `json:"original,omitempty"`
	// Number is the value in Unit: bytes, seconds, percent, what is counted, so
	// many per second, an amount of money. UNLIMITED has none.
	Number float64 `json:"number"`
	Max    float64 `json:"max,omitempty"`  // the upper end of a range, in Unit; 0 if it is none
	Unit   string  `json:"unit,omitempty"` // "byte", "s", "%", "request", "request/s", "EUR"

	Amount   float64 `json:"amount,omitempty"`   // RATE: the number as it is written
	Currency string  `json:"currency,omitempty"` // MONEY: ISO 4217
	Period   string  `json:"period,omitempty"`   // RATE, MONEY: "second" to "year", of a rate also several: "10 seconds"; MONEY: empty if paid once or not told
	Per      string  `json:"per,omitempty"`      // MONEY, RATE: for each what, as in "user"

	From string `json:"from,omitempty"` // VERSION: the first, empty if any
	To   string `json:"to,omitempty"`   // VERSION: the last, empty if any
	Yes  bool   `json:"yes,omitempty"`  // FLAG
}

// Numeric reports whether the value can be compared by its number.
func (v Value) Numeric() bool {
	switch v.Kind {
	case ValueCount, ValueRate, ValueSize, ValueDuration, ValuePercent, ValueMoney:
		return true
	case ValueVersion, ValueUnlimited, ValueFlag:
	}
	return false
}
