package schema

import (
	"cmp"
	"io"
	"slices"
)

// ExtractionMethod says who looks for facts.
type ExtractionMethod string

// The methods of extraction.
const (
	ExtractByRules ExtractionMethod = "RULES"
	ExtractByModel ExtractionMethod = "MODEL"
	ExtractByBoth  ExtractionMethod = "BOTH"
)

// Values lists the methods of extraction.
func (ExtractionMethod) Values() []string { return []string{"RULES", "MODEL", "BOTH"} }

// Rules reports whether rules look.
func (e ExtractionMethod) Rules() bool { return e != ExtractByModel }

// Model reports whether a model is asked.
func (e ExtractionMethod) Model() bool { return e == ExtractByModel || e == ExtractByBoth }

// MarshalGQL writes e as a GraphQL enum value.
func (e ExtractionMethod) MarshalGQL(w io.Writer) { writeEnum(w, e) }

// UnmarshalGQL reads e; it refuses what is not one of its values.
func (e *ExtractionMethod) UnmarshalGQL(v any) error { return readEnum(e, v) }

// RejectionReason is why something that was taken for a fact is none.
type RejectionReason string

// The reasons.
const (
	RejectedUnreadable RejectionReason = "UNREADABLE"
	RejectedCategory   RejectionReason = "UNKNOWN_CATEGORY"
	RejectedQuote      RejectionReason = "NO_QUOTE"
	RejectedNumber     RejectionReason = "NO_NUMBER"
	RejectedNegation   RejectionReason = "NO_NEGATION"
	RejectedWords      RejectionReason = "NO_WORDS"
	RejectedCommand    RejectionReason = "COMMAND"
	RejectedForm       RejectionReason = "NOT_A_FACT"
	RejectedCommon     RejectionReason = "BOILERPLATE"
	RejectedConfidence RejectionReason = "LOW_CONFIDENCE"
	RejectedDuplicate  RejectionReason = "DUPLICATE"
	RejectedDepth      RejectionReason = "TOO_MANY"
	RejectedCitation   RejectionReason = "NO_CITATION"
)

// Values lists the reasons.
func (RejectionReason) Values() []string {
	return []string{
		"UNREADABLE", "UNKNOWN_CATEGORY", "NO_QUOTE", "NO_NUMBER", "NO_NEGATION", "NO_WORDS", "COMMAND", "NOT_A_FACT", "BOILERPLATE",
		"LOW_CONFIDENCE", "DUPLICATE", "TOO_MANY", "NO_CITATION",
	}
}

// MarshalGQL writes e as a GraphQL enum value.
func (e RejectionReason) MarshalGQL(w io.Writer) { writeEnum(w, e) }

// UnmarshalGQL reads e; it refuses what is not one of its values.
func (e *RejectionReason) UnmarshalGQL(v any) error { return readEnum(e, v) }

// ModelGap is why a model that was to be asked was not heard, or not in full.
type ModelGap string

// The gaps.
const (
	GapNotSet     ModelGap = "NOT_CONFIGURED"
	GapBudget     ModelGap = "BUDGET_SPENT"
	GapPaused     ModelGap = "ENDPOINT_PAUSED"
	GapFailed     ModelGap = "ENDPOINT_FAILED"
	GapRefused    ModelGap = "ENDPOINT_REFUSED"
	GapUnreadable ModelGap = "ANSWER_UNREADABLE"
	GapTooLong    ModelGap = "PAGE_TOO_LONG"
	GapPartial    ModelGap = "ANSWER_INCOMPLETE"
)

// Values lists the gaps.
func (ModelGap) Values() []string {
	return []string{"NOT_CONFIGURED", "BUDGET_SPENT", "ENDPOINT_PAUSED", "ENDPOINT_FAILED", "ENDPOINT_REFUSED", "ANSWER_UNREADABLE", "PAGE_TOO_LONG", "ANSWER_INCOMPLETE"}
}

// Words tell the gap to people.
func (e ModelGap) Words() string {
	switch e {
	case GapNotSet:
		return "this worker has no model"
	case GapBudget:
		return "the tokens of the job are spent"
	case GapPaused:
		return "the model is not asked for a while, after it failed again and again"
	case GapFailed:
		return "the model did not answer"
	case GapRefused:
		return "the model does not take the question"
	case GapUnreadable:
		return "the model's answer could not be read"
	case GapTooLong:
		return "the page is too long for the model"
	case GapPartial:
		return "a part of the model's answer could not be read"
	}
	return ""
}

