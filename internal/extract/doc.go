// Package extract turns the text of a page into facts with the words that prove
// them. It takes text and gives values: nothing here reads a clock, a network or
// a file, and the same page gives the same facts. No evidence, no fact: a quote
// is cut from the text where its span says, and every number of a statement
// stands in it.
package extract
