package fetch

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"techfacts.dev/techfacts/schema"
)

// service is another program that gets pages for us. Its address is the
// operator's: the guard keeps pages away from it, and us from handing it a URL
// that we must not ask for ourselves.
type service struct {
	name     string
	endpoint string
	header   http.Header
	http     *HTTP // whose limits hold
	client   *http.Client
}

func newService(h *HTTP, name, endpoint, key string) service {
	s := service{name: name, endpoint: endpoint, http: h, header: http.Header{"Content-Type": {"application/json"}, "User-Agent": {h.userAgent}}}
	if key != "" {
		s.header.Set("Authorization", "Bearer "+key)
	}
	s.client = &http.Client{
		Transport:     &http.Transport{Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true, MaxResponseHeaderBytes: maxHeader, IdleConnTimeout: time.Minute},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return s
}

// patience is how long the service may take, in milliseconds: less than we wait
// for it, so that it is the one to say that time is up.
func (s service) patience(ctx context.Context) int64 {
	left := s.http.timeout
	if deadline, ok := ctx.Deadline(); ok {
		left = min(left, time.Until(deadline))
	}
	return (left * 9 / 10).Milliseconds()
}

// found is a page as a service tells of it.
type found struct {
	url, html string
	status    int
}

// ask has the service get the page of r: it sends question, and answer makes a
// page of what came back with a status of 200, or says what is wrong with it. All
// else is a failure, too: nobody waits for an answer that is not one.
func (s service) ask(ctx context.Context, r Request, by schema.Fetcher, question any, answer func(body []byte) (found, *Failure)) (Response, error) {
	if err := s.http.judge(ctx, r.URL); err != nil {
		if ctx.Err() != nil {
			return Response{}, s.unanswered(ctx, err)
		}
		return Response{}, failed(schema.FetchBlocked, err, unreachable)
	}
	body, err := json.Marshal(question)
	if err != nil {
		return Response{}, fmt.Errorf("ask %s: %w", s.name, err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.endpoint, bytes.NewReader(body))
	if err != nil {
		return Response{}, fmt.Errorf("ask %s: %w", s.name, err)
	}
	req.Header = s.header.Clone()
	resp, err := s.client.Do(req)
	if err != nil {
		return Response{}, s.unanswered(ctx, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return Response{}, s.refused(resp)
	}
	limit := 2*s.http.maxBody + 64<<10 // a page, with some of it escaped
	text, release, err := s.http.room.readAll(ctx, r.clock, &capped{r: resp.Body, limit: limit})
	result := Response{release: release}
	if err != nil {
		result.Close()
		if ctx.Err() != nil {
			return Response{}, s.unanswered(ctx, err)
		}
		return Response{}, s.brokenOff(err)
	}
	page, failure := answer(text)
	if failure == nil {
		failure = s.check(ctx, r, page, &result)
	}
	if failure != nil {
		result.Close()
		return Response{}, failure
	}
	result.Fetcher, result.ContentType, result.Status = by, "text/html", page.status
	result.Body, result.Bytes = clean([]byte(page.html)), int64(len(text))
	return result, nil
}

// check says what is wrong with a page that a service has found, and notes where
// that was.
func (s service) check(ctx context.Context, r Request, page found, result *Response) *Failure {
	switch {
	case page.status == 0:
		return failed(schema.Failed, nil, "%s does not say how the server answered", s.name).temporary()
	case page.status < 200 || page.status >= 300:
		return badStatus(page.status, nil, s.http.now())
	case int64(len(page.html)) > s.http.maxBody:
		return brokenBody(errTooLarge, s.http.maxBody).with(page.status)
	case page.url == "":
		result.URL = r.URL
		return nil
	}
	at, err := ParseURL(page.url)
	if err == nil && at != r.URL {
		err = s.http.judge(ctx, at)
	}
	if err != nil {
		return failed(schema.FetchBlocked, err, "it leads to an address that is not admitted")
	}
	result.URL = at
	return nil
}

// unanswered says why there is no answer.
func (s service) unanswered(ctx context.Context, err error) *Failure {
	if ctx.Err() != nil {
		return failed(schema.Timeout, context.Cause(ctx), "%s did not answer in time", s.name).temporary()
	}
	return failed(schema.Failed, err, "%s cannot be reached at the moment", s.name).temporary()
}

func (s service) brokenOff(err error) *Failure {
	if f := brokenBody(err, s.http.maxBody); f.Outcome == schema.TooLarge {
		return f
	}
	return failed(schema.Failed, err, "the answer of %s broke off", s.name).temporary()
}

func (s service) garbled(err error) *Failure {
	return failed(schema.Failed, err, "the answer of %s is not what it should be", s.name).temporary()
}

// refused says what an answer other than 200 of the service means. It says
// nothing of the server that was to be asked.
func (s service) refused(resp *http.Response) *Failure {
	status := strings.TrimSpace(fmt.Sprintf("HTTP %d %s", resp.StatusCode, http.StatusText(resp.StatusCode)))
	f := failed(schema.Failed, nil, "%s answers %s", s.name, status)
	switch {
	case resp.StatusCode == http.StatusTooManyRequests:
		f.Outcome = schema.RateLimited
	case resp.StatusCode == http.StatusRequestTimeout, resp.StatusCode == http.StatusGatewayTimeout:
		f.Outcome = schema.Timeout
	case resp.StatusCode < 500:
		return f
	}
	f.RetryAfter = retryAfter(resp.Header.Get("Retry-After"), s.http.now())
	return f.temporary()
}
