package extract

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"techfacts.dev/techfacts/internal/document"
	"techfacts.dev/techfacts/schema"
)

// scorer judges candidates for one profile.
type scorer struct {
	known  *vocabulary // vocabulary.txt
	own    *vocabulary // the focus, and categories that vocabulary.txt does not know
	kinds  []int       // per known term: the index of its category in the profile, or a signal
	owners []int       // per own term: the index of its category, or kindFocus

	in places

	title   string
	text    string
	comma   bool     // numbers are written with a decimal comma
	company []string // the words of its name, which tell nothing of a page

	words []word
	hits  []hit

	ready    bool
	headings []string // those that above was computed for
	above    weighed
	beside   weighed   // of the lead, the term, the heads of the columns
	found    weighed   // of the candidate
	before   []float64 // of the sentence before it
	beforeAt int       // the block of that
	theme    theme
}

// Where terms count that belong to no category of the profile.
const (
	kindNone = -1 - iota
	kindClaim
	kindVague
	kindMeta
	kindLegal
	kindFocus
	kinds = iota
)

// newScorer prepares for a page and a profile. A category that vocabulary.txt does not know
// is found by the words of its name; the focus speaks for all categories.
func newScorer(p Page, prof Profile) *scorer {
	s := &scorer{known: builtinVocabulary(), in: placesIn(prof.Categories), title: p.Title, text: p.Text, comma: decimalComma(p.Text), company: nameOf(p.Company)}
	s.own = newVocabulary(s.known.lexicon)
	keys := make(map[string]int, len(prof.Categories))
	for i, c := range prof.Categories {
		keys[categoryKey(c)] = i
	}
	found := make([]bool, len(prof.Categories))
	s.kinds = make([]int, len(s.known.terms))
	for i, t := range s.known.terms {
		switch t.category {
		case "(claim)":
			s.kinds[i] = kindClaim
		case "(vague)":
			s.kinds[i] = kindVague
		case "(meta)":
			s.kinds[i] = kindMeta
		case "(legal)":
			s.kinds[i] = kindLegal
		default:
			s.kinds[i] = kindNone
			if k, ok := keys[t.category]; ok {
				s.kinds[i] = k
				found[k] = true
			}
		}
	}
	var unknown []int
	for i, c := range prof.Categories {
		if !found[i] {
			s.learn(strings.ReplaceAll(categoryKey(c), "_", " "), i, 0.8, 0.5)
			unknown = append(unknown, i)
		}
	}
	s.learnFocus(prof.Focus, keys, unknown)
	n := len(prof.Categories)
	s.above, s.beside, s.found = newWeighed(n), newWeighed(n), newWeighed(n)
	s.before, s.beforeAt = make([]float64, n+kinds), -1
	return s
}

// learnFocus adds the phrases of a focus. They speak for all categories, and find
// facts of the one that they are for: the one whose name and a colon they follow,
// the only one that vocabulary.txt does not know, or, if there are as many groups
// between semicolons as such categories, that of their place.
func (s *scorer) learnFocus(focus string, keys map[string]int, unknown []int) {
	groups := strings.FieldsFunc(focus, func(r rune) bool { return r == ';' || r == '\n' })
	for i, group := range groups {
		owner := kindFocus
		switch {
		case len(unknown) == 1:
			owner = unknown[0]
		case len(unknown) == len(groups):
			owner = unknown[i]
		}
		if name, rest, ok := strings.Cut(group, ":"); ok {
			if k, known := keys[categoryKey(name)]; known {
				owner, group = k, rest
			}
		}
		for phrase := range strings.FieldsFuncSeq(group, func(r rune) bool { return strings.ContainsRune(",.()", r) }) {
			s.learn(phrase, kindFocus, 0.8, 0.4)
			if owner != kindFocus {
				s.learn(phrase, owner, 0.8, 0.6)
			}
		}
	}
}

func categoryKey(c string) string {
	return strings.NewReplacer(" ", "_", "-", "_").Replace(strings.ToLower(strings.TrimSpace(c)))
}

