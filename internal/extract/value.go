package extract

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"techfacts.dev/techfacts/internal/document"
	"techfacts.dev/techfacts/schema"
)

// flagOf reads a cell that says yes or no.
func flagOf(cell string) (yes, ok bool) {
	switch strings.ToLower(strings.Trim(cell, " .*")) {
	case "yes", "✓", "✔", "✅", "☑", "●", "included", "supported", "available", "enabled", "true", "ja", "oui", "inklusive", "inclus", "check", "y":
		return true, true
	case "no", "✗", "✘", "✕", "×", "❌", "☐", "not included", "not supported", "unsupported", "not available", "unavailable", "disabled", "false", "nein", "non", "none", "n":
		return false, true
	}
	return false, false
}

// value is what a candidate says in figures. Of several it is that of the kind
// which its category is about, else the first of the most telling.
func (s *scorer) value(text string, c candidate, category string) schema.Value {
	quote := text[c.start:c.end]
	if c.structure == StructureRow && len(c.block.Cells) > 1 && c.part == "" {
		return s.valueOfRow(text, c, category)
	}
	if c.structure == StructureEndpoint {
		return schema.Value{}
	}
	quote = document.Plain(quote)
	if c.part != "" {
		quote = c.part
	}
	found := s.versioned(quote, quantities(quote, s.comma), category)
	best := pick(slices.DeleteFunc(found, func(q quantity) bool { return !c.says(q.value) }), category)
	if best.Kind == "" {
		if yes, ok := supports(quote); ok {
			return schema.Value{Kind: schema.ValueFlag, Original: yes.words, Yes: yes.yes}
		}
	}
	return best
}

// valueOfRow reads the cells that the candidate tells, with the units that stand
// in the head of the column or in the first cell.
func (s *scorer) valueOfRow(text string, c candidate, category string) schema.Value {
	var found []quantity
	b := c.block
	for i, r := range b.Cells {
		if i == 0 || c.cell != 0 && i != c.cell || i < len(b.Header) && isNote(b.Header[i]) {
			continue
		}
		cell := document.Plain(r.Of(text))
		if yes, ok := flagOf(cell); ok {
			if i < len(b.Header) && isProperty(b.Header[i]) {
				continue
			}
			found = append(found, quantity{value: schema.Value{Kind: schema.ValueFlag, Original: cell, Yes: yes}})
			continue
		}
		var units []string
		if i < len(b.Header) {
			units = append(units, b.Header[i])
		}
		units = append(units, document.Plain(b.Cells[0].Of(text)))
		for _, q := range s.inCell(cell, units, category) {
			if isBare(q.value) && standsIn(strings.ToLower(strings.Join(units, " ")), "port") {
				continue // a name
			}
			if q.value.Kind == schema.ValueMoney {
				units = append(units, c.caption)
			}
			found = append(found, s.united(q, units))
		}
	}
	return pick(slices.DeleteFunc(found, func(q quantity) bool { return !c.says(q.value) }), category)
}

// isProperty reports heads below which yes and no say what a thing is like, and
// not whether there is one.
func isProperty(head string) bool {
	first, _, _ := strings.Cut(strings.ToLower(strings.TrimRight(head, "?:： ")), " ")
	switch first {
	case "required", "mandatory", "must", "optional", "nullable", "unique", "default", "deprecated", "adjustable", "raisable", "read-only", "readonly", "can", "pflicht", "obligatoire", "requis":
		return true
	}
	return false
}

// inCell reads the values of a cell; what stands above or before it may be the
// name of what has versions.
func (s *scorer) inCell(cell string, names []string, category string) []quantity {
	for i, name := range names {
		where := category
		if i+1 < len(names) {
			where = "" // of heads only what is known
		}
		if name = strings.TrimRight(name, ":： "); s.isProduct(name, where) && strings.IndexFunc(name, unicode.IsDigit) < 0 {
			text := name + " " + cell
			return s.versioned(text, quantities(text, s.comma), category)
		}
	}
	return s.versioned(cell, quantities(cell, s.comma), category)
}

