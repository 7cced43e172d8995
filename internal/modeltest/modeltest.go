// Package modeltest is a language model for tests, behind OpenAI's protocol over
// HTTP: what it answers is the test's to say, and it may be as wrong as it likes.
package modeltest

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// Asked is a question that came.
type Asked struct {
	N           int // from 1
	System      string
	Text        string // between the delimiters; all of what the user says if there are none
	Delimiter   string
	User        string
	Form        string // json_schema, json_object, or nothing
	Schema      json.RawMessage
	Model, Key  string
	Temperature *float64
	Seed        *int
	MaxTokens   int
	Request     *http.Request
}

// Reply is what to answer.
type Reply struct {
	Status             int    // 0: 200
	Content            string // what the model says
	Cut                bool   // it reached its most tokens
	Body               string // instead of a completion
	Header             map[string]string
	Prompt, Completion int // tokens; 0: 100 and 10
	Stall              bool
}

// Fact is what a model proposes.
type Fact struct {
	Statement string `json:"statement"`
	Category  string `json:"category"`
	Quote     string `json:"quote"`
}

// Facts is an answer as it is asked for.
func Facts(facts ...Fact) string {
	if facts == nil {
		facts = []Fact{}
	}
	b, _ := json.Marshal(map[string]any{"facts": facts}) // of strings
	return string(b)
}

// Honest proposes those of the facts whose quotes stand in what it is asked about.
func Honest(facts ...Fact) func(Asked) Reply {
	return func(a Asked) Reply {
		var known []Fact
		for _, f := range facts {
			if strings.Contains(a.Text, f.Quote) {
				known = append(known, f)
			}
		}
		return Reply{Content: Facts(known...)}
	}
}

// Server is the model.
type Server struct {
	URL string // as OPENAI_BASE_URL wants it

	mu    sync.Mutex
	asked []Asked
	reply func(Asked) Reply
}

// New starts a model that answers by reply, until the test ends.
func New(tb testing.TB, reply func(Asked) Reply) *Server {
	tb.Helper()
	s := &Server{reply: reply}
	server := httptest.NewServer(s)
	tb.Cleanup(server.Close)
	s.URL = server.URL + "/v1"
	return s
}

// Answer makes the model answer by reply from now on.
func (s *Server) Answer(reply func(Asked) Reply) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reply = reply
}

// Asked lists what it was asked so far.
func (s *Server) Asked() []Asked {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Asked(nil), s.asked...)
}

// ServeHTTP answers one question.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	var in struct {
		Model       string
		Messages    []struct{ Role, Content string }
		Temperature *float64
		Seed        *int
		MaxTokens   int `json:"max_tokens"`
		Format      struct {
			Type   string
			Schema json.RawMessage `json:"json_schema"`
		} `json:"response_format"`
	}
	if err != nil || r.URL.Path != "/v1/chat/completions" || json.Unmarshal(body, &in) != nil || len(in.Messages) != 2 ||
		in.Messages[0].Role != "system" || in.Messages[1].Role != "user" {
		http.Error(w, `{"error": {"message": "this is no question"}}`, http.StatusTeapot)
		return
	}
	a := Asked{
		System: in.Messages[0].Content, User: in.Messages[1].Content, Text: in.Messages[1].Content, Form: in.Format.Type, Schema: in.Format.Schema,
		Model: in.Model, Key: strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "), Temperature: in.Temperature, Seed: in.Seed,
		MaxTokens: in.MaxTokens, Request: r,
	}
	if first, rest, ok := strings.Cut(a.User, "\n"); ok && strings.HasPrefix(first, "<<<") {
		a.Delimiter = first
		a.Text, _, _ = strings.Cut(rest, first)
	}
	s.mu.Lock()
	a.N = len(s.asked) + 1
	s.asked = append(s.asked, a)
	reply := s.reply
	s.mu.Unlock()
	reply(a).send(w, r)
}

func (y Reply) send(w http.ResponseWriter, r *http.Request) {
	if y.Stall {
		<-r.Context().Done()
		return
	}
	w.Header().Set("Content-Type", "application/json")
	for name, value := range y.Header {
		w.Header().Set(name, value)
	}
	if y.Status != 0 {
		w.WriteHeader(y.Status)
	}
	if y.Body != "" || y.Status >= http.StatusBadRequest {
		_, _ = io.WriteString(w, y.Body)
		return
	}
	reason := "stop"
	if y.Cut {
		reason = "length"
	}
	if y.Prompt == 0 && y.Completion == 0 {
		y.Prompt, y.Completion = 100, 10
	}
	_ = json.NewEncoder(w).Encode(map[string]any{
		"object":  "chat.completion",
		"choices": []any{map[string]any{"index": 0, "finish_reason": reason, "message": map[string]any{"role": "assistant", "content": y.Content}}},
		"usage":   map[string]any{"prompt_tokens": y.Prompt, "completion_tokens": y.Completion, "total_tokens": y.Prompt + y.Completion},
	})
}