// learn adds a phrase, and less surely its longer words.
func (s *scorer) learn(phrase string, owner int, whole, part float64) {
	words := strings.Fields(phrase)
	if len(words) > 1 {
		s.own.add(phrase, term{attribute: "-", weight: whole})
		s.owners = append(s.owners, owner)
		whole = part
	}
	for _, w := range words {
		switch strings.ToLower(w) {
		case "about", "each", "other", "what", "with", "from", "that", "this", "like", "their", "which", "when", "where", "into", "have":
			continue
		}
		if len(w) > 3 || len(words) == 1 {
			s.own.add(w, term{attribute: "-", weight: whole})
			s.owners = append(s.owners, owner)
		}
	}
}

// judgement is what the scorer thinks of a candidate.
type judgement struct {
	category  int
	attribute string
	topic     float64 // how surely it is of the category
	claim     float64 // how surely it states something
	manner    float64 // how much of the score its wording leaves
	headed    bool    // what stands above it surely is of the category
}

// score is how well a candidate fits the profile.
func (j judgement) score() float64 { return j.topic * (0.4 + 0.6*j.claim) * j.manner }

// weigh gives how surely a text speaks of every category and signal: each term
// found makes it surer by its weight, and counts once.
func (s *scorer) weigh(to *weighed, text string, factor float64) {
	s.words = s.own.lexicon.words(s.words[:0], text[:min(len(text), maxQuote)])
	s.overlook(text)
	s.hits = s.known.find(s.hits[:0], s.words)
	n := len(to.of) - kinds
	add := func(kind int, weight float64) {
		if kind == kindNone {
			return
		}
		if kind < 0 {
			kind = n - kind - 1
		}
		to.of[kind] += (1 - to.of[kind]) * weight * factor
	}
	for i, h := range s.hits {
		if !slices.ContainsFunc(s.hits[:i], func(o hit) bool { return o.term == h.term }) {
			add(s.kinds[h.term], s.known.terms[h.term].weight)
		}
	}
	s.note(to)
	known := len(s.hits)
	s.hits = s.own.find(s.hits, s.words)
	for i, h := range s.hits[known:] {
		if !slices.ContainsFunc(s.hits[known:known+i], func(o hit) bool { return o.term == h.term }) {
			owner := s.owners[h.term]
			add(owner, s.own.terms[h.term].weight)
			if owner >= 0 {
				to.signs = append(to.signs, sign{owner, -1, true})
			}
		}
	}
	s.hits = s.hits[:known]
}

