package server

import (
	"context"
	"encoding/json"
	"unicode/utf8"

	"github.com/gorilla/websocket"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"techfacts.dev/techfacts/internal/fault"
)

// legacy is graphql-ws, the protocol of the package subscriptions-transport-ws.
// It has a message for what is wrong with a message, and closes the socket only
// on a client that is not let in, or has not asked to be. An id that is used
// again replaces the operation that has it: so its own server does.
type legacy struct{}

func (legacy) result(id string, result []byte) []byte { return frame("data", id, result) }

// failed has the first of the errors as its payload, as the protocol wants, and
// beside it all of them, which its client prefers.
func (legacy) failed(id string, errs gqlerror.List) []byte {
	payload, err := json.Marshal(struct {
		*gqlerror.Error
		Errors json.RawMessage `json:"errors"`
	}{errs[0], marshalErrors(errs)})
	if err != nil {
		panic(err) // cannot happen: public makes them of strings and numbers
	}
	return frame("error", id, payload)
}

func (legacy) alive() []byte { return frame("ka", "", nil) }

func (legacy) farewell(why closeError) []byte {
	if why.code < 4000 {
		return nil // the protocol has nothing against this client
	}
	return connectionError(why.reason)
}

func connectionError(why string) []byte {
	payload, err := json.Marshal(map[string]string{"message": why})
	if err != nil {
		panic(err) // cannot happen: strings
	}
	return frame("connection_error", "", payload)
}

func (p legacy) receive(ctx context.Context, s *socket, data []byte) error {
	var m struct {
		ID      string          `json:"id"`
		Type    string          `json:"type"`
		Payload json.RawMessage `json:"payload"`
	}
	if !utf8.Valid(data) || json.Unmarshal(data, &m) != nil {
		s.send(ctx, message{data: connectionError("the message is not JSON as the protocol has it")})
		return nil //nolint:nilerr // the client has been told, and may go on
	}
	switch m.Type {
	case "connection_init":
		return s.greet(ctx, m.Payload)
	case "connection_terminate":
		return closeError{websocket.CloseNormalClosure, ""}
	case "start":
		return p.start(ctx, s, m.ID, m.Payload)
	case "stop":
		s.drop(m.ID)
		return nil
	default:
		p.refuse(ctx, s, m.ID, fault.New(fault.Invalid, "the type of the message is not known"))
		return nil
	}
}

func (p legacy) start(ctx context.Context, s *socket, id string, payload json.RawMessage) error {
	if !s.ready {
		return errUnauthorized
	}
	params, refusal := decodeParams(payload)
	if id == "" || refusal != nil {
		if id == "" {
			refusal = fault.New(fault.Invalid, "the message has no id")
		}
		p.refuse(ctx, s, id, refusal)
		return nil
	}
	s.drop(id)
	if _, running := s.running(id); running >= s.engine.limits.Operations {
		p.refuse(ctx, s, id, fault.New(fault.Limited, "too many operations: the limit is %d", s.engine.limits.Operations))
		return nil
	}
	return s.start(ctx, id, params)
}

// refuse says what is wrong with a message, or with the operation of that id.
func (p legacy) refuse(ctx context.Context, s *socket, id string, why *fault.Error) {
	if id == "" {
		s.send(ctx, message{data: connectionError(why.Message)})
		return
	}
	s.send(ctx, message{data: p.failed(id, gqlerror.List{public(ctx, why)})})
}
