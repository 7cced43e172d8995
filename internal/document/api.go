package document

import (
	"bytes"
	"cmp"
	"fmt"
	"html"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/yuin/goldmark"
)

// maxAPI is how many bytes of HTML are written of one API.
const maxAPI = 4 << 20

// fromAPI reads the description of an HTTP API, OpenAPI 3 or Swagger 2, as a
// page about it: servers, authentication, operations with parameters, limits and
// responses, schemas. References to other files are left alone.
func fromAPI(body []byte) (Document, error) {
	root, err := parseData(body)
	if err != nil || root.text("openapi") == "" && root.text("swagger") == "" || root.at("paths") == nil && root.at("webhooks") == nil && root.at("components") == nil {
		return Document{}, ErrNotAPI
	}
	a := api{root: root, refs: map[string]*data{}, md: newMarkdown()}
	a.page()
	return FromHTML([]byte(a.b.String()))
}

// api writes the HTML of a page about an API.
type api struct {
	root *data
	refs map[string]*data // that have been followed
	md   goldmark.Markdown
	b    strings.Builder
}

// methods of operations, in the order they are written.
//
//nolint:gochecknoglobals // a fixed table
var methods = []string{"get", "head", "post", "put", "patch", "delete", "options", "trace"}

func (a *api) page() {
	info := a.root.at("info")
	title := cmp.Or(info.text("title"), "API")
	a.put("<title>%s</title><main><h1>%s</h1>", title, title)
	if v := info.text("version"); v != "" {
		a.put("<p>API version: %s</p>", v)
	}
	a.prose(info.text("summary"), 1)
	a.prose(info.text("description"), 1)
	for _, l := range []struct{ name, value string }{
		{"Licence", info.text("license", "name")}, {"Terms of service", info.text("termsOfService")}, {"Contact", info.text("contact", "email")},
	} {
		if l.value != "" {
			a.put("<p>%s: %s</p>", l.name, l.value)
		}
	}
	a.limits(info)
	a.limits(a.root)
	a.servers()
	a.authentication()
	a.operations()
	a.schemas()
	a.b.WriteString("</main>")
}

// put writes HTML with values that are text, while there is room.
func (a *api) put(format string, values ...string) {
	if a.b.Len() > maxAPI {
		return
	}
	escaped := make([]any, len(values))
	for i, v := range values {
		escaped[i] = html.EscapeString(v)
	}
	fmt.Fprintf(&a.b, format, escaped...)
}

var headingTag = regexp.MustCompile(`<(/?)h([1-6])`)

// prose writes Markdown whose headings stand so many levels deeper than they say.
func (a *api) prose(text string, deeper int) {
	if text = strings.TrimSpace(text); text == "" || a.b.Len() > maxAPI || len(text) > maxMarkdown {
		return
	}
	var out bytes.Buffer
	if err := a.md.Convert([]byte(plainDialect(text)), &out); err != nil {
		a.put("<p>%s</p>", text)
		return
	}
	a.b.WriteString("<div>" + headingTag.ReplaceAllStringFunc(out.String(), func(tag string) string {
		last := len(tag) - 1
		return tag[:last] + strconv.Itoa(min(6, int(tag[last]-'0')+deeper))
	}) + "</div>")
}

// limits writes what extensions say of limits, such as x-rate-limit.
func (a *api) limits(d *data) {
	if d == nil {
		return
	}
	for i, key := range d.keys {
		lower := strings.ToLower(key)
		if !strings.HasPrefix(lower, "x-") || !strings.Contains(lower, "limit") && !strings.Contains(lower, "quota") && !strings.Contains(lower, "throttl") {
			continue
		}
		if said := d.values[i].flat(3); said != "" {
			a.put("<p>%s: %s</p>", strings.ReplaceAll(key[2:], "-", " "), said)
		}
	}
}

// flat is a value in one line.
func (d *data) flat(depth int) string {
	if d.scalar != "" || depth == 0 {
		return d.scalar
	}
	var parts []string
	for i, v := range d.values[:min(len(d.values), 20)] {
		said := v.flat(depth - 1)
		if said != "" && len(d.keys) > 0 {
			said = d.keys[i] + " " + said
		}
		if said != "" {
			parts = append(parts, said)
		}
	}
	return strings.Join(parts, ", ")
}

