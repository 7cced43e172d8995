package document

import (
	"bytes"
	"regexp"
	"strings"
	"unicode"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer/html"
)

// maxMarkdown is how large a text may be to be understood as Markdown; larger
// ones are passed through.
const maxMarkdown = 512 << 10

// fromMarkdown reads Markdown, in the dialects of GitHub and of the usual
// generators of documentation, by way of HTML: so a quote is free of link
// targets and emphasis, as one from a page would be.
func fromMarkdown(body []byte) Document {
	if len(body) > maxMarkdown {
		return FromText(body)
	}
	text := FromText(body).Text
	text, title := frontMatter(text)
	var page bytes.Buffer
	if err := newMarkdown().Convert([]byte(plainDialect(text)), &page); err != nil {
		return FromText(body)
	}
	d, err := FromHTML(page.Bytes())
	if err != nil {
		return FromText(body)
	}
	if title != "" {
		d.Title = title
	}
	return d
}

// newMarkdown makes HTML of CommonMark and its usual extensions. HTML within
// stays: what is no content in it is left out when the page is read.
func newMarkdown() goldmark.Markdown {
	return goldmark.New(
		goldmark.WithExtensions(extension.Table, extension.Strikethrough, extension.TaskList, extension.DefinitionList, extension.Footnote),
		goldmark.WithParserOptions(parser.WithHeadingAttribute()),
		goldmark.WithRendererOptions(html.WithUnsafe()),
	)
}

// frontMatter takes the YAML before a text away, and finds its title.
func frontMatter(text string) (rest, title string) {
	head, ok := strings.CutPrefix(text, "---\n")
	if !ok {
		return text, ""
	}
	head, rest, ok = strings.Cut(head, "\n---\n")
	if !ok {
		return text, ""
	}
	for line := range strings.Lines(head) {
		key, value, ok := strings.Cut(line, ":")
		switch {
		case !ok && strings.TrimSpace(line) != "" && line[0] != ' ' && line[0] != '-' && line[0] != '#':
			return text, "" // no YAML: a rule, and prose after it
		case key == "title":
			title = clean(strings.Trim(strings.TrimSpace(value), `"'`))
		}
	}
	return rest, title
}

// What generators of documentation write beyond CommonMark, a line each.
var (
	gitHubNote   = regexp.MustCompile(`^( *> *)\[!(NOTE|TIP|IMPORTANT|WARNING|CAUTION)\] *$`)
	colonNote    = regexp.MustCompile(`^ *:::+ *([a-z]*)(?:\[(.*)\]| +(.*))?$`)
	markedNote   = regexp.MustCompile(`^(?:!!!|\?\?\?\+?) +[a-z]+(?: +"(.*)")? *$`)
	moduleImport = regexp.MustCompile(`^(?:import .+ from ['"].+['"];?|export (?:const|default) .*)$`)
)

// plainDialect rewrites notes of several dialects as quotes that CommonMark
// knows, and leaves code alone.
func plainDialect(text string) string {
	if !strings.Contains(text, "[!") && !strings.Contains(text, ":::") && !strings.Contains(text, "!!! ") &&
		!strings.Contains(text, "??? ") && !strings.Contains(text, "import ") && !strings.Contains(text, "export ") {
		return text
	}
	var b strings.Builder
	b.Grow(len(text))
	fence, marked := "", false
	for line := range strings.Lines(text) {
		bare := strings.TrimRight(line, "\n")
		trimmed := strings.TrimLeft(bare, " ")
		if fence != "" || strings.HasPrefix(trimmed, "```") || strings.HasPrefix(trimmed, "~~~") {
			switch {
			case fence == "":
				fence = trimmed[:3]
			case strings.HasPrefix(trimmed, fence):
				fence = ""
			}
			if inner, ok := strings.CutPrefix(line, "    "); marked && ok {
				line = "> " + inner
			}
			b.WriteString(line)
			continue
		}
		line, marked = rewritten(line, bare, marked)
		b.WriteString(line)
	}
	return b.String()
}

// rewritten is one line outside of code in CommonMark. Marked says that it may
// stand in a note that is marked by indentation, as the next may.
func rewritten(line, bare string, marked bool) (string, bool) {
	if marked {
		if inner, ok := strings.CutPrefix(line, "    "); ok {
			return "> " + inner, true
		}
		if strings.TrimSpace(bare) == "" {
			return ">\n", true
		}
		line = "\n" + line
	}
	if m := gitHubNote.FindStringSubmatch(bare); m != nil {
		return m[1] + "**" + m[2][:1] + strings.ToLower(m[2][1:]) + "**\n" + m[1] + "\n", false
	}
	if m := colonNote.FindStringSubmatch(bare); m != nil {
		return "\n" + m[2] + m[3] + "\n\n", false
	}
	if m := markedNote.FindStringSubmatch(bare); m != nil {
		if m[1] == "" {
			return "\n", true
		}
		return "\n> " + m[1] + "\n>\n", true
	}
	if moduleImport.MatchString(bare) {
		return "\n", false
	}
	return line, false
}

// looksMarkdown reports text that has headings as Markdown writes them, set off
// by blank lines, and other signs of it. A comment in a shell script is none.
func looksMarkdown(body []byte) bool {
	headings, signs := 0, 0
	blank, fresh := true, false // the line before; a heading that waits for a blank line
	for line := range bytes.Lines(body[:min(len(body), 32<<10)]) {
		line = bytes.TrimRightFunc(line, unicode.IsSpace)
		if fresh && len(line) == 0 {
			headings++
		}
		fresh = false
		level := len(line) - len(bytes.TrimLeft(line, "#"))
		switch {
		case level > 0 && level < 7 && len(line) > level+1 && line[level] == ' ' && blank:
			fresh = true
		case bytes.HasPrefix(line, []byte("```")), bytes.Contains(line, []byte("](")), bytes.HasPrefix(line, []byte("|--")), bytes.HasPrefix(line, []byte("| --")):
			signs++
		}
		blank = len(line) == 0
	}
	return headings >= 2 || headings == 1 && signs > 0
}
