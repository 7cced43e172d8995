// Package web holds the pages that techfacts serves to browsers, as make web
// has built them. What is built is committed: to build techfacts needs no Node.
package web

import (
	"embed"
	"io/fs"
)

//go:embed all:dist
var dist embed.FS

// GraphiQL is its page, index.html, and below assets/ what the page needs, under
// names that change with what they name.
func GraphiQL() fs.FS {
	sub, err := fs.Sub(dist, "dist/graphiql")
	if err != nil {
		panic(err) // cannot happen: the path is a valid one
	}
	return sub
}
