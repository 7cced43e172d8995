package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
)

// viewer is a websocket that costs as little as can be, for thousands of them.
type viewer struct {
	net.Conn
	in      *bufio.Reader
	message []byte
}

// watch opens one and subscribes to query.
func watch(addr, query string) (*viewer, error) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	v := &viewer{Conn: conn, in: bufio.NewReaderSize(conn, 1024)}
	_, err = fmt.Fprintf(conn, "GET /graphql HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n", addr)
	if err != nil {
		return nil, err
	}
	r, err := http.ReadResponse(v.in, nil)
	if err != nil {
		return nil, err
	}
	if r.StatusCode != http.StatusSwitchingProtocols {
		return nil, fmt.Errorf("the API answered %s", r.Status)
	}
	payload, err := json.Marshal(map[string]string{"query": query})
	if err != nil {
		return nil, err
	}
	if err := v.send(0x1, []byte(`{"type":"connection_init"}`)); err != nil {
		return nil, err
	}
	if _, err := v.next(); err != nil { // connection_ack
		return nil, err
	}
	if err := v.send(0x1, fmt.Appendf(nil, `{"type":"subscribe","id":"1","payload":%s}`, payload)); err != nil {
		return nil, err
	}
	_, err = v.next() // the state, or the first event
	return v, err
}

// send sends a frame, masked with zeros.
func (v *viewer) send(opcode byte, payload []byte) error {
	frame := []byte{0x80 | opcode}
	if len(payload) < 126 {
		frame = append(frame, 0x80|byte(len(payload)))
	} else {
		frame = append(frame, 0x80|126, byte(len(payload)>>8), byte(len(payload)))
	}
	_, err := v.Write(append(append(frame, 0, 0, 0, 0), payload...))
	return err
}

// next gives the next message, which holds until the one after it, and answers
// pings.
func (v *viewer) next() ([]byte, error) {
	for {
		var head [2]byte
		if _, err := io.ReadFull(v.in, head[:]); err != nil {
			return nil, err
		}
		size := int(head[1])
		if size == 126 {
			var long [2]byte
			if _, err := io.ReadFull(v.in, long[:]); err != nil {
				return nil, err
			}
			size = int(long[0])<<8 | int(long[1])
		}
		if cap(v.message) < size {
			v.message = make([]byte, size)
		}
		v.message = v.message[:size]
		if _, err := io.ReadFull(v.in, v.message); err != nil {
			return nil, err
		}
		switch head[0] {
		case 0x81:
			return v.message, nil
		case 0x89:
			if err := v.send(0xA, v.message); err != nil {
				return nil, err
			}
		default:
			return nil, fmt.Errorf("frame %x: %q", head[0], v.message)
		}
	}
}
