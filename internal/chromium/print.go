package chromium

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/io"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"techfacts.dev/techfacts/internal/fault"
)

// What printing may take.
const (
	printTime  = time.Minute // for one page, the start of Chromium included
	printing   = 2           // at a time
	waiting    = 8           // for these
	maxPage    = 16 << 20    // bytes of HTML
	maxFile    = 64 << 20    // bytes of PDF
	readAtOnce = 1 << 20
)

// Printer makes PDF files of pages, each in a Chromium of its own that runs for
// nothing else: no script runs, and there is no network. It may be used by many at
// a time.
type Printer struct {
	path, userAgent string
	time            time.Duration
	line, slots     chan struct{}
}

// NewPrinter makes a Printer of the Chromium at path.
func NewPrinter(path, userAgent string) *Printer {
	return &Printer{path: path, userAgent: userAgent, time: printTime, line: make(chan struct{}, printing+waiting), slots: make(chan struct{}, printing)}
}

// Print gives a page as PDF, by its print style, with its headings as outline. It
// fails with LIMITED if too many wait already, with INVALID if the page or the file is
// too large, with the cause of ctx if that ends, else with UNAVAILABLE.
func (p *Printer) Print(ctx context.Context, html []byte) ([]byte, error) {
	if len(html) > maxPage {
		return nil, fault.New(fault.Invalid, "the document is too large for a PDF file: %d MB, and at most %d can be printed", len(html)>>20, maxPage>>20)
	}
	select {
	case p.line <- struct{}{}:
		defer func() { <-p.line }()
	default:
		return nil, fault.New(fault.Limited, "%d documents are being printed or wait for it", cap(p.line)).After(5 * time.Second)
	}
	select {
	case p.slots <- struct{}{}:
		defer func() { <-p.slots }()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	limited, cancel := context.WithTimeout(ctx, p.time)
	defer cancel()
	file, err := p.print(limited, html)
	switch {
	case err == nil:
		return file, nil
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case fault.Is(err, fault.Invalid):
		return nil, err
	case limited.Err() != nil:
		return nil, fault.Wrap(fault.Unavailable, err, "the document could not be printed in time")
	}
	return nil, fault.Wrap(fault.Unavailable, err, "the document could not be printed")
}

func (p *Printer) print(ctx context.Context, html []byte) ([]byte, error) {
	running, stop, err := Start(ctx, p.path, p.userAgent)
	if err != nil {
		return nil, err
	}
	defer stop()
	tab, closeTab := Tab(running)
	defer closeTab()
	tab, cancel := context.WithCancelCause(tab)
	defer context.AfterFunc(ctx, func() { cancel(context.Cause(ctx)) })()
	defer cancel(nil)
	return show(tab, html)
}

// show puts the page into the tab and prints it.
func show(tab context.Context, html []byte) ([]byte, error) {
	if _, err := chromedp.Call(tab, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		return nil, err
	}
	tree, err := chromedp.Call(tab, page.GetFrameTree, struct{}{})
	if err != nil {
		return nil, err
	}
	if _, err := chromedp.Call(tab, page.SetDocumentContent, page.SetDocumentContentParams{FrameID: tree.FrameTree.Frame.ID, HTML: string(html)}); err != nil {
		return nil, err
	}
	yes := true
	printed, err := chromedp.Call(tab, page.PrintToPDF, page.PrintToPDFParams{
		PrintBackground: &yes, PreferCSSPageSize: &yes, GenerateTaggedPDF: &yes, GenerateDocumentOutline: &yes,
		TransferMode: page.PrintToPDFTransferModeReturnAsStream,
	})
	if err != nil {
		return nil, err
	}
	var file []byte
	for {
		part, err := chromedp.Call(tab, io.Read, io.ReadParams{Handle: printed.Stream, Size: readAtOnce})
		if err != nil {
			return nil, err
		}
		file = append(file, part.Data...)
		switch {
		case len(file) > maxFile:
			return nil, fault.New(fault.Invalid, "the PDF file is too large: more than %d MB", maxFile>>20)
		case part.EOF && len(file) == 0:
			return nil, errors.New("an empty file")
		case part.EOF:
			return file, nil
		case len(part.Data) == 0:
			return nil, fmt.Errorf("the file breaks off after %d bytes", len(file))
		}
	}
}
