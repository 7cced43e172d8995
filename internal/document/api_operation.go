package document

import (
	"cmp"
	"slices"
	"strings"
)

// operation is one method of one path.
type operation struct {
	method, path string
	shared, said *data // of the path, of the method
}

// operations writes all, under the tags by which they are grouped.
func (a *api) operations() {
	groups := map[string][]operation{}
	var order []string
	for _, t := range a.root.list("tags") {
		order = append(order, t.text("name"))
	}
	for _, section := range []string{"paths", "webhooks"} {
		paths := a.root.at(section)
		if paths == nil {
			continue
		}
		for i, path := range paths.keys {
			item := a.follow(paths.values[i])
			for _, m := range methods {
				said := item.at(m)
				if said == nil {
					continue
				}
				tag := append(said.scalars("tags"), "Operations")[0]
				if !slices.Contains(order, tag) {
					order = append(order, tag)
				}
				groups[tag] = append(groups[tag], operation{strings.ToUpper(m), path, item, said})
			}
		}
	}
	for _, tag := range order {
		if len(groups[tag]) == 0 {
			continue
		}
		a.put("<h2>%s</h2>", tag)
		for _, t := range a.root.list("tags") {
			if t.text("name") == tag {
				a.prose(t.text("description"), 2)
			}
		}
		for _, o := range groups[tag] {
			a.operation(o)
		}
		delete(groups, tag) // a tag that is listed twice
	}
}

func (a *api) operation(o operation) {
	a.put("<h3>%s</h3>", o.method+" "+o.path)
	if o.said.text("deprecated") == "true" {
		a.put("<p>This operation is deprecated.</p>")
	}
	summary, description := o.said.text("summary"), o.said.text("description")
	if !strings.HasPrefix(description, strings.TrimRight(summary, ".")) {
		a.prose(summary, 3)
	}
	a.prose(cmp.Or(description, o.shared.text("description")), 3)
	if o.said.at("security") != nil {
		a.put("<p>Authentication: %s.</p>", cmp.Or(security(o.said.list("security")), "none"))
	}
	a.limits(o.shared)
	a.limits(o.said)
	a.parameters(o)
	if body := a.follow(o.said.at("requestBody")); body != nil {
		need := ""
		if body.text("required") == "true" {
			need = ", required"
		}
		a.prose(body.text("description"), 3)
		a.content("Request body"+need, body.at("content"))
	}
	a.responses(a.follow(o.said.at("responses")))
}

func (a *api) parameters(o operation) {
	var all []*data
	for _, p := range slices.Concat(o.shared.list("parameters"), o.said.list("parameters")) {
		p = a.follow(p)
		if p.text("in") == "body" { // Swagger 2
			a.content("Request body", &data{keys: []string{""}, values: []*data{p}})
			continue
		}
		// What the operation says of a parameter replaces what its path says.
		all = slices.DeleteFunc(all, func(q *data) bool { return q.text("name") == p.text("name") && q.text("in") == p.text("in") })
		all = append(all, p)
	}
	if len(all) == 0 {
		return
	}
	a.put("<table><tr><th>Parameter</th><th>In</th><th>Type</th><th>Required</th><th>Limits</th><th>Description</th></tr>")
	for _, p := range all {
		s := p.at("schema")
		if s == nil {
			s = p
		}
		required := "no"
		if p.text("required") == "true" {
			required = "yes"
		}
		a.put("<tr><td><code>%s</code></td><td>%s</td><td>%s</td><td>%s</td><td>%s</td><td>", p.text("name"), p.text("in"), a.kind(s), required, a.bounds(s))
		a.prose(cmp.Or(p.text("description"), a.follow(s).text("description")), 5)
		a.put("</td></tr>")
	}
	a.put("</table>")
}

// content writes the properties of each kind of body.
func (a *api) content(what string, types *data) {
	if types == nil {
		return
	}
	for i, name := range types.keys {
		s := types.values[i].at("schema")
		if s == nil {
			continue
		}
		if name != "" {
			name = " (" + name + ")"
		}
		words := a.kind(s)
		if bounds := a.bounds(s); bounds != "" {
			words += "; " + bounds
		}
		a.put("<p>%s: %s</p>", what+name, words)
		if s.text("$ref") == "" { // else it is among the schemas
			a.properties(a.follow(s))
		}
	}
}

