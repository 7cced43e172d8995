package extract

import (
	"crypto/rand"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"
	"strings"

	"techfacts.dev/techfacts/internal/llm"
	"techfacts.dev/techfacts/schema"
)

//go:embed prompt.txt
var promptText string

// maxAnswer is how many tokens an answer may have.
const maxAnswer = 8192

// question is what a model is asked about a chunk. Its key is the same whenever
// the model, the words and the chunk are, though no two questions have the same
// delimiter.
func question(model string, p Page, prof Profile, c chunk) (q llm.Question, key string) {
	q = llm.Question{MaxTokens: maxAnswer, Seed: 1, Schema: answerSchema(prof.Categories)}
	var data strings.Builder
	for _, context := range []struct{ name, value string }{
		{"Company", p.Company},
		{"Title", p.Title},
		{"Headings above", strings.Join(c.headings, " > ")},
		{"Columns of the table", strings.Join(c.columns, " | ")},
	} {
		if context.value != "" {
			data.WriteString(context.name + ": " + oneLine(context.value) + "\n")
		}
	}
	data.WriteString("\n" + strings.TrimSpace(c.text) + "\n")

	system := instruct(prof, "")
	sum := sha256.Sum256([]byte(strings.Join([]string{model, system, data.String()}, "\x00")))
	delimiter := "<<<" + rand.Text() + ">>>"
	q.System = instruct(prof, delimiter)
	q.User = delimiter + "\n" + data.String() + delimiter
	return q, hex.EncodeToString(sum[:])
}

// again is q for a model that has not answered with JSON.
func again(q llm.Question) llm.Question {
	q.User += "\n\nYour last answer was not the JSON object that is asked for. Answer with that object and nothing else."
	q.Seed++
	return q
}

// instruct words the orders for a profile.
func instruct(prof Profile, delimiter string) string {
	least, most := 5, maxFacts(prof.Depth)
	if prof.Depth == schema.DepthDetailed {
		least = 10
	}
	depth := fmt.Sprintf("the %d to %d most telling ones of a page, at most.", least, most)
	if prof.Depth == schema.DepthComprehensive {
		depth = "all that there are."
	}
	more := ""
	if prof.Instructions != "" {
		more = "Also: " + prof.Instructions + "\n"
	}
	focus := prof.Focus
	if focus == "" {
		focus = "what belongs to the categories"
	}
	return strings.NewReplacer("{delimiter}", delimiter, "{categories}", strings.Join(prof.Categories, ", "), "{focus}", focus, "{depth}", depth, "{instructions}", more).
		Replace(promptText)
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// answerSchema is the JSON schema of an answer.
func answerSchema(categories []string) map[string]any {
	text := map[string]any{"type": "string"}
	return map[string]any{
		"type": "object", "additionalProperties": false, "required": []string{"facts"},
		"properties": map[string]any{"facts": map[string]any{
			"type": "array",
			"items": map[string]any{
				"type": "object", "additionalProperties": false, "required": []string{"statement", "category", "quote"},
				"properties": map[string]any{"statement": text, "category": map[string]any{"type": "string", "enum": categories}, "quote": text},
			},
		}},
	}
}
