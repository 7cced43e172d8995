package report_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"techfacts.dev/techfacts/internal/demosite"
	"techfacts.dev/techfacts/internal/document"
	"techfacts.dev/techfacts/internal/extract"
	"techfacts.dev/techfacts/internal/report"
	"techfacts.dev/techfacts/internal/store"
	"techfacts.dev/techfacts/schema"
)

const origin = "http://demo.example"

// seed stores the pages of the demo vendors that want lets through, with the facts
// that all profiles find on them, as the worker would.
func seed(t *testing.T, s *store.Store, want func(vendor, path string) bool) {
	t.Helper()
	if err := extract.NewProfiles(s).Seed(t.Context()); err != nil {
		t.Fatal(err)
	}
	profiles, err := s.Ent.Profile.Query().All(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	reader := document.NewReader(document.DefaultMemory)
	for _, v := range demosite.Vendors() {
		for path, doc := range crawled(t, reader, v.Path) {
			if !want(v.Name, path) {
				continue
			}
			err := s.Tx(t.Context(), func(tx *store.Tx) error {
				page := tx.Ent.Page.Create().SetURL(origin + path).SetDomain("demo.example").SetCompany(v.Name).SetTitle(doc.Title).SetFetchedAt(fetched).SaveX(t.Context())
				snap := tx.Ent.Snapshot.Create().SetPageID(page.ID).SetText(doc.Text).SetAnchors(doc.Anchors).SetHash(path).SetHTTPStatus(http.StatusOK).SaveX(t.Context())
				page.Update().SetSnapshotID(snap.ID).ExecX(t.Context())
				for _, p := range profiles {
					found := extract.Rules(extract.Page{Text: doc.Text, Title: doc.Title, Company: v.Name}, extract.Profile{
						Name: p.Name, Focus: p.Focus, Categories: p.Categories, Depth: p.Depth,
					}, 0.5)
					for _, f := range found {
						create := tx.Ent.Fact.Create().SetID(stableID(path, p.Name, f.Fingerprint)).SetPageID(page.ID).SetSnapshotID(snap.ID).SetProfileID(p.ID).SetCompany(v.Name).SetURL(page.URL).
							SetCategory(f.Category).SetStatement(f.Statement).SetQuote(f.Quote).SetSpan(f.Span).SetHeadings(f.Headings).
							SetAnchor(document.AnchorAt(doc.Anchors, f.Span.ByteStart)).SetAttribute(f.Attribute).SetSubject(f.Subject).
							SetValue(f.Value.Original).SetMeasure(f.Value).SetUnit(f.Value.Unit).SetQualifiers(f.Qualifiers).SetConfidence(f.Confidence).
							SetMethod(schema.MethodRules).SetFingerprint(f.Fingerprint).SetFirstSeenAt(fetched).SetLastSeenAt(fetched)
						if f.Value.Kind != "" {
							create.SetValueKind(f.Value.Kind)
						}
						create.ExecX(t.Context())
					}
					if err := report.KeepOfPage(t.Context(), tx, page.ID, p.ID); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
}

// stableID is the same each time, so that what is written of it can be compared.
func stableID(parts ...string) uuid.UUID {
	id := uuid.NewSHA1(uuid.NameSpaceURL, []byte(strings.Join(parts, "\x00")))
	kind := schema.NewID(schema.KindFact)
	id[6], id[7] = kind[6], kind[7]&0x80|id[7]&0x7f
	return id
}

// crawled reads the pages of a vendor that a robot may read, by their paths.
func crawled(t *testing.T, reader *document.Reader, start string) map[string]document.Document {
	t.Helper()
	h := demosite.Handler()
	seen, pages := map[string]bool{}, map[string]document.Document{}
	for todo := []string{start}; len(todo) > 0; todo = todo[1:] {
		path := todo[0]
		if seen[path] || strings.Contains(path, "/internal/") || !strings.HasPrefix(path, start) {
			continue
		}
		seen[path] = true
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, origin+path, nil))
		r := w.Result()
		if l := r.Header.Get("Location"); l != "" {
			todo = append(todo, resolve(t, path, l))
			continue
		}
		if r.StatusCode != http.StatusOK || !strings.HasPrefix(r.Header.Get("Content-Type"), "text/html") {
			continue
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := reader.Read(t.Context(), r.Header.Get("Content-Type"), body)
		if err != nil {
			t.Fatal(err)
		}
		if canonical := resolve(t, path, doc.Canonical); doc.Canonical != "" && canonical != path {
			todo = append(todo, canonical)
			continue
		}
		pages[path] = doc
		for _, l := range doc.Links {
			todo = append(todo, resolve(t, path, l.Href))
		}
	}
	return pages
}

func resolve(t *testing.T, path, link string) string {
	t.Helper()
	base, err := url.Parse(origin + path)
	if err != nil {
		t.Fatal(err)
	}
	u, err := base.Parse(link)
	if err != nil {
		t.Fatal(err)
	}
	return u.Path
}

func names() (list []string) {
	for _, v := range demosite.Vendors() {
		list = append(list, v.Name)
	}
	slices.Sort(list)
	return list
}
