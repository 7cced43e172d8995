package schema

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"
)

// Kind is the type that an id carries.
type Kind byte

// The kinds of ids. They are stored inside ids: never renumber.
const (
	KindJob Kind = 1 + iota
	KindJobItem
	KindJobEvent
	KindPage
	KindSnapshot
	KindFact
	KindProfile
	KindReport
	KindRateLimit
	KindKey
	KindAuditEntry
	KindFactChange
	KindReview
	KindRequirementSet
)

// Tables names the table of each kind.
func (k Kind) table() string {
	switch k {
	case KindJob:
		return "jobs"
	case KindJobItem:
		return "job_items"
	case KindJobEvent:
		return "job_events"
	case KindPage:
		return "pages"
	case KindSnapshot:
		return "snapshots"
	case KindFact:
		return "facts"
	case KindProfile:
		return "profiles"
	case KindReport:
		return "reports"
	case KindRateLimit:
		return "rate_limits"
	case KindKey:
		return "api_keys"
	case KindAuditEntry:
		return "audit_entries"
	case KindFactChange:
		return "fact_changes"
	case KindReview:
		return "reviews"
	case KindRequirementSet:
		return "requirement_sets"
	}
	return ""
}

// ids numbers what one process makes within a millisecond.
//
//nolint:gochecknoglobals // one order per process is the point; it holds no configuration
var ids struct {
	sync.Mutex
	milli, count uint64
}

// counterBits is the room for ids within one millisecond: 19 bits, 524,288 ids.
// A process that makes more borrows from the next millisecond.
const counterBits = 19

// NewID makes an id of kind k. Ids made by one process sort in the order in
// which they were made, ids of different processes by their clocks to the
// millisecond. The layout is RFC 9562 version 8: 48 bits milliseconds, version,
// 5 bits kind and 7 bits counter, variant, 12 bits counter and 50 random bits.
func NewID(k Kind) uuid.UUID {
	milli, count := next(uint64(time.Now().UnixMilli()))
	var u uuid.UUID
	_, _ = rand.Read(u[8:]) // never fails: crypto/rand
	binary.BigEndian.PutUint64(u[:8], milli<<16|0x8000|uint64(k)<<7|count>>12)
	binary.BigEndian.PutUint16(u[8:10], uint16(0x8000|(count&0xfff)<<2)|uint16(u[9]&0x03)) //nolint:gosec // masked
	return u
}

// Floor is an id of kind k that comes before all that are made from t on.
func Floor(k Kind, t time.Time) uuid.UUID {
	var u uuid.UUID
	binary.BigEndian.PutUint64(u[:8], uint64(t.UnixMilli())<<16|0x8000|uint64(k)<<7)
	u[8] = 0x80
	return u
}

func next(now uint64) (milli, count uint64) {
	ids.Lock()
	defer ids.Unlock()
	switch {
	case now > ids.milli:
		ids.milli, ids.count = now, 0
	case ids.count+1 < 1<<counterBits:
		ids.count++
	default:
		ids.milli, ids.count = ids.milli+1, 0
	}
	return ids.milli, ids.count
}

// newID is NewID in the form that ent wants for a default.
func newID(k Kind) func() uuid.UUID { return func() uuid.UUID { return NewID(k) } }

// KindOf tells the kind that id carries; 0 if it is none of ours.
func KindOf(id uuid.UUID) Kind {
	if id[6]>>4 != 8 {
		return 0
	}
	k := Kind((id[6]&0x0f)<<1 | id[7]>>7)
	if k.table() == "" {
		return 0
	}
	return k
}

// TableOf names the table that holds id.
func TableOf(id uuid.UUID) (string, error) {
	k := KindOf(id)
	if k == 0 {
		return "", fmt.Errorf("%s is not an id of techfacts", id)
	}
	return k.table(), nil
}
