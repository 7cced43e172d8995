// Package crawl decides what a crawl reads, and in which order: which links of
// a page lead on, which pages come first, and which are one and the same. It
// asks nothing of the network but for a [Preview].
package crawl
