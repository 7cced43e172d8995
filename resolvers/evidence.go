package resolvers

import (
	"context"

	"github.com/google/uuid"
	"techfacts.dev/techfacts/graph"
)

func (r *Resolver) verify(_ context.Context, _ []uuid.UUID) ([]*graph.Evidence, error) {
	return nil, nil
}
