// Package extract turns the text of a page into facts with the words that prove
// them. It takes text and gives values: the rules read no clock, no network and
// no file, and the same page gives the same facts; a model is asked where to look
// and believed nothing. No evidence, no fact: a quote is cut from the text where
// its span says, and every number of a statement stands in it.
package extract