// nameOf gives the words of a company's name, without its legal form.
func nameOf(company string) []string {
	words := strings.FieldsFunc(company, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	for n := len(words); n > 1; n-- {
		if isLegalForm(words[n-1]) {
			words = words[:n-1]
		}
	}
	return words
}

// isLegalForm reports what kind of company one is.
func isLegalForm(w string) bool {
	switch strings.ToLower(strings.TrimRight(w, ".")) {
	case "inc", "ltd", "llc", "gmbh", "ag", "corp", "corporation", "limited", "co", "sa", "bv", "plc", "company":
		return true
	}
	return false
}

// overlook takes the company's name out of the words: a company called Scale
// does not talk of scale wherever it is named; and the scheme of addresses.
func (s *scorer) overlook(text string) {
	for i, w := range s.words {
		if strings.HasPrefix(text[w.end:], "://") || w.start > 0 && text[w.start-1] == '/' && isVersionOfPath(text[w.start:w.end]) {
			s.words[i].id = 0
		}
	}
	n := len(s.company)
	for i := 0; n > 0 && i+n <= len(s.words); i++ {
		same := true
		for k, name := range s.company {
			same = same && text[s.words[i+k].start:s.words[i+k].end] == name
		}
		for k := range n {
			if same {
				s.words[i+k].id = 0
			}
		}
	}
}

// judge scores one candidate.
func (s *scorer) judge(text string, c candidate) judgement { return s.judgeAs(text, c, -1) }

// judgeAs scores one candidate, which is of a category if no word tells of which.
func (s *scorer) judgeAs(text string, c candidate, fallback int) judgement {
	quote := text[c.start:c.end]
	at := &s.found
	n := len(at.of) - kinds
	s.setContext(c)
	at.clear()
	said := withoutReferences(quote)
	if c.about != "" {
		said = c.about
	} else if c.cell > 0 {
		said = c.statement
	}
	s.weigh(at, said, 1)
	switch {
	case s.in.features >= 0 && c.plan != "" && c.structure == StructureItem:
		at.sure(s.in.features, 0.65) // what one gets
	case !c.tellsOfPlan():
	case s.in.features >= 0 && c.isFlag(text):
		at.sure(s.in.features, 0.65) // whether there is anything
	case s.in.limits >= 0 && strings.ContainsFunc(said, unicode.IsDigit):
		at.sure(s.in.limits, 0.8) // how much of anything
	}
	if s.in.endpoints >= 0 && (endpointIn(said) != "" || hasAPIPath(said)) {
		at.sure(s.in.endpoints, 0.8)
	}
	if s.in.requirements >= 0 && boundsVersion(said) {
		at.sure(s.in.requirements, 0.65)
	}
	rated := s.in.rates >= 0 && s.hasRate(said)
	if rated {
		at.sure(s.in.rates, 0.65)
	}
	signal := func(kind int) float64 { return at.of[n-kind-1] }

	topic, category := s.topic(c, quote)
	j := judgement{category: category}
	if c.structure == StructureEndpoint {
		topic, j.category = max(topic, 0.8), s.in.endpoints
	}
	if j.category < 0 {
		j.category = fallback
	}
	if j.category < 0 {
		return j
	}
	j.headed = slices.ContainsFunc(s.above.signs, func(o sign) bool { return o.category == j.category && o.enough })
	topic += (1 - topic) * 0.3 * signal(kindFocus)
	claim := signal(kindClaim)
	claim += (1 - claim) * s.figures(said)
	if names(quote) {
		claim += (1 - claim) * 0.35
	}
	switch {
	case c.structure == StructureRow, c.structure == StructureEndpoint, arePlans(c.label()):
		claim = max(claim, 0.8)
	case c.fragment && (c.block.Lead != "" || hasFigure(quote)):
		claim = max(claim, 0.5)
	case c.fragment:
		claim = max(claim, 0.3) // a name
	}
	j.topic, j.claim = topic, claim
	j.manner = (1 - 0.7*signal(kindVague)) * (1 - 0.7*signal(kindMeta)) * (1 - signal(kindLegal))
	j.manner *= manner(quote, c, s.words) * s.noise(quote, c)
	if c.cell > 0 && isOpen(document.Plain(c.block.Cells[c.cell].Of(text))) {
		j.manner *= 0.7
	}
	if category >= 0 {
		j.attribute = cmp.Or(s.key(c, j.category), s.usual(j.category, rated))
	}
	if c.structure == StructureEndpoint {
		j.attribute = "endpoint"
	}
	return j
}

// usual is the key of what a category has signs of other than its terms.
func (s *scorer) usual(category int, rated bool) string {
	switch {
	case category == s.in.endpoints:
		return "endpoint"
	case category == s.in.rates && rated:
		return "rate_limit"
	case category == s.in.rates, category == s.in.limits:
		return "limit"
	}
	return ""
}

// hasRate reports a text that says how many of something there are in a time.
func (s *scorer) hasRate(text string) bool {
	if !strings.Contains(text, "/") && !strings.Contains(text, "per ") {
		return false
	}
	return slices.ContainsFunc(quantities(text, s.comma), func(q quantity) bool {
		return q.value.Kind == schema.ValueRate && !strings.HasPrefix(q.value.Unit, "b")
	})
}

// tellsOfPlan reports a cell below the name of a plan.
func (c candidate) tellsOfPlan() bool {
	h := c.block.Header
	return c.cell > 0 && c.cell < len(h) && isPlan(h[c.cell])
}

// isFlag reports a cell that says yes or no.
func (c candidate) isFlag(text string) bool {
	_, ok := flagOf(document.Plain(c.block.Cells[c.cell].Of(text)))
	return ok
}

// key is the attribute of a candidate: that of the label of a row or item unless
// another is surer, since what stands below and behind a label may be told in the
// words of another.
func (s *scorer) key(c candidate, category int) string {
	attribute, weight := s.surest(category)
	label := c.label()
	if label == "" {
		return attribute
	}
	sure, _ := weightOf("sure")
	words, hits := s.words, s.hits
	s.words = s.own.lexicon.words(nil, label)
	s.hits = s.known.find(nil, s.words)
	if of, w := s.surest(category); of != "" && (w >= weight || weight < sure) {
		attribute = of
	}
	s.words, s.hits = words, hits
	return attribute
}

// label names what a row or item gives a value of.
func (c candidate) label() string {
	switch c.structure {
	case StructureRow:
		if h := c.block.Header; c.cell > 0 && c.cell < len(h) && isQualifier(strings.ToLower(h[0])) {
			return h[c.cell]
		}
		return c.subject
	case StructureDefinition:
		return c.subject
	case StructureItem:
		if before, _, ok := strings.Cut(c.statement, ": "); ok && len(before) <= 40 {
			if _, item, ok := strings.Cut(before, " — "); ok { // below a heading
				return item
			}
			return before
		}
	case StructureEndpoint, StructureSentence:
	}
	return ""
}

// topic is the category of what was weighed last, and how surely it is that.
func (s *scorer) topic(c candidate, quote string) (topic float64, category int) {
	n, at := len(s.found.of)-kinds, s.found.of
	above, beside := s.above.of, s.beside.of
	share := 0.5
	if c.structure != StructureSentence {
		share = 0.7
	}
	label := c.cell > 0 || c.structure == StructureRow && len(c.block.Header) == 0 && len(c.block.Cells) == 2
	goesOn := s.beforeAt == c.block.Start && s.beforeAt < c.start && opensWithPronoun(quote)
	category = -1
	for k := range n {
		around := above[k] + (1-above[k])*beside[k]
		if goesOn {
			around += (1 - around) * 0.6 * s.before[k]
		}
		t := at[k] + (1-at[k])*around*share
		if at[k] == 0 && around < 0.5 || !s.theme.lenient() && !s.speaks(k) {
			t = 0
		}
		if label && beside[k] == 0 && slices.Max(beside[:n]) > 0.3 { // the label tells what it is about
			t *= 0.8
		}
		if t > topic {
			topic, category = t, k
		}
	}
	s.beforeAt = c.block.Start
	if !goesOn { // what goes on about a thing hands on what it is
		copy(s.before, at)
	}
	return topic, category
}

// setContext weighs what stands above and beside a candidate.
func (s *scorer) setContext(c candidate) {
	h := c.block.Headings
	if !s.ready || len(h) != len(s.headings) || len(h) > 0 && &h[0] != &s.headings[0] {
		s.headings, s.ready = h, true
		s.above.clear()
		if len(h) == 0 {
			s.weigh(&s.above, s.title, 0.4)
		}
		for i, heading := range h {
			factor := 0.4
			if i == len(h)-1 {
				factor = 0.7
			}
			s.weigh(&s.above, heading, factor)
			if s.in.endpoints >= 0 && isEndpointLine(heading) {
				s.above.sure(s.in.endpoints, 0.8*factor)
			}
		}
	}
	s.beside.clear()
	if c.context != "" {
		s.weigh(&s.beside, c.context, 0.7)
	}
}

// attribute is the key of the surest known term of a category; of equally sure
// ones the longest, then the first.
func (s *scorer) attribute(category int) string {
	best, _ := s.surest(category)
	return best
}

// surest is the key of the surest known term of a category, and how sure it is.
func (s *scorer) surest(category int) (best string, weight float64) {
	length := 0
	for _, h := range s.hits {
		t := s.known.terms[h.term]
		if s.kinds[h.term] != category || t.attribute == "-" {
			continue
		}
		if l := h.end - h.first; t.weight > weight || t.weight == weight && l > length {
			best, weight, length = t.attribute, t.weight, l
		}
	}
	return best, weight
}
