// Command generate, run at the root of the repository, writes ent/ and graph/ from what is written in schema/:
// first ent and its part of the SDL, then the executable schema of gqlgen.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"entgo.io/contrib/entgql"
	"entgo.io/ent/entc"
	"entgo.io/ent/entc/gen"
	"github.com/99designs/gqlgen/api"
	"github.com/99designs/gqlgen/codegen/config"
	"github.com/vektah/gqlparser/v2/ast"
	"techfacts.dev/techfacts/schema"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

func run() error {
	gql, err := entgql.NewExtension(
		entgql.WithConfigPath("gqlgen.yml"),
		entgql.WithSchemaGenerator(),
		entgql.WithSchemaPath("graph/ent.graphql"),
		entgql.WithWhereInputs(true),
		entgql.WithSchemaHook(shape),
	)
	if err != nil {
		return err
	}
	if err := entc.Generate("./schema", &gen.Config{
		Target:   "./ent",
		Package:  "techfacts.dev/techfacts/ent",
		Features: []gen.Feature{gen.FeatureVersionedMigration, gen.FeatureUpsert, gen.FeatureLock, gen.FeatureModifier},
	}, entc.Extensions(gql), entc.TemplateDir("./schema/generate/template")); err != nil {
		return err
	}
	if err := fillPageInfo(); err != nil {
		return err
	}
	// What gqlgen would no longer write must not stay behind.
	stale, err := filepath.Glob("graph/*.generated.go")
	if err != nil {
		return err
	}
	for _, file := range stale {
		if err := os.Remove(file); err != nil {
			return err
		}
	}
	cfg, err := config.LoadConfig("gqlgen.yml")
	if err != nil {
		return err
	}
	if err := api.Generate(cfg); err != nil {
		return err
	}
	return lean()
}

// fillPageInfo makes connections fill pageInfo for clients that ask for it
// without edges, which entgql leaves empty.
func fillPageInfo() error {
	const file = "ent/gql_pagination.go"
	const old, mended = "ignoredEdges := !hasCollectedField(ctx, edgesField)", "ignoredEdges := !hasCollectedField(ctx, edgesField) && !hasCollectedField(ctx, pageInfoField)"
	code, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if !strings.Contains(string(code), old) {
		return fmt.Errorf("%s is not as it was: does entgql fill pageInfo by itself now?", file)
	}
	return os.WriteFile(file, []byte(strings.ReplaceAll(string(code), old, mended)), 0o600) //nolint:gosec // a constant
}

