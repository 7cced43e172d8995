// Package document turns the HTML of a documentation page into Markdown, and
// reads that Markdown back as blocks whose positions are exact. The Markdown is
// what is stored, quoted and shown; nothing later looks at the HTML again.
package document
