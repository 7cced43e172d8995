// Package document turns pages of documentation, HTML above all, into Markdown,
// and reads that Markdown back as blocks whose positions are exact. The Markdown
// is what is stored, quoted and shown; nothing later looks at the page again.
package document
