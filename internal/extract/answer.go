package extract

import (
	"encoding/json"
	"strings"
	"unicode"

	"techfacts.dev/techfacts/schema"
)

// The bounds of what is read of an answer.
const (
	maxAnswerBytes    = 256 << 10
	maxProposals      = 100
	maxStatementBytes = 1000
	maxQuoteBytes     = 4000
	maxSalvage        = 1000 // places at which an object is looked for in broken JSON
)

// reading is what could be read of an answer.
type reading struct {
	proposals  []schema.Proposal
	unreadable int  // proposals that were none, or too many
	whole      bool // it was the JSON that was asked for
	cut        bool // it was cut short, behind some proposals
}

// readAnswer reads what a model said, of which nothing may be taken for granted.
// In an answer that is not the JSON that was asked for it looks for objects that
// are whole.
func readAnswer(text string) (r reading) {
	text = strings.ToValidUTF8(text[:min(len(text), maxAnswerBytes)], "")
	if i := strings.LastIndex(text, "</think>"); i >= 0 {
		text = text[i+len("</think>"):]
	}
	text = strings.TrimSpace(text)
	if inner, ok := strings.CutPrefix(text, "```"); ok {
		text = strings.TrimSuffix(strings.TrimPrefix(inner, "json"), "```")
	}
	var object struct {
		Facts *[]json.RawMessage `json:"facts"`
	}
	if json.Unmarshal([]byte(text), &object) != nil || object.Facts == nil {
		r.salvage(text)
		return r
	}
	r.whole = true
	for _, raw := range *object.Facts {
		if !r.add(raw) {
			r.unreadable++
		}
	}
	return r
}

// add takes an object that is a proposal.
func (r *reading) add(raw []byte) bool {
	var p schema.Proposal
	if len(r.proposals) == maxProposals || json.Unmarshal(raw, &p) != nil {
		return false
	}
	p = schema.Proposal{Statement: readable(p.Statement), Category: readable(p.Category), Quote: readable(p.Quote)}
	if p.Statement == "" || p.Quote == "" || len(p.Statement) > maxStatementBytes || len(p.Quote) > maxQuoteBytes || len(p.Category) > 100 {
		return false
	}
	r.proposals = append(r.proposals, p)
	return true
}

// readable is text without what does not show, which a database may refuse.
func readable(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && unicode.IsControl(r) {
			return -1
		}
		return r
	}, s))
}

// salvage takes the whole objects out of text that is broken.
func (r *reading) salvage(text string) {
	for range maxSalvage {
		i := strings.IndexByte(text, '{')
		if i < 0 {
			return
		}
		text = text[i:]
		var raw json.RawMessage
		decoder := json.NewDecoder(strings.NewReader(text[:min(len(text), 3*maxQuoteBytes)]))
		if decoder.Decode(&raw) == nil && r.add(raw) {
			text = text[decoder.InputOffset():]
		} else {
			text = text[1:]
		}
	}
}
