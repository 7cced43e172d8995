package search

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/google/uuid"
	"techfacts.dev/techfacts/ent"
	"techfacts.dev/techfacts/ent/fact"
	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/internal/store"
)

// errNoDirection says that a vector is all zeros, or has what is no number.
var errNoDirection = errors.New("the embedding endpoint gave a vector without a direction")

// anyText is what every model takes.
const anyText = "limit"

// embed stores the vectors of facts. Texts that the endpoint does not take are
// left without, and named in the log; it fails with UNAVAILABLE if it takes no
// text at all, for then the texts are not to blame.
func (v *Embeddings) embed(ctx context.Context, bare []statement) error {
	err := v.vectors(ctx, bare)
	if !fault.Is(err, fault.Invalid) {
		return err
	}
	if _, err := v.Embedder.Embed(ctx, []string{anyText}); fault.Is(err, fault.Invalid) {
		return fault.Wrap(fault.Unavailable, err, "the embedding endpoint takes no text at all")
	} else if err != nil {
		return err
	}
	return v.parts(ctx, bare, err)
}

// parts stores the vectors of facts that the endpoint refused together.
func (v *Embeddings) parts(ctx context.Context, bare []statement, refused error) error {
	if len(bare) == 1 {
		v.bare(ctx, bare[0], refused)
		return nil
	}
	half := len(bare) / 2
	for _, part := range [][]statement{bare[:half], bare[half:]} {
		err := v.vectors(ctx, part)
		if fault.Is(err, fault.Invalid) {
			err = v.parts(ctx, part, err)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// bare says that a fact stays without a vector.
func (v *Embeddings) bare(ctx context.Context, s statement, why error) {
	v.Log.WarnContext(ctx, "a fact has no vector", slog.String("fact_id", s.id.String()), slog.Any("error", why))
}

// vectors stores the vectors of facts, all or none.
func (v *Embeddings) vectors(ctx context.Context, bare []statement) error {
	texts := make([]string, len(bare))
	for i, s := range bare {
		texts[i] = s.text
	}
	list, err := v.Embedder.Embed(ctx, texts)
	if err != nil {
		return err
	}
	vectors := make(map[uuid.UUID][]float32, len(bare))
	for i, s := range bare {
		if !normalize(list[i]) {
			v.bare(ctx, s, errNoDirection)
			continue
		}
		vectors[s.id] = list[i]
	}
	if err := v.store(ctx, vectors); err != nil {
		return fmt.Errorf("store vectors: %w", err)
	}
	v.Publish(v.Topic)
	if v.checked {
		return nil
	}
	v.checked = true
	return v.renew(ctx, len(list[0]))
}

// renew forgets the vectors of another dimension, which the model gave under the
// same name before, and has their facts embedded again.
func (v *Embeddings) renew(ctx context.Context, dimension int) error {
	forgotten := 0
	err := v.Store.Tx(ctx, func(tx *store.Tx) (err error) {
		forgotten, err = tx.Exec(ctx, `DELETE FROM embeddings WHERE model = ? AND length(vector) <> ?`, v.Model, 4*dimension)
		return err
	})
	if err != nil || forgotten == 0 {
		return err
	}
	v.Log.InfoContext(ctx, "the model has other dimensions than before: vectors are made anew", slog.Int("vectors", forgotten), slog.Int("dimension", dimension))
	return v.all(ctx)
}

// store writes vectors of facts that are still there.
func (v *Embeddings) store(ctx context.Context, vectors map[uuid.UUID][]float32) error {
	ids := make([]uuid.UUID, 0, len(vectors))
	for id := range vectors {
		ids = append(ids, id)
	}
	return v.Store.Tx(ctx, func(tx *store.Tx) error {
		there, err := tx.Ent.Fact.Query().Where(fact.IDIn(ids...)).IDs(ctx)
		if err != nil || len(there) == 0 {
			return err
		}
		rows := make([]*ent.EmbeddingCreate, len(there))
		for i, id := range there {
			rows[i] = tx.Ent.Embedding.Create().SetFactID(id).SetModel(v.Model).SetVector(encodeVector(vectors[id]))
		}
		return tx.Ent.Embedding.CreateBulk(rows...).OnConflictColumns("fact_id", "model").UpdateNewValues().Exec(ctx)
	})
}