// united gives a bare number the unit that one of the texts beside it tells, and
// a price the time it is for.
func (s *scorer) united(q quantity, units []string) quantity {
	if v := &q.value; v.Kind == schema.ValueRate && v.Unit == "1/s" { // 100,000 per month below Included events
		for _, u := range units {
			for w := range strings.FieldsSeq(strings.ToLower(u)) {
				if n := singular(w); n != w && isUnit(n) && periods[n].factor == 0 {
					v.Unit = n + "/s"
					return q
				}
			}
		}
		return q
	}
	bare := q.value.Kind == schema.ValueCount && q.value.Unit == "" || q.value.Kind == schema.ValueUnlimited && q.value.Unit == ""
	price := q.value.Kind == schema.ValueMoney && q.value.Period == ""
	if !bare && !price {
		return q
	}
	for _, u := range units {
		u = strings.ToLower(u)
		if i := strings.Index(u, " per "); bare && i > 0 { // API calls per minute
			u = wordBefore(u, i) + u[i:]
		}
		if price {
			i := strings.IndexAny(u, "/")
			if k := strings.Index(u, "per "); i < 0 || k >= 0 && k < i {
				i = k
			}
			if i < 0 {
				continue
			}
			u = u[i:]
		} else if i := strings.IndexByte(u, '('); i >= 0 && strings.HasSuffix(u, ")") { // Memory (GB)
			u = u[i+1 : len(u)-1]
		} else if _, in, ok := strings.Cut(u, " in "); ok { // Storage in GB
			u = in
		}
		if q.value.Kind == schema.ValueUnlimited {
			if again := quantities("1 "+u, s.comma); len(again) > 0 && again[0].value.Unit != "" && (again[0].value.Kind != schema.ValueCount || isUnit(again[0].value.Unit) || !strings.Contains(u, again[0].value.Unit+" ") && !strings.HasSuffix(u, again[0].value.Unit)) {
				q.value.Unit = again[0].value.Unit
				return q
			}
			continue
		}
		again := quantities(q.value.Original+" "+u, s.comma)
		if len(again) == 0 || again[0].start != 0 {
			continue
		}
		v := again[0].value
		if bare && (v.Unit == "" || v.Kind == schema.ValueCount && !isUnit(v.Unit)) || price && v.Period == "" && v.Per == "" {
			continue
		}
		v.Original = q.value.Original
		return quantity{q.start, q.end, v}
	}
	return q
}

// pick chooses among values.
func pick(found []quantity, category string) (best schema.Value) {
	most := 0
	for _, q := range found {
		if n := telling(q.value, category); n > most {
			best, most = q.value, n
		}
	}
	return best
}

func telling(v schema.Value, category string) int {
	n := 0
	switch v.Kind {
	case schema.ValueMoney, schema.ValueRate, schema.ValueUnlimited:
		n = 5
	case schema.ValueSize, schema.ValueDuration, schema.ValuePercent, schema.ValueFlag:
		n = 4
	case schema.ValueVersion:
		n = 3
	case schema.ValueCount:
		n = 1
		if v.Unit != "" {
			n = 3
		}
	}
	about := false
	switch categoryKey(category) {
	case "pricing":
		about = v.Kind == schema.ValueMoney
	case "rate_limits":
		about = v.Kind == schema.ValueRate
	case "compatibility", "versioning", "sdks":
		about = v.Kind == schema.ValueVersion
	}
	if about {
		n += 5
	}
	return n
}

// support is whether a sentence says that there is something, and by which words.
type support struct {
	words string
	yes   bool
}

// supports reads sentences that only say that something is or is not supported.
func supports(s string) (support, bool) {
	low := strings.ToLower(s)
	if len(low) != len(s) {
		return support{}, false
	}
	for _, words := range []string{
		"does not support", "do not support", "not supported", "is unsupported", "are unsupported", "no longer supported", "not available", "not included", "cannot be used",
	} {
		if i := strings.Index(low, words); i >= 0 {
			return support{s[i : i+len(words)], false}, true
		}
	}
	if negations(s) > 0 {
		return support{}, false
	}
	for _, words := range []string{"supports", "is supported", "are supported", "is included", "are included", "is available", "are available"} {
		if i := strings.Index(low, words); i >= 0 {
			return support{s[i : i+len(words)], true}, true
		}
	}
	return support{}, false
}

// qualifiers are what limits a statement: the plan, the region, the version, the
// endpoint, the condition under which it holds.
func qualifiers(text string, c candidate, v schema.Value, category string) map[string]string {
	q := map[string]string{}
	set := func(name, value string) {
		if name == "plan" {
			value = planName(value)
		}
		if value = strings.TrimSpace(value); value != "" && q[name] == "" {
			q[name] = value
		}
	}
	quote := document.Plain(text[c.start:c.end])
	if c.part != "" {
		quote = c.part
	}
	b := c.block
	if c.structure == StructureRow {
		rowQualifiers(text, c, set)
	}
	if label := strings.TrimRight(c.label(), ":： "); c.structure != StructureEndpoint && arePlans(label) {
		set("plan", strings.NewReplacer(" and ", ", ", " & ", ", ").Replace(label))
	}
	set("plan", planIn(quote))
	if len(b.Headings) > 0 {
		last := b.Headings[len(b.Headings)-1]
		set("plan", cmp.Or(c.plan, planIn(last)))
		if isEndpointLine(last) {
			set("endpoint", last)
		}
	}
	if c.structure != StructureEndpoint {
		set("endpoint", endpointIn(quote))
	}
	if c.structure == StructureEndpoint {
		set("endpoint", document.Plain(text[c.start:c.end]))
	}
	if v.Kind != schema.ValueVersion {
		for _, found := range quantities(quote, false) {
			if found.value.Kind == schema.ValueVersion {
				set("version", found.value.Original)
			}
		}
	}
	set("region", regionIn(quote))
	if v.Per != "" && v.Kind != schema.ValueMoney {
		set("condition", "per "+v.Per)
	}
	low := strings.ToLower(quote)
	switch categoryKey(category) {
	case "certifications", "compliance":
		set("condition", outstanding(low))
	}
	for _, word := range []string{"beta", "preview", "experimental", "early access", "on request"} {
		if standsIn(low, word) {
			set("condition", word)
		}
	}
	if len(q) == 0 {
		return nil
	}
	return q
}

