package report

import (
	"context"
	"crypto/rand"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"techfacts.dev/techfacts/internal/extract"
	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/internal/llm"
	"techfacts.dev/techfacts/schema"
)

//go:embed prose.txt
var prosePrompt string

// Prose is what a model wrote, as far as the facts it cites support it.
type Prose struct {
	Model    string         `json:"model"`
	Sections []ProseSection `json:"sections"`
	Left     int            `json:"leftOut"` // sentences that are not here
}

// ProseSection is what was written about one category.
type ProseSection struct {
	Title     string  `json:"title"`
	Sentences []Point `json:"sentences"`
	key       string
}

// The bounds of what a model is asked for one report.
const (
	proseTime      = 10 * time.Minute
	proseQuestions = 8
	proseFacts     = 60 // of one question
	proseTokens    = 4096
	proseOfSection = 6 // sentences
	proseOfSummary = 4
	maxCites       = 12        // of a sentence
	maxProse       = 256 << 10 // bytes of an answer
	maxSentences   = 200       // of an answer
)

// overview is the only section of the prose of a summary.
const overview = "overview"

// writing is prose in the making.
type writing struct {
	chat   *llm.Chat
	doc    *Document
	wishes string
	tokens int // that may be spent; 0: no bound
	denies func(Citation) bool
	plan   func(Citation) string

	tally schema.Tally
	gap   schema.ModelGap
	err   error // of the gap
	seen  map[string]bool
	drops map[schema.RejectionReason]int
}

// chapter is a section with the facts that are given for it.
type chapter struct {
	key, title string
	facts      []Citation
}

