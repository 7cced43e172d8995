package fetch

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"techfacts.dev/techfacts/schema"
)

// unreachable is the one reason for every address that was denied, refused the
// connection or has no name, so that nobody learns which.
const unreachable = "the address cannot be reached"

// Why time ran out.
var (
	errNoHeader = errors.New("no response header in time")
	errNoEnd    = errors.New("no end of the response in time")
)

// Failure is how a fetch ended other than with a page.
type Failure struct { //nolint:errname // it is an outcome, and an error only on its way
	Outcome    schema.Outcome
	Reason     string        // fit for strangers
	Status     int           // of the last answer; 0 if there was none
	Temporary  bool          // it may succeed later
	Challenge  bool          // the server wants to see a browser first
	RetryAfter time.Duration // when to come back; 0 if unknown
	CrawlDelay time.Duration // as in [Response]
	cause      error
}

// Error gives the reason and, for the log, the cause.
func (f *Failure) Error() string {
	if f.cause == nil {
		return f.Reason
	}
	return f.Reason + ": " + f.cause.Error()
}

// Unwrap gives the cause.
func (f *Failure) Unwrap() error { return f.cause }

// failed makes a permanent failure.
func failed(outcome schema.Outcome, cause error, format string, args ...any) *Failure {
	return &Failure{Outcome: outcome, Reason: fmt.Sprintf(format, args...), cause: cause}
}

// temporary is f, but it may succeed later.
func (f *Failure) temporary() *Failure {
	f.Temporary = true
	return f
}

// with is f with the status of the answer that it is about.
func (f *Failure) with(status int) *Failure {
	f.Status = status
	return f
}

// notReached reports whether err kept us from connecting at all: denied, no
// such name, or refused. Time running out is something else.
func notReached(err error) bool {
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return true
	}
	op, ok := errors.AsType[*net.OpError](err)
	return errors.Is(err, errDenied) || ok && op.Op == "dial" && !op.Timeout()
}

// badTLS reports whether err is about certificates or the TLS protocol.
func badTLS(err error) bool {
	_, certificate := errors.AsType[*tls.CertificateVerificationError](err)
	_, record := errors.AsType[tls.RecordHeaderError](err)
	_, alert := errors.AsType[tls.AlertError](err)
	return certificate || record || alert || errors.Is(err, http.ErrSchemeMismatch)
}

func timedOut(err error) bool {
	n, ok := errors.AsType[net.Error](err)
	return errors.Is(err, errNoHeader) || errors.Is(err, errNoEnd) || ok && n.Timeout()
}

// brokenRequest says how a request to a server that answers for its robots.txt
// failed without an answer.
func brokenRequest(err error) *Failure {
	switch {
	case errors.Is(err, errDenied):
		return failed(schema.FetchBlocked, err, unreachable)
	case timedOut(err):
		return failed(schema.Timeout, err, "the server did not answer in time").temporary()
	case badTLS(err):
		return failed(schema.HTTPError, err, "the TLS certificate or protocol of the server is not valid")
	case notReached(err):
		return failed(schema.HTTPError, err, "the server cannot be reached at the moment").temporary()
	default:
		return failed(schema.HTTPError, err, "the server gave no valid response, or more than %d KiB of headers", maxHeader>>10).temporary()
	}
}

// brokenBody says how reading a body failed.
func brokenBody(err error, limit int64) *Failure {
	switch {
	case errors.Is(err, errTooLarge):
		return failed(schema.TooLarge, err, "the page is larger than %s", size(limit))
	case timedOut(err):
		return failed(schema.Timeout, err, "the server did not send the whole page in time").temporary()
	case errors.Is(err, errEncoding):
		return failed(schema.HTTPError, err, "the content encoding of the page is not supported")
	case errors.Is(err, io.ErrUnexpectedEOF):
		return failed(schema.HTTPError, err, "the connection broke off before the end of the page").temporary()
	default:
		return failed(schema.HTTPError, err, "the page could not be read to its end, or is damaged").temporary()
	}
}

// badStatus says what an answer other than a page, a redirect or "not modified" means.
func badStatus(status int, header http.Header, now time.Time) *Failure {
	f := failed(schema.HTTPError, nil, "%s", strings.TrimSpace("HTTP "+strconv.Itoa(status)+" "+http.StatusText(status))).with(status)
	switch {
	case status == http.StatusTooManyRequests:
		f.Outcome = schema.RateLimited
	case status == http.StatusRequestTimeout, status == http.StatusTooEarly, status >= 500:
	default:
		return f
	}
	f.RetryAfter = retryAfter(header.Get("Retry-After"), now)
	return f.temporary()
}

// retryAfter reads a Retry-After header, seconds or a date, as at most five minutes.
func retryAfter(value string, now time.Time) time.Duration {
	var wait time.Duration
	if seconds, err := strconv.ParseInt(strings.TrimSpace(value), 10, 64); err == nil {
		wait = time.Duration(min(seconds, int64(maxBackoff/time.Second))) * time.Second
	} else if at, err := http.ParseTime(value); err == nil {
		wait = at.Sub(now)
	}
	return max(0, min(wait, maxBackoff))
}

func size(n int64) string {
	if n >= 1<<20 && n%(1<<20) == 0 {
		return strconv.FormatInt(n>>20, 10) + " MiB"
	}
	return strconv.FormatInt(n, 10) + " bytes"
}
