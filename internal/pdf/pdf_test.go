package pdf_test

import (
	"bytes"
	"compress/zlib"
	"context"
	"encoding/ascii85"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"unicode/utf8"

	"techfacts.dev/techfacts/internal/pdf"
)

// build writes a file of objects, numbered from 1. The first is the catalog.
func build(objects ...string) []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n%\xE2\xE3\xCF\xD3\n")
	for i, o := range objects {
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	fmt.Fprintf(&b, "trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n0\n%%%%EOF\n", len(objects)+1)
	return b.Bytes()
}

func stream(dict, data string) string {
	return fmt.Sprintf("<<%s/Length %d>>\nstream\n%s\nendstream", dict, len(data), data)
}

func flate(data string) string {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	_, _ = w.Write([]byte(data)) // to memory
	_ = w.Close()
	return b.String()
}

// onePage is a file of a page that draws what content says, in the fonts F
// (Helvetica, with widths) and what else resources name.
func onePage(content, resources string, more ...string) []byte {
	return build(append([]string{
		"<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>",
		"<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<</Font<</F 5 0 R" + resources + ">>>>", stream("", content),
		"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
	}, more...)...)
}

func show(t *testing.T, body []byte) string {
	t.Helper()
	f, err := pdf.Read(t.Context(), body)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for i, p := range f.Pages {
		if i > 0 {
			b.WriteString("\f")
		}
		for _, block := range p {
			switch {
			case block.Cells != nil:
				fmt.Fprintf(&b, "[%s]", strings.Join(block.Cells, "|"))
			case block.Heading:
				fmt.Fprintf(&b, "# %s", block.Text)
			case block.Item:
				fmt.Fprintf(&b, "- %s", block.Text)
			default:
				b.WriteString(block.Text)
			}
			b.WriteString("\n")
		}
	}
	return b.String()
}

func TestABrowsersFileReadsLikeThePage(t *testing.T) {
	t.Parallel()
	body, err := os.ReadFile("testdata/limits.pdf")
	if err != nil {
		t.Fatal(err)
	}
	f, err := pdf.Read(t.Context(), body)
	if err != nil || f.Title != "Acme limits" || len(f.Pages) != 1 {
		t.Fatalf("%q, %d pages, %v", f.Title, len(f.Pages), err)
	}
	got := show(t, body)
	for _, want := range []string{
		"# Rate limits – Größe\n", "# Plans\n", "A batch holds at most 500 events.\n",
		"The API allows 600 requests per minute per key. Requests beyond that are answered with 429 and a Retry-After header that tells how long clients should wait before they try again.\n",
		"[Team|600|€29]\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("lacks %q:\n%s", want, got)
		}
	}
}

