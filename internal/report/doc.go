// Package report lays companies side by side and writes reports. It is the only
// writer of entries, which say what each fact tells of the rows of a comparison,
// of reports, and of requirement sets, which companies are held against. A comparison is exact about what it does not know: that nothing
// is documented is not the same as no, and not the same as that nobody has looked.
package report
