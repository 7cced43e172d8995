package search

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/google/uuid"
	"techfacts.dev/techfacts/ent"
	"techfacts.dev/techfacts/ent/fact"
	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/internal/store"
)

// embed stores the vectors of facts. Texts that the endpoint will not take are
// left without, and named in the log.
func (v *Embeddings) embed(ctx context.Context, bare []statement) error {
	texts := make([]string, len(bare))
	for i, s := range bare {
		texts[i] = s.text
	}
	list, err := v.Embedder.Embed(ctx, texts)
	if fault.Is(err, fault.Invalid) {
		if len(bare) == 1 {
			v.Log.WarnContext(ctx, "a fact has no vector", slog.String("fact_id", bare[0].id.String()), slog.Any("error", err))
			return nil
		}
		half := len(bare) / 2
		if err := v.embed(ctx, bare[:half]); err != nil {
			return err
		}
		return v.embed(ctx, bare[half:])
	}
	if err != nil {
		return err
	}
	vectors := make(map[uuid.UUID][]float32, len(bare))
	for i, s := range bare {
		if normalize(list[i]) {
			vectors[s.id] = list[i]
		}
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
