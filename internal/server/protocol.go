package server

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/vektah/gqlparser/v2/gqlerror"
	"techfacts.dev/techfacts/internal/access"
	"techfacts.dev/techfacts/internal/fault"
)

// protocol is what is said over a socket. What both have in common, the socket
// does itself.
type protocol interface {
	// receive does what a message says, or returns why the socket must be closed.
	receive(ctx context.Context, s *socket, data []byte) error
	result(id string, result []byte) []byte
	failed(id string, errs gqlerror.List) []byte // instead of any result, and the last of that operation
	alive() []byte                               // nil if it has no such message
	farewell(why closeError) []byte              // before the close; nil if it has no such message
}

// greet lets in who has the key.
func (s *socket) greet(ctx context.Context, payload json.RawMessage) error {
	if s.greeted {
		return errSecondInit
	}
	s.greeted = true
	params, ok := object(payload)
	if !ok {
		return invalidMessage("the payload must be an object")
	}
	if !s.trusted {
		caller, err := s.engine.keys.Identify(ctx, keys(params)...)
		switch {
		case errors.Is(err, access.ErrMissing):
			return errUnauthorized
		case fault.Is(err, fault.Unauthenticated):
			return errForbidden
		case err != nil:
			return errUnchecked
		}
		s.caller = caller
	}
	s.release = s.engine.keys.Hold(s.caller, func(why error) {
		s.close(closeError{errUnauthorized.code, errUnauthorized.reason + ": " + fault.Of(why).Message})
	})
	if s.init.Stop() {
		s.ready = true
		s.send(ctx, message{data: frame("connection_ack", "", nil)})
		if alive := s.speaks.alive(); alive != nil {
			s.send(ctx, message{data: alive})
			s.acknowledged.Store(true)
		}
	}
	return nil
}

// keys are what connection_init has brought as one.
func keys(params map[string]any) (list []string) {
	for name, value := range params {
		key, ok := value.(string)
		if !ok {
			continue
		}
		switch strings.ToLower(name) {
		case "authorization":
			list = append(list, bearer(key))
		case "apikey", "x-api-key":
			list = append(list, key)
		}
	}
	return list
}

// running tells whether there is an operation of that id, and how many there
// are at all.
func (s *socket) running(id string) (known bool, all int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, known = s.streams[id]
	return known, len(s.streams)
}

// drop ends the operation of that id, if there is one: it may have ended by
// itself a moment ago.
func (s *socket) drop(id string) {
	s.mu.Lock()
	st := s.streams[id]
	delete(s.streams, id)
	s.mu.Unlock()
	if st != nil {
		st.dropped.Store(true)
		st.stop()
	}
}

// object reads what may be an object, null, or not there.
func object(b json.RawMessage) (map[string]any, bool) {
	if len(b) == 0 {
		return nil, true
	}
	var m map[string]any
	err := json.Unmarshal(b, &m)
	return m, err == nil
}

// frame writes a message of the protocol. The payload is JSON, or nil.
func frame(kind, id string, payload []byte) []byte {
	var b bytes.Buffer
	b.Grow(len(payload) + len(id) + 48)
	b.WriteString(`{"type":"`)
	b.WriteString(kind)
	b.WriteByte('"')
	if id != "" {
		quoted, err := json.Marshal(id)
		if err != nil {
			panic(err) // cannot happen: a string
		}
		b.WriteString(`,"id":`)
		b.Write(quoted)
	}
	if len(payload) > 0 {
		b.WriteString(`,"payload":`)
		b.Write(payload)
	}
	b.WriteByte('}')
	return b.Bytes()
}