func (a *api) responses(all *data) {
	if all == nil || len(all.keys) == 0 {
		return
	}
	a.put("<table><tr><th>Response</th><th>Description</th><th>Content</th><th>Headers</th></tr>")
	for i, status := range all.keys {
		r := a.follow(all.values[i])
		var kinds []string
		if types := r.at("content"); types != nil {
			for j, name := range types.keys {
				kinds = append(kinds, name+": "+a.kind(types.values[j].at("schema")))
			}
		} else if s := r.at("schema"); s != nil {
			kinds = append(kinds, a.kind(s))
		}
		a.put("<tr><td>%s</td><td>", status)
		a.prose(r.text("description"), 5)
		a.put("</td><td>%s</td><td>", strings.Join(kinds, "; "))
		a.put("%s</td></tr>", strings.Join(a.headers(r.at("headers")), "; "))
	}
	a.put("</table>")
}

// headers words those of a response.
func (a *api) headers(all *data) []string {
	var said []string
	if all == nil {
		return said
	}
	for i, name := range all.keys {
		if d := a.follow(all.values[i]).text("description"); d != "" {
			name += ": " + strings.TrimRight(d, ".")
		}
		said = append(said, name)
	}
	return said
}

func (a *api) schemas() {
	all := cmp.Or(a.root.at("components", "schemas"), a.root.at("definitions"))
	if all == nil || len(all.keys) == 0 {
		return
	}
	a.put("<h2>Schemas</h2>")
	for i, name := range all.keys {
		s := all.values[i]
		a.put("<h3>%s</h3>", name)
		a.prose(s.text("description"), 3)
		if bounds := a.bounds(s); bounds != "" || len(s.list("oneOf")) > 0 || len(s.list("anyOf")) > 0 {
			a.put("<p>%s: %s</p>", a.kind(s), bounds)
		}
		a.properties(s)
	}
}

// properties writes those of an object, and of what it is made of.
func (a *api) properties(s *data) {
	parts := append([]*data{s}, s.list("allOf")...)
	open := false
	for _, part := range parts {
		part = a.follow(part)
		properties := part.at("properties")
		if properties == nil {
			continue
		}
		required := part.scalars("required")
		for i, name := range properties.keys {
			if !open {
				a.put("<table><tr><th>Property</th><th>Type</th><th>Required</th><th>Limits</th><th>Description</th></tr>")
				open = true
			}
			p := properties.values[i]
			need := "no"
			if slices.Contains(required, name) {
				need = "yes"
			}
			a.put("<tr><td><code>%s</code></td><td>%s</td><td>%s</td><td>%s</td><td>", name, a.kind(p), need, a.bounds(p))
			a.prose(a.follow(p).text("description"), 5)
			a.put("</td></tr>")
		}
	}
	if open {
		a.put("</table>")
	}
}

// kind words the type of a schema.
func (a *api) kind(s *data) string { return a.kindOf(s, 4) }

func (a *api) kindOf(s *data, depth int) string {
	if s == nil || depth == 0 {
		return "any"
	}
	if ref := s.text("$ref"); ref != "" {
		return ref[strings.LastIndexByte(ref, '/')+1:]
	}
	for _, key := range []string{"oneOf", "anyOf", "allOf"} {
		var names []string
		for _, part := range s.list(key) {
			names = append(names, a.kindOf(part, depth-1))
		}
		if len(names) > 0 {
			return strings.Join(names, map[bool]string{true: " and ", false: " or "}[key == "allOf"])
		}
	}
	name := cmp.Or(s.text("type"), strings.Join(s.scalars("type"), " or "))
	switch {
	case name == "array":
		return "array of " + a.kindOf(s.at("items"), depth-1)
	case name == "" && s.at("properties") != nil:
		return "object"
	case name == "":
		return "any"
	}
	if f := s.text("format"); f != "" {
		name += " (" + f + ")"
	}
	return name
}

// bounds words what a value may be.
func (a *api) bounds(s *data) string {
	s = a.follow(s)
	if s == nil {
		return ""
	}
	var said []string
	between := func(least, most, unit string) {
		switch {
		case least != "" && most != "":
			said = append(said, least+" to "+most+unit)
		case least != "":
			said = append(said, "at least "+least+unit)
		case most != "":
			said = append(said, "at most "+most+unit)
		}
	}
	between(s.text("minimum"), s.text("maximum"), "")
	between(s.text("minLength"), s.text("maxLength"), " characters")
	between(s.text("minItems"), s.text("maxItems"), " items")
	between(s.text("minProperties"), s.text("maxProperties"), " properties")
	for _, b := range []struct{ key, words string }{
		{"exclusiveMinimum", "more than "}, {"exclusiveMaximum", "less than "}, {"multipleOf", "a multiple of "}, {"const", "always "}, {"default", "default "},
	} {
		if v := s.text(b.key); v != "" && v != "true" && v != "false" || v != "" && b.key == "default" {
			said = append(said, b.words+v)
		}
	}
	if one := s.scalars("enum"); len(one) > 0 {
		said = append(said, "one of "+strings.Join(one[:min(len(one), 50)], ", "))
	}
	return strings.Join(said, "; ")
}
