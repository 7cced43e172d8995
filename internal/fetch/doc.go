// Package fetch reads the web politely and safely. It says what a URL is and
// which belong to a crawl, asks robots.txt before every request, connects only
// to addresses that the [Guard] lets through, and bounds what it reads in time
// and size. It never retries and keeps no page; what went wrong is a [Failure]
// with an outcome and words fit for strangers.
package fetch
