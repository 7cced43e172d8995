package schema

import "io"

// DiffLineKind is in which of two texts a line stands.
type DiffLineKind string

// The kinds of lines.
const (
	DiffKept    DiffLineKind = "KEPT"
	DiffAdded   DiffLineKind = "ADDED"
	DiffRemoved DiffLineKind = "REMOVED"
)

// Values lists the kinds of lines.
func (DiffLineKind) Values() []string { return []string{"KEPT", "ADDED", "REMOVED"} }

// MarshalGQL writes e as a GraphQL enum value.
func (e DiffLineKind) MarshalGQL(w io.Writer) { writeEnum(w, e) }

// UnmarshalGQL reads e; it refuses what is not one of its values.
func (e *DiffLineKind) UnmarshalGQL(v any) error { return readEnum(e, v) }

// DiffHunk is one change with the lines around it. Lines count from 1.
type DiffHunk struct {
	FromLine, ToLine int
	Lines            []*DiffLine
}

// DiffLine is one line of a change.
type DiffLine struct {
	Kind DiffLineKind
	Text string
}