// write asks for prose and keeps of it what is supported. It fails only with the
// cause of ctx: a model that fails leaves the document as it is, with a note.
func (w *writing) write(ctx context.Context) error {
	limited, cancel := context.WithTimeout(ctx, proseTime)
	defer cancel()
	prose := &Prose{Model: w.chat.Model(), Sections: []ProseSection{}}
	w.seen, w.drops = map[string]bool{}, map[schema.RejectionReason]int{}
	if w.tokens < 0 {
		w.gap = schema.GapBudget
	}
	for i, chapters := range w.questions() {
		if w.gap != "" || i == proseQuestions {
			break
		}
		w.ask(limited, chapters, prose)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
	prose.Sections = slices.DeleteFunc(prose.Sections, func(s ProseSection) bool { return len(s.Sentences) == 0 })
	for _, n := range w.drops {
		prose.Left += n
	}
	w.tally.Rejected = schema.CountRejected(w.drops)
	if len(prose.Sections) > 0 {
		w.doc.Prose = prose
	}
	w.note(prose)
	return nil
}

// note says what of the prose is missing.
func (w *writing) note(prose *Prose) {
	if prose.Left > 0 {
		w.doc.Notes = append(w.doc.Notes, fmt.Sprintf("Of what the model %s wrote, %s left out: not supported by the facts that were cited.", prose.Model, counted(prose.Left, "sentence")+map[bool]string{true: " is", false: " are"}[prose.Left == 1]))
	}
	if w.gap != "" {
		w.tally.WithoutModel = []schema.WithoutModel{{Reason: w.gap, Count: 1}}
		w.doc.Notes = append(w.doc.Notes, map[bool]string{true: "There is no prose: ", false: "Some prose is missing: "}[w.doc.Prose == nil]+w.gap.Words()+".")
	}
}

// questions are the chapters of the document, so many at a time as one question is
// about. Of a chapter that is too long the first facts are given.
func (w *writing) questions() (list [][]chapter) {
	var chapters []chapter
	for _, c := range w.doc.Citations {
		key, title := c.Category, titleOfCategory(c.Category)
		if s := attributes().byCategory[c.Category]; s != nil {
			key, title = s.key, s.title
		}
		if w.doc.Type == schema.ReportSummary {
			key, title = overview, "Overview"
		}
		k := slices.IndexFunc(chapters, func(h chapter) bool { return h.key == key })
		if k < 0 {
			k = len(chapters)
			chapters = append(chapters, chapter{key: key, title: title})
		}
		if len(chapters[k].facts) < proseFacts {
			chapters[k].facts = append(chapters[k].facts, c)
		}
	}
	slices.SortStableFunc(chapters, func(a, b chapter) int { return orderOfCategory(a.key, b.key) })
	n := 0
	for _, h := range chapters {
		if last := len(list) - 1; last >= 0 && n+len(h.facts) <= proseFacts {
			list[last] = append(list[last], h)
			n += len(h.facts)
			continue
		}
		list = append(list, []chapter{h})
		n = len(h.facts)
	}
	return list
}

// ask asks one question, once more if the answer cannot be read.
func (w *writing) ask(ctx context.Context, chapters []chapter, prose *Prose) {
	q := w.question(chapters)
	var found []sentence
	for try := range 2 {
		if w.tokens > 0 && w.tally.Usage.Tokens() >= w.tokens {
			w.gap = schema.GapBudget
			return
		}
		a, err := w.chat.Ask(ctx, q)
		if err != nil {
			w.gap, w.err = proseGap(err), err
			return
		}
		w.tally.Usage = w.tally.Usage.Plus(schema.ModelUsage{Requests: 1, PromptTokens: a.PromptTokens, CompletionTokens: a.CompletionTokens})
		var whole bool
		if found, whole = readProse(a.Text); whole || a.Cut && len(found) > 0 {
			break
		}
		if try == 1 && len(found) == 0 {
			w.gap = schema.GapUnreadable
			return
		}
		q.User += "\n\nYour last answer was not the JSON object that is asked for. Answer with that object and nothing else."
		q.Seed++
	}
	for _, h := range chapters {
		s := ProseSection{Title: h.title, Sentences: []Point{}, key: h.key}
		for _, said := range found {
			if said.Section == h.key {
				w.keep(&s, h, said)
			}
		}
		prose.Sections = append(prose.Sections, s)
	}
	for _, said := range found {
		if !slices.ContainsFunc(chapters, func(h chapter) bool { return h.key == said.Section }) {
			w.drops[schema.RejectedCategory]++
		}
	}
}

func proseGap(err error) schema.ModelGap {
	switch {
	case errors.Is(err, llm.ErrPaused):
		return schema.GapPaused
	case fault.Is(err, fault.Invalid):
		return schema.GapRefused
	}
	return schema.GapFailed
}

// keep keeps a sentence if the facts of its chapter that it cites support it.
func (w *writing) keep(s *ProseSection, h chapter, said sentence) {
	most := proseOfSection
	if w.doc.Type == schema.ReportSummary {
		most = proseOfSummary
	}
	var proofs []extract.Proof
	var cites []int
	for _, n := range said.Cites {
		k := slices.IndexFunc(h.facts, func(c Citation) bool { return c.N == n })
		if k < 0 || len(cites) == maxCites {
			w.drops[schema.RejectedCitation]++
			return
		}
		if c := h.facts[k]; !slices.Contains(cites, n) {
			cites = append(cites, n)
			proofs = append(proofs, extract.Proof{
				Company: c.Company, Plan: w.plan(c), Statement: c.Statement, Denies: w.denies(c),
				Beside: strings.Join([]string{c.Quote, strings.Join(c.Headings, " "), h.title, c.Page}, " "),
			})
		}
	}
	text := line(said.Text)
	reason := extract.Support(text, w.doc.Companies, proofs)
	switch {
	case reason != "":
	case w.seen[text]:
		reason = schema.RejectedDuplicate
	case len(s.Sentences) == most:
		reason = schema.RejectedDepth
	}
	if reason != "" {
		w.drops[reason]++
		return
	}
	w.seen[text] = true
	slices.Sort(cites)
	s.Sentences = append(s.Sentences, Point{text, cites})
}

// line is a text in one line, without what does not show or turns its direction.
func line(s string) string {
	return strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return ' '
		}
		if unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Co, unicode.Cs) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))), " ")
}

// sentence is one that a model wrote, of which nothing may be taken for granted.
type sentence struct {
	Section string `json:"section"`
	Text    string `json:"text"`
	Cites   []int  `json:"cites"`
}