// enumValues describes the values of the enumerations that ent generates.
//
//nolint:gochecknoglobals,gosec // a fixed table, with words about keys and no key
var enumValues = map[string]string{
	"JobType.SCRAPE":                   "Read pages and extract their facts.",
	"JobType.EXTRACT":                  "Extract the facts of pages that are stored.",
	"JobType.REPORT":                   "Write a report.",
	"JobType.IMPORT":                   "Read documents that were handed in, and extract their facts.",
	"JobStatus.QUEUED":                 "No worker has taken it yet.",
	"JobStatus.RUNNING":                "Work on it has begun.",
	"JobStatus.COMPLETED":              "Everything asked for was done.",
	"JobStatus.PARTIAL":                "Some was done and some failed.",
	"JobStatus.FAILED":                 "Nothing was done.",
	"JobStatus.CANCELLED":              "Somebody cancelled it; what was stored by then stays.",
	"JobPriority.HIGH":                 "Before all others.",
	"JobPriority.NORMAL":               "The usual.",
	"JobPriority.LOW":                  "When nothing else waits.",
	"JobItemStep.FETCH":                "Its page is read.",
	"JobItemStep.EXTRACT":              "Facts are extracted from its page.",
	"JobItemState.READY":               "It waits for a free worker and its turn at its domain.",
	"JobItemState.WAITING":             "It waits for a time, to be tried again.",
	"JobItemState.RUNNING":             "A worker is at it.",
	"JobItemState.ENDED":               "It is over; see outcome.",
	"JobItemOutcome.STORED":            "Its page is new or changed, and was stored.",
	"JobItemOutcome.UNCHANGED":         "Its page is stored already and has not changed.",
	"JobItemOutcome.EXTRACTED":         "The facts of its page were extracted.",
	"JobItemOutcome.DUPLICATE":         "It led to a page that another item of the job has, or says the same as one: see page and reason.",
	"JobItemOutcome.ROBOTS_BLOCKED":    "The robots.txt of its server forbids it, or could not be read; or the page asks not to be kept (noindex).",
	"JobItemOutcome.FETCH_BLOCKED":     "Its address cannot or may not be reached.",
	"JobItemOutcome.RATE_LIMITED":      "Its server kept answering that we ask too often.",
	"JobItemOutcome.HTTP_ERROR":        "Its server answered with an error, or not by the rules.",
	"JobItemOutcome.TIMEOUT":           "Its server was too slow.",
	"JobItemOutcome.TOO_LARGE":         "It is larger than the limit.",
	"JobItemOutcome.EMPTY_CONTENT":     "There is no text on it.",
	"JobItemOutcome.UNSUPPORTED_TYPE":  "It is of a type that cannot be read.",
	"JobItemOutcome.OUT_OF_SCOPE":      "It led outside of what the job may read, or looks like a trap without an end.",
	"JobItemOutcome.BUDGET_EXHAUSTED":  "The job had its number of pages before its turn came.",
	"JobItemOutcome.CANCELLED":         "The job was cancelled before it was done.",
	"JobItemOutcome.FAILED":            "Something went wrong on our side.",
	"JobEventKind.QUEUED":              "The job was asked for.",
	"JobEventKind.STARTED":             "A worker took its first item.",
	"JobEventKind.ITEM_FETCHED":        "The page of an item was read; its facts come next.",
	"JobEventKind.ITEM_RETRY":          "An item failed and will be tried again.",
	"JobEventKind.ITEM_ENDED":          "An item ended; see its outcome.",
	"JobEventKind.ENDED":               "The job ended; see its status.",
	"PageStatus.ACTIVE":                "Its server had it when last asked.",
	"PageStatus.GONE":                  "Its server says that it is gone.",
	"SnapshotFetcher.HTTP":             "The built-in HTTP client.",
	"SnapshotFetcher.BROWSER":          "A headless Chromium, which ran its scripts.",
	"SnapshotFetcher.FIRECRAWL":        "The scrape API of Firecrawl.",
	"SnapshotFetcher.FLARESOLVERR":     "FlareSolverr, past a challenge.",
	"SnapshotFetcher.IMPORT":           "Not at all: it was handed in.",
	"FactMethod.RULES":                 "By rules.",
	"FactMethod.MODEL":                 "By a language model; its quote was verified.",
	"FactStatus.ACTIVE":                "The page still states it.",
	"FactStatus.SUPERSEDED":            "A newer fact took its place.",
	"FactStatus.REMOVED":               "The page no longer states it.",
	"FactStatus.REJECTED":              "Somebody has said that it is wrong.",
	"FactChangeKind.ADDED":             "It is stated for the first time.",
	"FactChangeKind.CHANGED":           "Another value is stated than before: see previous.",
	"FactChangeKind.REMOVED":           "No page states it any more.",
	"FactChangeKind.REAPPEARED":        "It is stated again.",
	"ReviewVerdict.CONFIRMED":          "It is right.",
	"ReviewVerdict.REJECTED":           "It is wrong.",
	"ReviewVerdict.EDITED":             "It is right in other words, or in another category.",
	"ProfileDepth.SUMMARY":             "The 5 to 10 most telling facts of a page.",
	"ProfileDepth.DETAILED":            "10 to 30 facts of a page.",
	"ProfileDepth.COMPREHENSIVE":       "All facts of a page, at most 100.",
	"ExtractionMethod.RULES":           "Rules alone.",
	"ExtractionMethod.MODEL":           "A language model alone; every quote is verified.",
	"ExtractionMethod.BOTH":            "Rules and a model; what both find is stored once.",
	"ReportType.SINGLE":                "One company, all categories.",
	"ReportType.COMPARISON":            "Two or more companies side by side.",
	"ReportType.TOPIC":                 "One category across companies.",
	"ReportType.SUMMARY":               "The most telling facts in short.",
	"ReportFormat.MARKDOWN":            "Markdown.",
	"ReportFormat.HTML":                "HTML: one file that needs nothing else.",
	"ReportFormat.JSON":                "JSON: what the document says, as data.",
	"ReportFormat.CSV":                 "CSV: the comparison, or the facts if it compares nothing.",
	"JobItemStep.REPORT":               "A report is written.",
	"JobItemOutcome.WRITTEN":           "The report was written.",
	"RateLimitStatus.OPEN":             "It answers.",
	"RateLimitStatus.BACKING_OFF":      "It asked us to slow down.",
	"RateLimitStatus.REFUSED":          "It refused many requests in a row; someone should look.",
	"JobItemStep.DISCOVER":             "The sitemaps of its site are read, before its page.",
	"RateLimitStatus.EXHAUSTED":        "Its pages of the day are used up.",
	"ApiKeyScope.READ":                 "Queries and subscriptions.",
	"ApiKeyScope.WRITE":                "And mutations of jobs, profiles and reviews.",
	"ApiKeyScope.ADMIN":                "And keys, the audit log and what domains are allowed: everything.",
	"OrderDirection.ASC":               "Smallest, earliest or first in the alphabet first.",
	"OrderDirection.DESC":              "Largest, latest or last in the alphabet first.",
	"JobItemOutcome.LANGUAGE_FILTERED": "Its text is in a language that the job was told to leave out.",
	"FactValueKind.COUNT":              "So many of something.",
	"FactValueKind.RATE":               "So many in a time.",
	"FactValueKind.SIZE":               "An amount of data.",
	"FactValueKind.DURATION":           "A length of time.",
	"FactValueKind.PERCENT":            "A share.",
	"FactValueKind.MONEY":              "An amount of money.",
	"FactValueKind.VERSION":            "A version or a range of them.",
	"FactValueKind.UNLIMITED":          "That there is no limit.",
	"FactValueKind.FLAG":               "Whether there is something.",
}

