package document_test

import (
	"fmt"

	"techfacts.dev/techfacts/internal/document"
)

func ExampleFromHTML() {
	d, err := document.FromHTML([]byte(`<title>Limits</title><nav><a href="/">Home</a></nav>
<main><h1>Limits <a href="#limits">¶</a></h1><p>A batch holds <b>500</b> events.</p></main>`))
	if err != nil {
		panic(err)
	}
	fmt.Println(d.Text)
	// Output:
	// # Limits
	//
	// A batch holds 500 events.
}

func ExampleBlocks() {
	text := "# Limits\n\nThese hold:\n\n- A batch holds 500 events. Bodies are at most 1 MiB."
	for _, b := range document.Blocks(text) {
		for _, s := range document.Sentences(text, b) {
			fmt.Println(b.Kind, b.Headings, s.Start, s.Of(text))
		}
	}
	// Output:
	// Heading [] 2 Limits
	// Paragraph [Limits] 10 These hold:
	// ListItem [Limits] 25 A batch holds 500 events.
	// ListItem [Limits] 51 Bodies are at most 1 MiB.
}