func (a *api) servers() {
	list := a.root.list("servers")
	host := a.root.text("host")
	if len(list) == 0 && host == "" {
		return
	}
	a.put("<h2>Servers</h2><ul>")
	for _, s := range list {
		a.put("<li>Base URL: <code>%s</code>", s.text("url"))
		if said := s.text("description"); said != "" {
			a.put(", %s", said)
		}
		if variables := s.at("variables"); variables != nil {
			for i, name := range variables.keys {
				v := variables.values[i]
				a.put("; <code>%s</code> is %s", name, strings.Join(slices.Concat([]string{v.text("default")}, v.scalars("enum")), ", "))
			}
		}
		a.put("</li>")
	}
	if host != "" { // Swagger 2
		schemes := a.root.scalars("schemes")
		if len(schemes) == 0 {
			schemes = []string{"https"}
		}
		for _, scheme := range schemes {
			a.put("<li>Base URL: <code>%s</code></li>", scheme+"://"+host+a.root.text("basePath"))
		}
	}
	a.put("</ul>")
}

// scalars are the texts of a list.
func (d *data) scalars(key string) []string {
	var texts []string
	for _, v := range d.list(key) {
		if v.scalar != "" {
			texts = append(texts, v.scalar)
		}
	}
	return texts
}

func (a *api) authentication() {
	schemes := cmp.Or(a.root.at("components", "securitySchemes"), a.root.at("securityDefinitions"))
	if schemes == nil {
		return
	}
	a.put("<h2>Authentication</h2>")
	if said := security(a.root.list("security")); said != "" {
		a.put("<p>Unless an operation says otherwise it needs %s.</p>", said)
	}
	a.put("<dl>")
	for i, name := range schemes.keys {
		s := a.follow(schemes.values[i])
		a.put("<dt>%s</dt><dd><p>%s</p>", name, scheme(s))
		a.prose(s.text("description"), 3)
		flows := s.at("flows")
		if flows == nil && s.at("scopes") != nil { // Swagger 2
			flows = &data{keys: []string{s.text("flow")}, values: []*data{s}}
		}
		if flows != nil {
			for i, flow := range flows.keys {
				a.flow(flow, flows.values[i])
			}
		}
		a.put("</dd>")
	}
	a.put("</dl>")
}

// scheme words a way to authenticate.
func scheme(s *data) string {
	switch kind := s.text("type"); kind {
	case "apiKey":
		return "API key in the " + s.text("in") + " " + s.text("name") + "."
	case "http":
		words := "HTTP " + s.text("scheme") + " authentication"
		if f := s.text("bearerFormat"); f != "" {
			words += " (" + f + ")"
		}
		return words + "."
	case "basic":
		return "HTTP basic authentication."
	case "oauth2":
		return "OAuth 2.0."
	case "openIdConnect":
		return "OpenID Connect: " + s.text("openIdConnectUrl") + "."
	case "mutualTLS":
		return "Mutual TLS: the client needs a certificate."
	default:
		return kind
	}
}

func (a *api) flow(name string, f *data) {
	a.put("<p>OAuth flow %s", name)
	for _, key := range []string{"authorizationUrl", "tokenUrl", "refreshUrl"} {
		if u := f.text(key); u != "" {
			a.put("; %s: %s", key, u)
		}
	}
	a.put("</p>")
	if scopes := f.at("scopes"); scopes != nil && len(scopes.keys) > 0 {
		a.put("<table><tr><th>Scope</th><th>Description</th></tr>")
		for i, scope := range scopes.keys {
			a.put("<tr><td><code>%s</code></td><td>%s</td></tr>", scope, scopes.values[i].scalar)
		}
		a.put("</table>")
	}
}

// security words what an operation needs; empty if nothing is said.
func security(list []*data) string {
	var ways []string
	for _, way := range list {
		var all []string
		for i, name := range way.keys {
			if scopes := way.values[i].flat(2); scopes != "" {
				name += " (" + scopes + ")"
			}
			all = append(all, name)
		}
		if len(all) == 0 {
			all = []string{"none"}
		}
		ways = append(ways, strings.Join(all, " and "))
	}
	return strings.Join(ways, ", or ")
}

// follow gives what a reference within the description stands for.
func (a *api) follow(d *data) *data {
	for range 8 {
		ref := d.text("$ref")
		if ref == "" {
			return d
		}
		to, known := a.refs[ref]
		if !known {
			if path, ok := strings.CutPrefix(ref, "#/"); ok {
				keys := strings.Split(path, "/")
				for i, k := range keys {
					keys[i] = strings.NewReplacer("~1", "/", "~0", "~").Replace(k)
				}
				to = a.root.at(keys...)
			}
			a.refs[ref] = to
		}
		if to == nil {
			return d
		}
		d = to
	}
	return d
}
