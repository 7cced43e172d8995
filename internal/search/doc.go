// Package search finds facts and pages by their words and, where there is an
// embedding endpoint, by their meaning. What it knows is derived from the
// database, and kept equal to it by following the outbox: losing an index costs
// time, never a fact. [Engine] answers; [Memory] and [Qdrant] are the two places
// to keep an index, and give the same hits in the same order.
package search
