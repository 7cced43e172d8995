package app_test

import "testing"

func TestChangesOfRateLimitsAreNews(t *testing.T) {
	eachService(t, func(s *service) {
		set := func(domain string, delay int) {
			s.ask(`mutation ($d: String!, $ms: Int!) { setRateLimit(input: {domain: $d, delayMs: $ms}) { rateLimit { id } } }`,
				map[string]any{"d": domain, "ms": delay}, &struct{}{})
		}
		set("a.example", 1)
		k := s.subscribe(`subscription { rateLimitUpdated(where: {domain: "a.example"}) { domain delayMs status } }`, nil)
		// When the subscription begins is not told: so the limit is changed until news comes.
		type news struct {
			RateLimitUpdated struct {
				Domain, Status string
				DelayMs        int
			}
		}
		arrived := make(chan news)
		go func() {
			var m news
			k.next(&m)
			arrived <- m
		}()
		for delay := 2; ; delay++ {
			set("b.example", delay)
			set("a.example", delay)
			select {
			case m := <-arrived:
				if got := m.RateLimitUpdated; got.Domain != "a.example" || got.DelayMs < 2 || got.Status != "OPEN" {
					s.Errorf("news %+v", got)
				}
				return
			default:
			}
		}
	})
}
