package schema

import (
	"fmt"
	"io"
	"slices"
	"strconv"
)

// enum is an enumeration: a string that is one of a few. What is stored, sent
// and written in Go is the same.
type enum interface {
	~string
	Values() []string
}

func writeEnum[E enum](w io.Writer, e E) {
	_, _ = io.WriteString(w, strconv.Quote(string(e))) // an error of w shows when the answer is sent
}

func readEnum[E enum](e *E, v any) error {
	s, ok := v.(string)
	if !ok || !slices.Contains((*e).Values(), s) {
		return fmt.Errorf("%v is not one of %v", v, (*e).Values())
	}
	*e = E(s)
	return nil
}

// What follows makes each enumeration readable and writable by GraphQL.

// MarshalGQL writes e as a GraphQL enum value.
func (e JobType) MarshalGQL(w io.Writer) { writeEnum(w, e) }

// UnmarshalGQL reads e; it refuses what is not one of its values.
func (e *JobType) UnmarshalGQL(v any) error { return readEnum(e, v) }

// MarshalGQL writes e as a GraphQL enum value.
func (e JobStatus) MarshalGQL(w io.Writer) { writeEnum(w, e) }

// UnmarshalGQL reads e; it refuses what is not one of its values.
func (e *JobStatus) UnmarshalGQL(v any) error { return readEnum(e, v) }

// MarshalGQL writes e as a GraphQL enum value.
func (e Priority) MarshalGQL(w io.Writer) { writeEnum(w, e) }

// UnmarshalGQL reads e; it refuses what is not one of its values.
func (e *Priority) UnmarshalGQL(v any) error { return readEnum(e, v) }

// MarshalGQL writes e as a GraphQL enum value.
func (e Step) MarshalGQL(w io.Writer) { writeEnum(w, e) }

// UnmarshalGQL reads e; it refuses what is not one of its values.
func (e *Step) UnmarshalGQL(v any) error { return readEnum(e, v) }

// MarshalGQL writes e as a GraphQL enum value.
func (e ItemState) MarshalGQL(w io.Writer) { writeEnum(w, e) }

// UnmarshalGQL reads e; it refuses what is not one of its values.
func (e *ItemState) UnmarshalGQL(v any) error { return readEnum(e, v) }

// MarshalGQL writes e as a GraphQL enum value.
func (e Outcome) MarshalGQL(w io.Writer) { writeEnum(w, e) }

// UnmarshalGQL reads e; it refuses what is not one of its values.
func (e *Outcome) UnmarshalGQL(v any) error { return readEnum(e, v) }

// MarshalGQL writes e as a GraphQL enum value.
func (e EventKind) MarshalGQL(w io.Writer) { writeEnum(w, e) }

// UnmarshalGQL reads e; it refuses what is not one of its values.
func (e *EventKind) UnmarshalGQL(v any) error { return readEnum(e, v) }

// MarshalGQL writes e as a GraphQL enum value.
func (e PageStatus) MarshalGQL(w io.Writer) { writeEnum(w, e) }

// UnmarshalGQL reads e; it refuses what is not one of its values.
func (e *PageStatus) UnmarshalGQL(v any) error { return readEnum(e, v) }

// MarshalGQL writes e as a GraphQL enum value.
func (e Fetcher) MarshalGQL(w io.Writer) { writeEnum(w, e) }

// UnmarshalGQL reads e; it refuses what is not one of its values.
func (e *Fetcher) UnmarshalGQL(v any) error { return readEnum(e, v) }

// MarshalGQL writes e as a GraphQL enum value.
func (e FetcherChoice) MarshalGQL(w io.Writer) { writeEnum(w, e) }

// UnmarshalGQL reads e; it refuses what is not one of its values.
func (e *FetcherChoice) UnmarshalGQL(v any) error { return readEnum(e, v) }

// MarshalGQL writes e as a GraphQL enum value.
func (e Method) MarshalGQL(w io.Writer) { writeEnum(w, e) }

// UnmarshalGQL reads e; it refuses what is not one of its values.
func (e *Method) UnmarshalGQL(v any) error { return readEnum(e, v) }

// MarshalGQL writes e as a GraphQL enum value.
func (e FactStatus) MarshalGQL(w io.Writer) { writeEnum(w, e) }

// UnmarshalGQL reads e; it refuses what is not one of its values.
func (e *FactStatus) UnmarshalGQL(v any) error { return readEnum(e, v) }

// MarshalGQL writes e as a GraphQL enum value.
func (e Depth) MarshalGQL(w io.Writer) { writeEnum(w, e) }

// UnmarshalGQL reads e; it refuses what is not one of its values.
func (e *Depth) UnmarshalGQL(v any) error { return readEnum(e, v) }

// MarshalGQL writes e as a GraphQL enum value.
func (e ReportType) MarshalGQL(w io.Writer) { writeEnum(w, e) }

// UnmarshalGQL reads e; it refuses what is not one of its values.
func (e *ReportType) UnmarshalGQL(v any) error { return readEnum(e, v) }

// MarshalGQL writes e as a GraphQL enum value.
func (e ReportFormat) MarshalGQL(w io.Writer) { writeEnum(w, e) }

// UnmarshalGQL reads e; it refuses what is not one of its values.
func (e *ReportFormat) UnmarshalGQL(v any) error { return readEnum(e, v) }

// MarshalGQL writes e as a GraphQL enum value.
func (e RateLimitStatus) MarshalGQL(w io.Writer) { writeEnum(w, e) }

// UnmarshalGQL reads e; it refuses what is not one of its values.
func (e *RateLimitStatus) UnmarshalGQL(v any) error { return readEnum(e, v) }

// MarshalGQL writes e as a GraphQL enum value.
func (e Scope) MarshalGQL(w io.Writer) { writeEnum(w, e) }

// UnmarshalGQL reads e; it refuses what is not one of its values.
func (e *Scope) UnmarshalGQL(v any) error { return readEnum(e, v) }

// MarshalGQL writes e as a GraphQL enum value.
func (e ValueKind) MarshalGQL(w io.Writer) { writeEnum(w, e) }

// UnmarshalGQL reads e; it refuses what is not one of its values.
func (e *ValueKind) UnmarshalGQL(v any) error { return readEnum(e, v) }

// MarshalGQL writes e as a GraphQL enum value.
func (e ChangeKind) MarshalGQL(w io.Writer) { writeEnum(w, e) }

// UnmarshalGQL reads e; it refuses what is not one of its values.
func (e *ChangeKind) UnmarshalGQL(v any) error { return readEnum(e, v) }

// MarshalGQL writes e as a GraphQL enum value.
func (e Verdict) MarshalGQL(w io.Writer) { writeEnum(w, e) }

// UnmarshalGQL reads e; it refuses what is not one of its values.
func (e *Verdict) UnmarshalGQL(v any) error { return readEnum(e, v) }