// enumTypes describes the enumerations themselves.
//
//nolint:gochecknoglobals,gosec // a fixed table, with words about keys and no key
var enumTypes = map[string]string{
	"ApiKeyScope":      "What a key may do; each scope includes those before it.",
	"ExtractionMethod": "Who looks for facts.",
	"FactStatus":       "Whether a fact still holds.",
	"FactValueKind":    "What the value of a fact measures.",
	"FactMethod":       "How a fact was found.",
	"FactChangeKind":   "What became of a claim.",
	"ReviewVerdict":    "What somebody thinks of a fact.",
	"JobEventKind":     "What happened to a job.",
	"JobItemState":     "Where an item is in the queue.",
	"JobItemStep":      "The work that an item waits for or is in.",
	"JobItemOutcome":   "How an item ended.",
	"JobStatus":        "Where a job is in its life.",
	"JobType":          "What a job does.",
	"JobPriority":      "Whose items are taken first.",
	"PageStatus":       "Whether a page is still there.",
	"ProfileDepth":     "How much is wanted of a page.",
	"RateLimitStatus":  "How a domain takes our requests.",
	"ReportFormat":     "What a report is written in.",
	"ReportType":       "What a report shows.",
	"SnapshotFetcher":  "The way a text was got.",
}

// doubled are the names that entgql makes of a noun and a Go type that begins
// with the same noun, and what they are called instead.
//
//nolint:gochecknoglobals // a fixed table
var doubled = map[string]string{
	"FactFactStatus":           "FactStatus",
	"FactChangeChangeKind":     "FactChangeKind",
	"ProfileExtractionMethod":  "ExtractionMethod",
	"JobEventEventKind":        "JobEventKind",
	"JobItemItemState":         "JobItemState",
	"JobJobStatus":             "JobStatus",
	"JobJobType":               "JobType",
	"PagePageStatus":           "PageStatus",
	"RateLimitRateLimitStatus": "RateLimitStatus",
	"ReportReportFormat":       "ReportFormat",
	"ReportReportType":         "ReportType",
}

// shape is the schema hook: names first, then words.
func shape(g *gen.Graph, s *ast.Schema) error {
	rename(s)
	comment(g, s)
	describe(s)
	protect(s)
	return nil
}

// admins are the queries that entgql makes which are not for every key.
//
//nolint:gochecknoglobals // a fixed table
var admins = map[string]bool{"apiKeys": true, "auditLog": true}

// protect says of each query that entgql makes which scope it needs.
func protect(s *ast.Schema) {
	for _, f := range s.Types["Query"].Fields {
		needs := schema.ScopeRead
		if admins[f.Name] {
			needs = schema.ScopeAdmin
		}
		f.Directives = append(f.Directives, &ast.Directive{Name: "scope", Arguments: ast.ArgumentList{
			{Name: "needs", Value: &ast.Value{Raw: string(needs), Kind: ast.EnumValue}},
		}})
	}
}

// comment brings over the comments of nouns and of their edges to lists, which
// entgql leaves behind.
func comment(g *gen.Graph, s *ast.Schema) {
	for _, n := range g.Nodes {
		def, ok := s.Types[n.Name]
		if !ok {
			continue
		}
		if a, ok := n.Annotations["Comment"].(map[string]any); ok {
			def.Description, _ = a["Text"].(string)
		}
		for _, e := range n.Edges {
			if f := def.Fields.ForName(e.Name); f != nil && f.Description == "" {
				f.Description = e.Comment()
			}
		}
	}
}

func rename(s *ast.Schema) {
	for old, name := range doubled {
		def, ok := s.Types[old]
		if !ok {
			continue
		}
		delete(s.Types, old)
		def.Name, def.Description = name, ""
		s.Types[name] = def
	}
	var refer func(*ast.Type)
	refer = func(t *ast.Type) {
		if t.Elem != nil {
			refer(t.Elem)
		} else if name, ok := doubled[t.NamedType]; ok {
			t.NamedType = name
		}
	}
	for _, def := range s.Types {
		for _, f := range def.Fields {
			refer(f.Type)
		}
	}
}

