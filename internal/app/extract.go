package app

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"strings"

	"techfacts.dev/techfacts/internal/document"
	"techfacts.dev/techfacts/internal/extract"
	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/internal/fetch"
	"techfacts.dev/techfacts/schema"
)

// FileFact is a fact of a local file. Its JSON names are those of the API.
type FileFact struct {
	File       string   `json:"file"`
	URL        string   `json:"url,omitempty"`
	Company    string   `json:"company,omitempty"`
	Profile    string   `json:"profile"`
	Category   string   `json:"category"`
	Statement  string   `json:"statement"`
	Quote      string   `json:"quote"`
	Confidence float64  `json:"confidence"`
	Headings   []string `json:"headings"`
	Span       fileSpan `json:"span"`

	Attribute  string            `json:"attribute,omitempty"`
	Subject    string            `json:"subject,omitempty"`
	Value      *schema.Value     `json:"value"`
	Qualifiers map[string]string `json:"qualifiers,omitempty"`

	Method schema.Method `json:"method"`
	Model  string        `json:"model,omitempty"`
}

// fileSpan is where a quote stands in the Markdown that was made of a file.
type fileSpan struct {
	ByteStart  int `json:"byteStart"`
	ByteEnd    int `json:"byteEnd"`
	RuneStart  int `json:"runeStart"`
	RuneEnd    int `json:"runeEnd"`
	UTF16Start int `json:"utf16Start"`
	UTF16End   int `json:"utf16End"`
}

// Reading is how files are read: by which built-in profile, and whose
// documentation it is. The company may be empty; URL, where the file is from, may
// be too, and if it is not its host stands in for a company that is not named. An
// empty method is rules, and the model if one is set.
type Reading struct {
	Profile, Company, URL string
	Method                schema.ExtractionMethod
}

// Check fails with INVALID for a profile that is not built in and for a URL
// that is none.
func (r Reading) Check() error {
	if _, ok := builtin(r.Profile); !ok {
		var names []string
		for _, b := range extract.Builtin() {
			names = append(names, b.Name)
		}
		return fault.New(fault.Invalid, "there is no built-in profile %q; there are %s", r.Profile, strings.Join(names, ", "))
	}
	if u, err := url.Parse(r.URL); r.URL != "" && (err != nil || u.Scheme == "" || u.Host == "") {
		return fault.New(fault.Invalid, "%q is no URL: it should begin with http:// or https://", r.URL)
	}
	return nil
}

// Extract finds the facts of a local file by the path on which a worker finds
// those of a page: the same reading, the same rules and model, the same threshold.
// It fails with UNAVAILABLE if only the model is to be asked and is not heard. Quotes of
// HTML are worded as the page has them, without the signs of inline code and of
// powers that the Markdown made of it has.
func Extract(ctx context.Context, c Config, path string, r Reading) ([]FileFact, error) {
	if err := r.Check(); err != nil {
		return nil, err
	}
	profile, _ := builtin(r.Profile)
	if r.Company == "" && r.URL != "" {
		u, _ := url.Parse(r.URL) // checked above
		r.Company = u.Hostname()
	}
	file, err := fetch.File(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	doc, err := document.NewReader(document.DefaultMemory).Read(ctx, file.ContentType, file.Body)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	model := c.model(nil, nil, slog.New(slog.DiscardHandler))
	method := extract.MethodOf(model != nil, r.Method)
	if method.Model() && model == nil {
		return nil, fault.New(fault.Invalid, "--method %s needs a model: set OPENAI_BASE_URL and LLM_MODEL", method)
	}
	found, err := extract.Find(ctx, extract.Page{Text: doc.Text, Title: doc.Title, Company: r.Company}, profile, extract.Options{
		Method: method, Model: model, MinConfidence: c.MinConfidence,
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if method == schema.ExtractByModel && found.Err != nil {
		return nil, fmt.Errorf("%s: %s: %w", path, found.Gap.Words(), found.Err)
	}
	facts := make([]FileFact, 0, len(found.Facts))
	html := file.ContentType == "text/html" || file.ContentType == "application/xhtml+xml"
	for _, f := range found.Facts {
		if html {
			f.Quote = withoutPowers(document.Plain(f.Quote), file.Body)
		}
		var value *schema.Value
		if f.Value.Kind != "" {
			value = &f.Value
		}
		facts = append(facts, FileFact{
			File: path, URL: r.URL, Company: r.Company, Profile: r.Profile, Category: f.Category, Statement: f.Statement,
			Quote: f.Quote, Confidence: f.Confidence, Headings: f.Headings, Span: fileSpan(f.Span),
			Attribute: f.Attribute, Subject: f.Subject, Value: value, Qualifiers: f.Qualifiers, Method: f.Method, Model: f.Model,
		})
	}
	return facts, nil
}

// withoutPowers takes the signs out of a quote that stand before superscripts: of
// 2<sup>41</sup> the text is 241. What the page writes itself, it keeps.
func withoutPowers(quote string, page []byte) string {
	words := strings.Split(quote, " ")
	for i, w := range words {
		if strings.Contains(w, "^") && !bytes.Contains(page, []byte(w)) {
			words[i] = strings.ReplaceAll(w, "^", "")
		}
	}
	return strings.Join(words, " ")
}

func builtin(name string) (extract.Profile, bool) {
	for _, b := range extract.Builtin() {
		if b.Name == name {
			return extract.Profile{Name: b.Name, Focus: b.Focus, Categories: b.Categories, Depth: b.Depth}, true
		}
	}
	return extract.Profile{}, false
}
