package extract

import (
	"context"
	"fmt"

	"techfacts.dev/techfacts/ent"
	"techfacts.dev/techfacts/internal/document"
)

// BoilerplateOf is the boilerplate of a domain as the last extraction found it: what
// no fact is taken from. There is none of a domain that is not known.
func BoilerplateOf(ctx context.Context, client *ent.Client, domain string) (document.Boilerplate, error) {
	row, err := client.Boilerplate.Get(ctx, domain)
	if ent.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read boilerplate of %s: %w", domain, err)
	}
	return document.UnpackMarks(row.Blocks), nil
}
