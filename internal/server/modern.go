package server

import (
	"context"
	"encoding/json"
	"unicode/utf8"

	"github.com/vektah/gqlparser/v2/gqlerror"
)

// modern is graphql-transport-ws, which closes the socket on whatever is not
// as it should be.
type modern struct{}

func (modern) result(id string, result []byte) []byte { return frame("next", id, result) }

func (modern) failed(id string, errs gqlerror.List) []byte {
	return frame("error", id, marshalErrors(errs))
}

func (modern) alive() []byte { return nil } // the websocket's own pings are enough

func (modern) farewell(closeError) []byte { return nil } // the code says it

// receive does what a message says, or returns why the socket must be closed.
func (p modern) receive(ctx context.Context, s *socket, data []byte) error {
	var m struct {
		ID      string          `json:"id"`
		Type    string          `json:"type"`
		Payload json.RawMessage `json:"payload"`
	}
	if !utf8.Valid(data) || json.Unmarshal(data, &m) != nil {
		return invalidMessage("it is not JSON as the protocol has it")
	}
	switch m.Type {
	case "connection_init":
		return s.greet(ctx, m.Payload)
	case "ping":
		if _, ok := object(m.Payload); !ok {
			return invalidMessage("the payload must be an object")
		}
		s.send(ctx, message{data: frame("pong", "", m.Payload)})
		return nil
	case "pong":
		return nil
	case "subscribe":
		return p.subscribe(ctx, s, m.ID, m.Payload)
	case "complete":
		if m.ID == "" {
			return invalidMessage("it has no id")
		}
		s.drop(m.ID)
		return nil
	default:
		return invalidMessage("its type is not known")
	}
}

func (modern) subscribe(ctx context.Context, s *socket, id string, payload json.RawMessage) error {
	if !s.ready {
		return errUnauthorized
	}
	if id == "" {
		return invalidMessage("it has no id")
	}
	params, refusal := decodeParams(payload)
	if refusal != nil {
		return invalidMessage(refusal.Message)
	}
	switch known, running := s.running(id); {
	case known:
		return closeError{4409, "Subscriber for " + id + " already exists"}
	case running >= s.engine.limits.Operations:
		return errTooBusy
	}
	return s.start(ctx, id, params)
}
