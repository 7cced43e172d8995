// Package schema is the written truth about what techfacts stores and what it
// can be asked: one noun is noun.go (stored, read by ent) and noun.graphql
// (asked, read by gqlgen). ent/ and graph/ are generated from it. It imports
// nothing of ours and has no hooks: rules live with the noun's owner.
package schema