func TestTextIsReadHoweverItIsDrawn(t *testing.T) {
	t.Parallel()
	toUnicode := stream("", "1 begincodespacerange <0000> <FFFF> endcodespacerange 2 beginbfchar <0001> <0041> <0002> <D83DDE80> endbfchar "+
		"1 beginbfrange <0010> <0012> <0061> endbfrange 1 beginbfrange <0020> <0021> [<00660069> <00E9>] endbfrange")
	wide := []string{"<</Type/Font/Subtype/Type0/Encoding/Identity-H/DescendantFonts[7 0 R]/ToUnicode 8 0 R>>", "<</Subtype/CIDFontType2/DW 500/W[1[600 600] 16 18 500]>>", toUnicode}
	for name, c := range map[string]struct {
		body []byte
		want string
	}{
		"a string":               {onePage("BT /F 12 Tf 72 700 Td (Hello \\(world\\)\\041) Tj ET", ">>"), "Hello (world)!\n"},
		"kerning":                {onePage("BT /F 12 Tf 72 700 Td [(W) 80 (orld) -400 (peace)] TJ ET", ">>"), "World peace\n"},
		"hex":                    {onePage("BT /F 12 Tf 72 700 Td <48 65 6C 6C 6F> Tj ET", ">>"), "Hello\n"},
		"accents":                {onePage("BT /F 12 Tf 72 700 Td (10 \\200 f\\374r \\226) Tj ET", ">>"), "10 € für –\n"},
		"two lines of a block":   {onePage("BT /F 12 Tf 14 TL 72 700 Td (It goes on and on and on, to the next) Tj T* (line.) Tj ET", ">>"), "It goes on and on and on, to the next line.\n"},
		"a broken word":          {onePage("BT /F 12 Tf 14 TL 72 700 Td (It goes on and on and on, to the docu-) Tj T* (mentation.) Tj ET", ">>"), "It goes on and on and on, to the documentation.\n"},
		"paragraphs":             {onePage("BT /F 12 Tf 72 700 Td (First.) Tj 0 -30 Td (Second.) Tj ET", ">>"), "First.\nSecond.\n"},
		"items":                  {onePage("BT /F 12 Tf 14 TL 72 700 Td (\\225 one) Tj T* (\\225 two) Tj ET", ">>"), "- one\n- two\n"},
		"a heading":              {onePage("BT /F 24 Tf 72 700 Td (Limits) Tj /F 12 Tf 0 -30 Td (A batch holds 500 events, and no more.) Tj ET", ">>"), "# Limits\nA batch holds 500 events, and no more.\n"},
		"a table":                {onePage("BT /F 12 Tf 1 0 0 1 72 700 Tm (Free) Tj 1 0 0 1 200 700 Tm (60) Tj 1 0 0 1 72 680 Tm (Team) Tj 1 0 0 1 200 680 Tm (600) Tj ET", ">>"), "[Free|60]\n[Team|600]\n"},
		"turned text":            {onePage("BT /F 12 Tf 0 1 -1 0 50 50 Tm (DRAFT) Tj 1 0 0 1 72 700 Tm (Text) Tj ET", ">>"), "Text\n"},
		"a scaled page":          {onePage("q .5 0 0 .5 0 0 cm BT /F 24 Tf 72 700 Td (Half) Tj ET Q", ">>"), "Half\n"},
		"an image between":       {onePage("BT /F 12 Tf 72 700 Td (a) Tj ET BI /W 1 ID (((\x00)) EI BT /F 12 Tf 72 600 Td (b) Tj ET", ">>"), "a\nb\n"},
		"codes of two bytes":     {onePage("BT /G 12 Tf 72 700 Td <0001001000120002> Tj ET", "/G 6 0 R>>", wide...), "Aac🚀\n"},
		"several letters a code": {onePage("BT /G 12 Tf 72 700 Td <00200021> Tj ET", "/G 6 0 R>>", wide...), "fié\n"},
		"names of glyphs": {
			onePage("BT /G 12 Tf 72 700 Td (abcde) Tj ET", "/G 6 0 R>>", "<</Type/Font/Subtype/Type1/Encoding<</Differences[97/eacute/fi/uni20AC/T_h 101/five.alt]>>>>"), "éfi€Th5\n",
		},
		"a form": {
			onePage("/X Do", ">>/XObject<</X 6 0 R>>", stream("/Type/XObject/Subtype/Form/Resources<</Font<</F 5 0 R>>>>", "BT /F 12 Tf 72 700 Td (inside) Tj ET")), "inside\n",
		},
		"a form of itself": {
			onePage("/X Do", ">>/XObject<</X 6 0 R>>", stream("/Subtype/Form/Resources<</Font<</F 5 0 R>>/XObject<</X 6 0 R>>>>", "BT /F 12 Tf 72 700 Td (x) Tj ET /X Do")), "xxxxxx\n",
		},
	} {
		if got := show(t, c.body); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestStreamsAreDecoded(t *testing.T) {
	t.Parallel()
	const draw = "BT /F 12 Tf 72 700 Td (decoded) Tj ET"
	var up strings.Builder // rows of eight bytes, each less the one above
	var above [8]byte
	for row := draw + strings.Repeat(" ", 8-len(draw)%8); row != ""; row = row[8:] {
		up.WriteByte(2)
		for i := range 8 {
			up.WriteByte(row[i] - above[i])
			above[i] = row[i]
		}
	}
	for name, s := range map[string]string{
		"flate":            stream("/Filter/FlateDecode", flate(draw)),
		"flate, predicted": stream("/Filter[/FlateDecode]/DecodeParms[<</Predictor 12/Columns 8>>]", flate(up.String())),
		"hex":              stream("/Filter/AHx", fmt.Sprintf("%x>", draw)),
		"ascii85":          stream("/Filter[/A85]", to85(draw)),
		"run length":       stream("/Filter/RunLengthDecode", string([]byte{byte(len(draw) - 1)})+draw+"\xFE \x80"),
		"a wrong length":   strings.Replace(stream("", draw), "/Length 37", "/Length 9", 1),
		"cut off":          stream("/Filter/FlateDecode", flate(draw + strings.Repeat(" ", 1000))[:40]),
	} {
		body := build("<</Type/Catalog/Pages 2 0 R>>", "<</Kids[3 0 R]>>", "<</Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>", s,
			"<</Subtype/Type1/BaseFont/Helvetica>>")
		if got := show(t, body); got != "decoded\n" {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func to85(s string) string {
	out := make([]byte, ascii85.MaxEncodedLen(len(s)))
	return "<~" + string(out[:ascii85.Encode(out, []byte(s))]) + "~>"
}

func TestObjectsAreFoundInStreamsAndWithoutTables(t *testing.T) {
	t.Parallel()
	packed := fmt.Sprintf("1 0 2 40 3 60   %-40s%-20s%s", "<</Type/Catalog/Pages 2 0 R>>", "<</Kids[3 0 R]>>", "<</Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>")
	body := []byte("%PDF-1.5\n4 0 obj " + stream("", "BT /F 12 Tf 72 700 Td (old) Tj ET") + " endobj\n5 0 obj <</Subtype/Type1>> endobj\n" +
		"9 0 obj " + stream("/Type/ObjStm/N 3/First 16/Filter/FlateDecode", flate(packed)) + " endobj\n" +
		"4 0 obj " + stream("", "BT /F 12 Tf 72 700 Td (changed) Tj ET") + " endobj\nstartxref 99 %%EOF")
	if got := show(t, body); got != "changed\n" {
		t.Errorf("got %q", got)
	}
}

func TestFilesThatCannotBeReadSayWhy(t *testing.T) {
	t.Parallel()
	good := onePage("BT /F 12 Tf (x) Tj ET", ">>")
	for name, c := range map[string]struct {
		body []byte
		want error
	}{
		"encrypted":            {bytes.Replace(good, []byte("/Root"), []byte("/Encrypt 9 0 R/Root"), 1), pdf.ErrEncrypted},
		"encrypted, by stream": {append([]byte("%PDF-1.5\n9 0 obj "+stream("/Type/XRef/Encrypt 8 0 R", "")+"endobj\n"), good...), pdf.ErrEncrypted},
		"nothing":              {[]byte("%PDF-1.4\n"), pdf.ErrBroken},
		"no pages":             {build("<</Type/Catalog/Pages 2 0 R>>", "<</Kids[]>>"), pdf.ErrBroken},
		"pages in a circle":    {build("<</Type/Catalog/Pages 2 0 R>>", "<</Kids[2 0 R]>>"), pdf.ErrBroken},
	} {
		if _, err := pdf.Read(t.Context(), c.body); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errStopped)
	if _, err := pdf.Read(ctx, good); !errors.Is(err, errStopped) {
		t.Errorf("stopped: %v", err)
	}
}

var errStopped = errors.New("stopped")

// What stands in a file must not say how much memory it takes.
func TestBombsAreReadInLittleMemory(t *testing.T) {
	zeros := flate(strings.Repeat("\x00", 40<<20))
	var overlapping, streams, forms strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&overlapping, "%d 0 obj <</Length 9000000>> stream\nx endstream endobj\n", i+10)
		fmt.Fprintf(&streams, "%d 0 obj %s endobj\n", i+10, stream("/Type/ObjStm/N 9/First 9/Filter/FlateDecode", zeros))
	}
	for i := range 200 {
		fmt.Fprintf(&forms, "/X%d Do ", i)
	}
	for name, body := range map[string][]byte{
		"streams that claim the file": append([]byte("%PDF-1.4\n"+overlapping.String()+strings.Repeat("% x\n", 2_400_000)), onePage("", ">>")...),
		"object streams of zeros":     append([]byte("%PDF-1.4\n"+streams.String()[:min(streams.Len(), 9<<20)]), onePage("", ">>")...),
		"a page of zeros": build("<</Type/Catalog/Pages 2 0 R>>", "<</Kids[3 0 R]>>", "<</Contents[4 0 R 4 0 R 4 0 R 4 0 R]>>",
			stream("/Filter/FlateDecode", zeros)),
		"an object of many numbers": append([]byte("%PDF-1.4\n9 0 obj ["+strings.Repeat("1 ", 1<<20)+"] endobj\n"), onePage("", ">>")...),
		"nested without end":        append([]byte("%PDF-1.4\n9 0 obj "+strings.Repeat("[", 1<<20)), onePage("", ">>")...),
		"numbers of objects":        []byte("%PDF-1.4\n" + strings.Repeat("1 0 obj 1 endobj\n", 50_000)),
		"a table as large as said":  []byte("%PDF-1.5\n1 0 obj " + stream("/Type/XRef/Size 999999999999/W[9 9999999 9]/Index[0 99999999]/Root 1 0 R", "x") + " endobj"),
		"a wide row":                onePage("", ">>", stream("/Type/ObjStm/N 1/First 1/Filter/FlateDecode/DecodeParms<</Predictor 12/Columns 99999999999>>", flate("x"))),
		"a wide map": onePage("BT /G 9 Tf (x) Tj ET", "/G 6 0 R>>", "<</Subtype/Type0/ToUnicode 7 0 R/DescendantFonts[<</W[0 999999999 1]>>]>>",
			stream("", "1 beginbfrange <00000000> <FFFFFFFF> <0041> endbfrange")),
		"drawn for ever": onePage(strings.Repeat("BT /F 9 Tf (xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx) Tj ET ", 30_000), ">>"),
	} {
		runtime.GC()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		f, err := pdf.Read(t.Context(), body)
		runtime.ReadMemStats(&after)
		if grown := after.HeapSys - before.HeapSys; after.HeapSys > before.HeapSys && grown > 150<<20 {
			t.Errorf("%s: took %d MiB", name, grown>>20)
		}
		if err != nil && !errors.Is(err, pdf.ErrBroken) && !errors.Is(err, pdf.ErrSlow) {
			t.Errorf("%s: %v", name, err)
		}
		if said := len(fmt.Sprint(f)); said > 8<<20 {
			t.Errorf("%s: says %d bytes", name, said)
		}
	}
}

func TestOnlyPDFIsOne(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]bool{"%PDF-1.4\n": true, "\r\njunk %PDF-2.0": true, "<p>%PDF-1.4": false, "": false, "text": false} {
		if pdf.Is([]byte(body)) != want {
			t.Errorf("%q: %v", body, !want)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(onePage("BT /F 12 Tf 14 TL 72 700 Td [(a) -500 <41>] TJ T* (\\225 b) ' ET /X Do", ">>/XObject<</X 4 0 R>>"))
	f.Add(onePage("BT /G 9 Tf <0001> Tj ET", "/G 6 0 R>>", "<</Subtype/Type0/ToUnicode 7 0 R/DescendantFonts[<</W[0 9 1]>>]>>", stream("", "1 beginbfrange <00> <FF> <0041> endbfrange")))
	f.Add([]byte("%PDF-1.5\n1 0 obj " + stream("/Type/ObjStm/N 2/First 8", "2 0 3 9 <</Type/Catalog/Pages 3 0 R>> <</Kids[]>>") + "endobj"))
	f.Fuzz(func(t *testing.T, body []byte) {
		file, err := pdf.Read(t.Context(), body)
		if err != nil {
			return
		}
		if !utf8.ValidString(file.Title) {
			t.Fatalf("title %q", file.Title)
		}
		for _, p := range file.Pages {
			for _, b := range p {
				for _, s := range append(b.Cells, b.Text) {
					if !utf8.ValidString(s) || strings.ContainsAny(s, "\x00\n\r") || strings.TrimSpace(s) != s {
						t.Fatalf("not clean: %q", s)
					}
				}
			}
		}
	})
}