// readProse reads an answer; whole says that it was the JSON that was asked for.
// In one that was not it looks for sentences that are whole.
func readProse(text string) (list []sentence, whole bool) {
	text = strings.ToValidUTF8(text[:min(len(text), maxProse)], "")
	if i := strings.LastIndex(text, "</think>"); i >= 0 {
		text = text[i+len("</think>"):]
	}
	var object struct {
		Sentences *[]json.RawMessage `json:"sentences"`
	}
	if i := strings.IndexByte(text, '{'); i >= 0 && json.NewDecoder(strings.NewReader(text[i:])).Decode(&object) == nil && object.Sentences != nil {
		for _, raw := range (*object.Sentences)[:min(len(*object.Sentences), maxSentences)] {
			var s sentence
			if json.Unmarshal(raw, &s) != nil {
				s = sentence{}
			}
			list = append(list, s)
		}
		return list, true
	}
	for range 2 * maxSentences {
		i := strings.IndexByte(text, '{')
		if i < 0 || len(list) == maxSentences {
			break
		}
		text = text[i:]
		var s sentence
		decoder := json.NewDecoder(strings.NewReader(text[:min(len(text), 4<<10)]))
		if decoder.Decode(&s) == nil && s.Text != "" {
			list = append(list, s)
			text = text[decoder.InputOffset():]
		} else {
			text = text[1:]
		}
	}
	return list, false
}

// question is what a model is asked about some chapters.
func (w *writing) question(chapters []chapter) llm.Question {
	var data strings.Builder
	put := func(v any) {
		b, _ := json.Marshal(v) // of strings and numbers
		data.Write(append(b, '\n'))
	}
	if w.wishes != "" {
		put(map[string]string{"wishes": w.wishes})
	}
	keys := make([]string, len(chapters))
	for i, h := range chapters {
		keys[i] = h.key
		for _, c := range h.facts {
			put(struct {
				N         int    `json:"n"`
				Section   string `json:"section"`
				Company   string `json:"company"`
				Statement string `json:"statement"`
			}{c.N, h.key, c.Company, shorten(line(c.Statement), 500)})
		}
	}
	most := proseOfSection
	if w.doc.Type == schema.ReportSummary {
		most = proseOfSummary
	}
	delimiter := "<<<" + rand.Text() + ">>>"
	return llm.Question{
		System: strings.NewReplacer("{delimiter}", delimiter, "{sections}", strings.Join(keys, ", "), "{most}", strconv.Itoa(most)).Replace(prosePrompt),
		User:   delimiter + "\n" + data.String() + delimiter, MaxTokens: proseTokens, Seed: 1, Schema: proseSchema(keys),
	}
}

// proseSchema is the JSON schema of an answer.
func proseSchema(keys []string) map[string]any {
	return map[string]any{
		"type": "object", "additionalProperties": false, "required": []string{"sentences"},
		"properties": map[string]any{"sentences": map[string]any{
			"type": "array",
			"items": map[string]any{
				"type": "object", "additionalProperties": false, "required": []string{"section", "text", "cites"},
				"properties": map[string]any{
					"section": map[string]any{"type": "string", "enum": keys}, "text": map[string]any{"type": "string"},
					"cites": map[string]any{"type": "array", "items": map[string]any{"type": "integer"}},
				},
			},
		}},
	}
}

// prose has the model of the author write about the document.
func (a Author) prose(ctx context.Context, c *composing) (schema.Tally, error) {
	w := &writing{
		chat: a.Chat, doc: &c.Document, wishes: c.in.Instructions, tokens: a.Tokens,
		plan: func(cit Citation) string { return c.facts[cit.Fact].Qualifiers["plan"] },
		denies: func(cit Citation) bool {
			v := c.facts[cit.Fact].Measure
			return extract.Denies(cit.Statement) || v.Kind == schema.ValueFlag && !v.Yes
		},
	}
	err := w.write(ctx)
	if w.err != nil && err == nil && a.Log != nil {
		a.Log.InfoContext(ctx, "a model was not heard in full", slog.String("reason", string(w.gap)), slog.Any("error", w.err))
	}
	return w.tally, err
}
