package server

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"time"

	"techfacts.dev/techfacts/internal/fault"
)

// Health tells whether requests can be answered.
type Health struct {
	// Ready gives an error while they cannot. What a client sees of it is what
	// it sees of any error: the words of a coded one, nothing of another.
	// A nil Ready is always ready.
	Ready func(context.Context) error
	// Degraded names what does not work although requests can be answered, in
	// words fit for a stranger. It must not wait. Nil: nothing can be.
	Degraded func() []string
}

// readyWithin is how long Ready may take; then it is not.
const readyWithin = 3 * time.Second

type status struct {
	Status string `json:"status"`
	Reason string `json:"reason,omitempty"`
	// Degraded stands beside a Status of "degraded".
	Degraded []string `json:"degraded,omitempty"`
}

// live answers as long as anything does.
func (a *api) live(w http.ResponseWriter, _ *http.Request) {
	respondStatus(w, http.StatusOK, status{Status: "ok"})
}

func (a *api) ready(w http.ResponseWriter, r *http.Request) {
	if a.health.Ready != nil {
		ctx, cancel := context.WithTimeoutCause(r.Context(), readyWithin,
			fault.New(fault.Unavailable, "what it needs did not answer within %s", readyWithin))
		defer cancel()
		if err := a.health.Ready(ctx); err != nil {
			a.log.WarnContext(ctx, "not ready", slog.Any("error", err))
			respondStatus(w, http.StatusServiceUnavailable, status{Status: "unavailable", Reason: classify(ctx, err).Message})
			return
		}
	}
	if a.health.Degraded != nil {
		if names := a.health.Degraded(); len(names) > 0 {
			respondStatus(w, http.StatusOK, status{Status: "degraded", Degraded: names})
			return
		}
	}
	respondStatus(w, http.StatusOK, status{Status: "ok"})
}

func respondStatus(w http.ResponseWriter, code int, s status) {
	body, err := json.Marshal(s)
	if err != nil {
		panic(err) // cannot happen: strings
	}
	respond(w, code, mediaJSON, body)
}
