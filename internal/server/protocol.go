package server

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"unicode/utf8"
)

// receive does what a message says, or returns why the socket must be closed.
func (s *socket) receive(ctx context.Context, data []byte) error {
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
		return s.subscribe(ctx, m.ID, m.Payload)
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
		switch s.key.judge(keys(params)...) {
		case missing:
			return errUnauthorized
		case wrong:
			return errForbidden
		case right:
		}
	}
	if s.init.Stop() {
		s.ready = true
		s.send(ctx, message{data: frame("connection_ack", "", nil)})
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

func (s *socket) subscribe(ctx context.Context, id string, payload json.RawMessage) error {
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
	s.mu.Lock()
	_, known := s.streams[id]
	running := len(s.streams)
	s.mu.Unlock()
	switch {
	case known:
		return closeError{4409, "Subscriber for " + id + " already exists"}
	case running >= s.engine.limits.Operations:
		return errTooBusy
	}
	return s.start(ctx, id, params)
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
