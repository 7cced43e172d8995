// Package techfacts is the root of a service that reads vendors' documentation,
// extracts facts with the words that prove them, and serves them over GraphQL.
// It holds no code; this is the map:
//
//	schema/      what is stored (ent) and what can be asked (SDL): the written truth
//	ent/ graph/  generated from schema/, committed, never edited
//	resolvers/   GraphQL in, one call to the core
//	worker/      the steps of background work, and the pool that runs them
//	internal/    the house: app, server, job, queue, fetch, document, extract, store, event, fault
//	cmd/         the program
//	docs/        decisions (adr), the API, operations
//
// How the parts fit is told in README.md; who may import whom in arch_test.go.
package techfacts

//go:generate go run ./schema/generate
