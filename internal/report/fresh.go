package report

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"fmt"

	"techfacts.dev/techfacts/internal/store"
	"techfacts.dev/techfacts/schema"
)

// FactsHash tells whether companies still document the same: it is another one as
// soon as a fact of theirs has come, ended or come back, was rejected or edited, says
// something else, or went to another company with its page. Reading one anew changes nothing.
func FactsHash(ctx context.Context, s *store.Store, companies []string) (string, error) {
	args := append(anys(companies), string(schema.FactActive))
	rows, err := s.Rows(ctx, `select id, company, category, statement, quote, qualifiers, confidence from facts
where company in (`+marks(len(companies))+`) and status = ? order by id`, args...)
	if err != nil {
		return "", fmt.Errorf("read facts: %w", err)
	}
	defer rows.Close()
	var row [7]sql.RawBytes
	columns := make([]any, len(row))
	for i := range row {
		columns[i] = &row[i]
	}
	h := sha256.New() // writing to it never fails
	var size [8]byte
	for rows.Next() {
		if err := rows.Scan(columns...); err != nil {
			return "", fmt.Errorf("read facts: %w", err)
		}
		for _, column := range row {
			binary.BigEndian.PutUint64(size[:], uint64(len(column)))
			_, _ = h.Write(size[:])
			_, _ = h.Write(column)
		}
	}
	if err := rows.Err(); err != nil {
		return "", fmt.Errorf("read facts: %w", err)
	}
	return hex.EncodeToString(h.Sum(nil)[:16]), nil
}
