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
	from := ` from facts where company in (` + marks(len(companies)) + `) and status = ?`
	if s.Postgres() {
		return hashThere(ctx, s, from, args)
	}
	return hashHere(ctx, s, from, args)
}

// hashThere has PostgreSQL hash each fact, id and all, so that the facts need not be moved. What comes
// of it does not depend on their order.
func hashThere(ctx context.Context, s *store.Store, from string, args []any) (string, error) {
	rows, err := s.Rows(ctx, `select count(*), coalesce(bit_xor(uuid_hash_extended(id, hashtextextended(company, hashtextextended(category, hashtextextended(statement,
  hashtextextended(quote, jsonb_hash_extended(coalesce(qualifiers, 'null'), hashfloat8extended(confidence, 0)))))))), 0)`+from, args...)
	if err != nil {
		return "", fmt.Errorf("hash facts: %w", err)
	}
	defer rows.Close()
	var n, sum int64
	for rows.Next() {
		if err := rows.Scan(&n, &sum); err != nil {
			return "", fmt.Errorf("hash facts: %w", err)
		}
	}
	if err := rows.Err(); err != nil {
		return "", fmt.Errorf("hash facts: %w", err)
	}
	return fmt.Sprintf("%x-%016x", n, uint64(sum)), nil //nolint:gosec // bits
}

// hashHere hashes the facts of SQLite, which is here, in their order.
func hashHere(ctx context.Context, s *store.Store, from string, args []any) (string, error) {
	rows, err := s.Rows(ctx, `select id, company, category, statement, quote, qualifiers, confidence`+from+` order by id`, args...)
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