// Partial reports that the model was heard, but not in full, and would not be if it
// were asked again.
func (e ModelGap) Partial() bool { return e == GapTooLong || e == GapPartial }

// MarshalGQL writes e as a GraphQL enum value.
func (e ModelGap) MarshalGQL(w io.Writer) { writeEnum(w, e) }

// UnmarshalGQL reads e; it refuses what is not one of its values.
func (e *ModelGap) UnmarshalGQL(v any) error { return readEnum(e, v) }

// ModelUsage is what was asked of models.
type ModelUsage struct {
	Requests         int `json:"requests,omitempty"` // that were answered
	PromptTokens     int `json:"promptTokens,omitempty"`
	CompletionTokens int `json:"completionTokens,omitempty"`
	Cached           int `json:"cached,omitempty"` // answers that were known and cost nothing
}

// Tokens is what is paid for.
func (u ModelUsage) Tokens() int { return u.PromptTokens + u.CompletionTokens }

// Plus is both together.
func (u ModelUsage) Plus(o ModelUsage) ModelUsage {
	return ModelUsage{u.Requests + o.Requests, u.PromptTokens + o.PromptTokens, u.CompletionTokens + o.CompletionTokens, u.Cached + o.Cached}
}

// RejectedCount is how much was rejected for one reason.
type RejectedCount struct {
	Reason RejectionReason `json:"reason"`
	Count  int             `json:"count"`
}

// WithoutModel is on how many pages a model that was to be asked was not heard in
// full, for one reason.
type WithoutModel struct {
	Reason ModelGap `json:"reason"`
	Count  int      `json:"count"`
}

// Tally is what extraction came to on one page or on those of a job.
type Tally struct {
	Usage        ModelUsage      `json:"usage"`
	Rejected     []RejectedCount `json:"rejected,omitempty"` // in the order of the reasons
	WithoutModel []WithoutModel  `json:"withoutModel,omitempty"`
}

// Empty reports a tally that says nothing.
func (t Tally) Empty() bool {
	return t.Usage == ModelUsage{} && len(t.Rejected) == 0 && len(t.WithoutModel) == 0
}

// Plus is both together. Neither is changed.
func (t Tally) Plus(o Tally) Tally {
	sum := Tally{Usage: t.Usage.Plus(o.Usage)}
	reasons := map[RejectionReason]int{}
	for _, c := range slices.Concat(t.Rejected, o.Rejected) {
		reasons[c.Reason] += c.Count
	}
	sum.Rejected = CountRejected(reasons)
	gaps := map[ModelGap]int{}
	for _, c := range slices.Concat(t.WithoutModel, o.WithoutModel) {
		gaps[c.Reason] += c.Count
	}
	for reason, n := range gaps {
		sum.WithoutModel = append(sum.WithoutModel, WithoutModel{reason, n})
	}
	slices.SortFunc(sum.WithoutModel, func(a, b WithoutModel) int {
		return cmp.Compare(slices.Index(ModelGap("").Values(), string(a.Reason)), slices.Index(ModelGap("").Values(), string(b.Reason)))
	})
	return sum
}

// CountRejected lists counts in the order of the reasons.
func CountRejected(counts map[RejectionReason]int) (list []RejectedCount) {
	for _, name := range RejectionReason("").Values() {
		if n := counts[RejectionReason(name)]; n > 0 {
			list = append(list, RejectedCount{RejectionReason(name), n})
		}
	}
	return list
}

// TestedFact is a fact that a profile would find, which is not stored.
type TestedFact struct {
	Category, Statement, Quote string
	Span                       Span
	Headings                   []string
	Attribute, Subject         string
	Measure                    Value
	Limits                     map[string]string // its qualifiers
	Confidence                 float64
	Method                     Method
}

// RejectedFact is what was taken for a fact and is none.
type RejectedFact struct {
	Category, Statement, Quote string
	Reason                     RejectionReason
	Method                     Method
}
