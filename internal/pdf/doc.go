// Package pdf reads the text of PDF files, page by page. It is for files from
// strangers: what it takes of time and memory is bounded by the size of the file
// and by limits here, never by a number that stands in the file. It knows no
// encryption, no pictures and no forms.
package pdf