// endpointIn is the method and path with which a sentence begins or that it names.
func endpointIn(s string) string {
	for _, method := range []string{"GET /", "POST /", "PUT /", "PATCH /", "DELETE /", "HEAD /"} {
		i := strings.Index(s, method)
		if i < 0 || i > 0 && isLetter(s[i-1]) {
			continue
		}
		end := i + len(method)
		for end < len(s) && s[end] != ' ' && s[end] != '`' && s[end] != ',' && s[end] != ';' {
			end++
		}
		return strings.TrimRight(s[i:end], ".:)`")
	}
	return ""
}

// outstanding is why something that is spoken of is not so now: "in progress",
// "planned" or "former"; empty if nothing says so. The text is in lower case.
func outstanding(low string) string {
	low = strings.ReplaceAll(low, "no plans to ", "")
	for _, c := range []struct{ condition, signs string }{
		{"in progress", "in progress; under way; underway; ongoing audit; pending; working towards; working toward; in preparation; being prepared; in arbeit; en cours"},
		{"planned", "planned; plans to; plan to; planning to; aims to; aim to; intends to; intend to; will be certified; will obtain; will be available; expected in; expected by; expects to; coming soon; roadmap; on track for; targeted for; geplant; prévu; prévue"},
		{"former", "used to be; no longer; formerly; was withdrawn; has expired; expired in; lapsed"},
	} {
		for sign := range strings.SplitSeq(c.signs, "; ") {
			if standsIn(low, sign) {
				return c.condition
			}
		}
	}
	if (standsIn(low, "was") || standsIn(low, "were")) && standsIn(low, "until") && !standsIn(low, "valid until") {
		return "former"
	}
	return ""
}

// standsIn reports whether words stand in a text, not as parts of others.
func standsIn(low, words string) bool {
	for from := 0; ; {
		i := strings.Index(low[from:], words)
		if i < 0 {
			return false
		}
		i += from
		before, _ := utf8.DecodeLastRuneInString(low[:i])
		if wordEnd(low, i+len(words)) == i+len(words) && (i == 0 || !unicode.IsLetter(before)) {
			return true
		}
		from = i + len(words)
	}
}

// rowQualifiers reads what the heads of a table say of a row: the first column
// may be of plans or regions, or every other one may be a plan.
func rowQualifiers(text string, c candidate, set func(name, value string)) {
	b := c.block
	if len(b.Header) == 0 {
		return
	}
	for i, head := range b.Header[:min(len(b.Header), len(b.Cells))] {
		if name := qualifierOf(head, i == 0); name != "" && (i == 0 || i != c.cell) {
			set(name, document.Plain(b.Cells[i].Of(text)))
		}
	}
	if c.cell == 0 || c.cell >= len(b.Header) {
		return
	}
	switch head := b.Header[c.cell]; {
	case ofPlans(b.Header) || isPlan(head):
		set("plan", head)
	case isRegion(head):
		set("region", head)
	}
}

// qualifierOf is what the cells below a head limit the others of their rows by.
// Some heads do so only of the first column: a package is a plan there, elsewhere
// what a library is installed as.
func qualifierOf(head string, first bool) string {
	switch strings.ToLower(strings.TrimRight(head, ":： ")) {
	case "plan", "tier", "edition", "tarif", "forfait":
		return "plan"
	case "region", "data center", "data centre":
		return "region"
	case "environment", "umgebung", "environnement":
		return "environment"
	case "package", "subscription", "offre":
		if first {
			return "plan"
		}
	case "endpoint", "route", "operation":
		if first {
			return "endpoint"
		}
	case "location":
		if first {
			return "region"
		}
	}
	return ""
}

// isRegion reports the names of regions.
func isRegion(s string) bool { return slices.Contains(regions, strings.TrimSpace(s)) }

// regions are those that statements are limited to.
//
//nolint:gochecknoglobals // a fixed table
var regions = []string{"EU", "European Union", "EEA", "US", "United States", "UK", "United Kingdom", "Germany", "Switzerland", "France", "Ireland", "Canada", "Australia", "Japan", "India", "Singapore", "China"}

// regionIn finds the region that a sentence is limited to.
func regionIn(s string) string {
	for _, region := range regions {
		for _, before := range []string{"in the ", "within the ", "in ", "within ", "only in "} {
			if i := strings.Index(s, before+region); i >= 0 && wordEnd(s, i+len(before)+len(region)) == i+len(before)+len(region) &&
				!strings.HasPrefix(s[i+len(before)+len(region):], " dollar") {
				return region
			}
		}
	}
	return ""
}