// describe gives a description to what entgql generates without one, so that
// nothing in the schema is left for a reader to guess.
func describe(s *ast.Schema) {
	for name, def := range s.Types {
		if def.BuiltIn || strings.HasPrefix(name, "__") {
			continue
		}
		if words := describeType(name); words != "" && (def.Description == "" || strings.HasPrefix(def.Description, "A ") || strings.HasPrefix(def.Description, "An ") || strings.HasPrefix(def.Description, "Ordering ") || strings.HasPrefix(def.Description, name)) {
			def.Description = words
		}
		for _, v := range def.EnumValues {
			if d, ok := enumValues[name+"."+v.Name]; ok {
				v.Description = d
			} else if strings.HasSuffix(name, "OrderField") {
				v.Description = "By " + strings.ToLower(strings.ReplaceAll(v.Name, "_", " ")) + "."
			}
		}
		for _, f := range def.Fields {
			if f.Description == "" || strings.HasSuffix(f.Description, " predicates") {
				f.Description = describeField(def, f)
			}
			for _, a := range f.Arguments {
				if a.Description == "" {
					a.Description = describeArgument(a.Name)
				}
			}
		}
	}
}

func describeType(name string) string {
	switch name {
	case "Time":
		return "A moment as RFC 3339 in UTC, such as 2026-01-31T09:30:00Z."
	case "Cursor":
		return "A place in a list; opaque."
	case "Node":
		return "Anything that has an id; see the query node."
	case "PageInfo":
		return "Where a page of a connection begins and ends."
	case "Query":
		return "What can be asked."
	case "OrderDirection":
		return "Which way to order."
	}
	if words, ok := enumTypes[name]; ok {
		return words
	}
	for suffix, words := range map[string]string{
		"Connection": "A page of a list.", "Edge": "One element of a list, and its place.",
		"OrderField": "What to order by.", "Order": "How to order.",
	} {
		if strings.HasSuffix(name, suffix) {
			return words
		}
	}
	return ""
}

// predicates are the endings that entgql gives to the fields of where inputs.
//
//nolint:gochecknoglobals // a fixed table
var predicates = []struct{ suffix, words string }{
	{"EqualFold", "is this, in upper or lower case"},
	{"ContainsFold", "contains this, in upper or lower case"},
	{"HasPrefix", "begins with this"},
	{"HasSuffix", "ends with this"},
	{"Contains", "contains this"},
	{"NotNil", "is set"},
	{"IsNil", "is not set"},
	{"NotIn", "is none of these; an empty list is no condition"},
	{"In", "is one of these; an empty list is no condition"},
	{"NEQ", "is not this"},
	{"GTE", "is this or more"},
	{"LTE", "is this or less"},
	{"GT", "is more than this"},
	{"LT", "is less than this"},
}

func describeField(def *ast.Definition, f *ast.FieldDefinition) string {
	switch f.Name {
	case "id":
		return "Its id: opaque, unique among all nouns, in the order of creation."
	case "edges":
		return "The elements, each with its place."
	case "pageInfo":
		return "Where this page begins and ends."
	case "totalCount":
		return "How many elements the whole list has."
	case "node":
		return "The element."
	case "cursor":
		return "Its place, for after and before."
	case "direction":
		return "Which way; ascending unless said."
	case "field":
		return "By what."
	case "hasNextPage":
		return "Whether more follow."
	case "hasPreviousPage":
		return "Whether any come before."
	case "startCursor":
		return "The place of the first element."
	case "endCursor":
		return "The place of the last element."
	case "not":
		return "This must not hold."
	case "and":
		return "All of these must hold."
	case "or":
		return "One of these must hold."
	}
	if def.Kind != ast.InputObject {
		return ""
	}
	if edge, ok := strings.CutPrefix(f.Name, "has"); ok {
		if edge, ok := strings.CutSuffix(edge, "With"); ok {
			return "One of its " + lowerFirst(edge) + " is like this."
		}
		return "Whether it has any " + lowerFirst(edge) + "."
	}
	for _, p := range predicates {
		if field, ok := strings.CutSuffix(f.Name, p.suffix); ok && field != "" {
			return "Its " + field + " " + p.words + "."
		}
	}
	return "Its " + f.Name + " is this."
}

func describeArgument(name string) string {
	return map[string]string{
		"first":   "At most so many, from the start: 0 to 100; 20 unless said.",
		"last":    "At most so many, from the end: 0 to 100.",
		"after":   "Only what comes after this place.",
		"before":  "Only what comes before this place.",
		"where":   "Only what is like this.",
		"orderBy": "In this order.",
		"id":      "Its id.",
		"ids":     "Their ids; at most 100.",
	}[name]
}

func lowerFirst(s string) string { return strings.ToLower(s[:1]) + s[1:] }
