package resolvers

import (
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
)

func TestNothingInTheSchemaIsLeftToGuess(t *testing.T) {
	t.Parallel()
	described := func(what, words string) {
		if len(strings.Fields(words)) < 1 {
			t.Errorf("%s has no description", what)
		}
	}
	for name, def := range Schema(&Resolver{}).Schema().Types {
		if def.BuiltIn || strings.HasPrefix(name, "__") {
			continue
		}
		described(name, def.Description)
		for _, v := range def.EnumValues {
			described(name+"."+v.Name, v.Description)
		}
		for _, f := range def.Fields {
			if strings.HasPrefix(f.Name, "__") {
				continue
			}
			described(name+"."+f.Name, f.Description)
			for _, a := range f.Arguments {
				described(name+"."+f.Name+"("+a.Name+")", a.Description)
			}
		}
	}
}

func TestMutationsTakeOneInputAndReturnAPayload(t *testing.T) {
	t.Parallel()
	for _, f := range Schema(&Resolver{}).Schema().Mutation.Fields {
		title := strings.ToUpper(f.Name[:1]) + f.Name[1:]
		if len(f.Arguments) != 1 || f.Arguments[0].Name != "input" || f.Arguments[0].Type.String() != title+"Input!" || f.Type.String() != title+"Payload!" {
			t.Errorf("%s(%v): %s", f.Name, f.Arguments, f.Type)
		}
	}
}

// TestNamesClientsWereToldOf holds the names by which clients were written
// before there was a server.
func TestNamesClientsWereToldOf(t *testing.T) {
	t.Parallel()
	types := Schema(&Resolver{}).Schema().Types
	for name, fields := range map[string]string{
		"Job":              "id type status priority params result total done failed skipped factCount error createdAt startedAt finishedAt items events canCancel canRetry",
		"JobError":         "code message",
		"JobItem":          "id url step state outcome reason httpStatus depth attempts factCount page startedAt finishedAt",
		"JobEvent":         "cursor seq at kind item job",
		"Page":             "id url domain company title status language contentHash fetchedAt snapshot snapshots facts",
		"Snapshot":         "id text hash fetchedAt httpStatus fetcher page",
		"Fact":             "id company category statement quote confidence method status headings span page snapshot profile deepLink firstSeenAt lastSeenAt",
		"Span":             "byteStart byteEnd runeStart runeEnd utf16Start utf16End",
		"Profile":          "id name description categories focus depth instructions builtin version",
		"Query":            "node nodes job jobs page pages pageByURL fact facts profile profiles report reports rateLimit rateLimits apiKeys auditLog",
		"Mutation":         "startScrape startExtraction cancelJob retryJob deleteJob createProfile updateProfile cloneProfile deleteProfile setRateLimit resetRateLimit createApiKey revokeApiKey",
		"Subscription":     "job jobEvents jobs factAdded pageStored",
		"ApiKey":           "id name scope createdAt expiresAt revokedAt lastUsedAt",
		"AuditEntry":       "id at who mutation input request outcome",
		"StartScrapeInput": "urls company profile crawl force priority idempotencyKey",
		"CrawlInput":       "maxDepth maxPages include exclude subdomains",
	} {
		def := types[name]
		if def == nil {
			t.Errorf("there is no %s", name)
			continue
		}
		for field := range strings.FieldsSeq(fields) {
			if def.Fields.ForName(field) == nil {
				t.Errorf("there is no %s.%s", name, field)
			}
		}
	}
	var statuses []string
	for _, v := range types["JobStatus"].EnumValues {
		statuses = append(statuses, v.Name)
	}
	if got, want := strings.Join(statuses, " "), "QUEUED RUNNING COMPLETED PARTIAL FAILED CANCELLED"; got != want || types["JobStatus"].Kind != ast.Enum {
		t.Errorf("JobStatus = %s", got)
	}
}
