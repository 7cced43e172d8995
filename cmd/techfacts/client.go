package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/gorilla/websocket"
)

// client talks to the API as any frontend does: GraphQL over HTTP, and
// graphql-transport-ws for subscriptions.
type client struct {
	addr string // host:port
	key  string
}

type response struct {
	Data   json.RawMessage `json:"data"`
	Errors []struct {
		Message string `json:"message"`
	} `json:"errors"`
}

func (r response) into(out any) error {
	if len(r.Errors) > 0 {
		return errors.New(r.Errors[0].Message)
	}
	return json.Unmarshal(r.Data, out)
}

// do runs a query or mutation and decodes its data into out.
func (c client) do(ctx context.Context, query string, variables map[string]any, out any) error {
	return c.doAt(ctx, "/graphql", query, variables, out)
}

func (c client) doAt(ctx context.Context, path, query string, variables map[string]any, out any) error {
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+c.addr+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	if c.key != "" {
		r.Header.Set("Authorization", "Bearer "+c.key)
	}
	answer, err := (&http.Client{Timeout: time.Minute}).Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	var parsed response
	if err := json.Unmarshal(b, &parsed); err != nil {
		return fmt.Errorf("the API answered %s", answer.Status)
	}
	return parsed.into(out)
}

// subscribe calls each with the data of every message until the subscription
// completes, each fails or ctx ends.
func (c client) subscribe(ctx context.Context, query string, variables map[string]any, each func(response) error) error {
	dialer := websocket.Dialer{Subprotocols: []string{"graphql-transport-ws"}, HandshakeTimeout: 10 * time.Second}
	ws, answer, err := dialer.DialContext(ctx, "ws://"+c.addr+"/graphql", nil)
	if err != nil {
		return err
	}
	_ = answer.Body.Close()
	defer ws.Close()
	stop := context.AfterFunc(ctx, func() { _ = ws.Close() }) // ends the read below
	defer stop()

	hello := map[string]any{"type": "connection_init"}
	if c.key != "" {
		hello["payload"] = map[string]string{"authorization": "Bearer " + c.key}
	}
	if err := ws.WriteJSON(hello); err != nil {
		return err
	}
	for {
		var m struct {
			Type    string          `json:"type"`
			Payload json.RawMessage `json:"payload"`
		}
		if err := ws.ReadJSON(&m); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return err
		}
		switch m.Type {
		case "connection_ack":
			err = ws.WriteJSON(map[string]any{"type": "subscribe", "id": "1", "payload": map[string]any{"query": query, "variables": variables}})
		case "ping":
			err = ws.WriteJSON(map[string]any{"type": "pong"})
		case "next":
			var r response
			if err = json.Unmarshal(m.Payload, &r); err == nil {
				err = each(r)
			}
		case "error":
			return fmt.Errorf("the API refused the subscription: %s", m.Payload)
		case "complete":
			return nil
		}
		if err != nil {
			return err
		}
	}
}
