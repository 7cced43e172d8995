package schema

import (
	"entgo.io/contrib/entgql"
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// RateLimitStatus is how a domain takes our requests.
type RateLimitStatus string

// The statuses of a domain.
const (
	RateLimitOpen       RateLimitStatus = "OPEN"
	RateLimitBackingOff RateLimitStatus = "BACKING_OFF"
	RateLimitExhausted  RateLimitStatus = "EXHAUSTED"
	RateLimitRefused    RateLimitStatus = "REFUSED"
)

// Values lists the statuses of a domain.
func (RateLimitStatus) Values() []string {
	return []string{"OPEN", "BACKING_OFF", "EXHAUSTED", "REFUSED"}
}

// RateLimit is what a domain is allowed and how much of it is used.
type RateLimit struct{ ent.Schema }

// Fields of a rate limit.
func (RateLimit) Fields() []ent.Field {
	return []ent.Field{
		idField(KindRateLimit),
		field.String("domain").Immutable().Annotations(order("DOMAIN")).
			Comment("The host, with its port unless it is the usual one."),
		field.Int("delay_ms").Optional().Nillable().Annotations(unfiltered()).
			Comment("The least time between two requests in milliseconds, if set here; else the settings and robots.txt decide."),
		field.Int("concurrency").Optional().Nillable().Annotations(unfiltered()).
			Comment("The most requests at a time, if set here; else the setting decides."),
		field.Int("daily_limit").Optional().Nillable().Annotations(unfiltered()).
			Comment("The most pages a day (UTC), if set here; else the setting decides."),
		field.Bool("robots_meta").Optional().Nillable().Annotations(unfiltered()).
			Comment("Whether noindex and nofollow of its pages are heeded, if set here; else the setting decides."),
		field.Int("crawl_delay_ms").Default(0).Annotations(unfiltered()).
			Comment("What its robots.txt asks for as Crawl-delay, in milliseconds; 0 if it does not ask."),
		field.Int("adaptive_delay_ms").Default(0).Annotations(unfiltered()).
			Comment("What its answers of 429 and 503 have made of the delay, in milliseconds: each doubles it, success eases it; 0 if it is as usual."),
		field.Int("used_today").Default(0).Annotations(order("USED_TODAY"), unfiltered()).
			Comment("Pages asked for on the day of `day`."),
		field.Int("used_total").Default(0).Annotations(order("USED_TOTAL"), unfiltered()).
			Comment("Pages asked for ever."),
		field.String("day").Default("").Annotations(unfiltered()).
			Comment("The day (UTC, YYYY-MM-DD) that usedToday counts."),
		field.Int("strikes").Default(0).Annotations(unfiltered()).
			Comment("Answers of 429 or 503 in a row."),
		field.Int("refusals").Default(0).Annotations(unfiltered()).
			Comment("Answers of 401, 403 or 451 in a row."),
		field.Enum("status").GoType(RateLimitStatus("")).Default(string(RateLimitOpen)).
			Comment("How the domain takes our requests; REFUSED means that someone should look: it refused many in a row."),
		field.Time("next_allowed_at").Default(Now).Annotations(order("NEXT_ALLOWED_AT"), unfiltered()).
			Comment("When the next request may go out."),
		field.Time("backoff_until").Optional().Nillable().Annotations(unfiltered()).
			Comment("Until when the domain asked us to stay away."),
		field.Time("updated_at").Default(Now).Annotations(unfiltered()).
			Comment("When this row last changed."),
	}
}

// Indexes of a rate limit.
func (RateLimit) Indexes() []ent.Index { return []ent.Index{index.Fields("domain").Unique()} }

// Annotations of a rate limit.
func (RateLimit) Annotations() []schema.Annotation {
	return []schema.Annotation{
		entgql.RelayConnection(), entgql.QueryField().Description("Rate limits, by filter and in order."), entgql.MultiOrder(),
		schema.Comment("What a domain is allowed, and how much of it is used."),
	}
}
