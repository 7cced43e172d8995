package pdf

import (
	"bytes"
	"context"
	"errors"
	"slices"
)

const (
	maxObjects = 300_000
	maxKept    = 32 << 20  // bytes of object streams that are kept decoded
	maxCached  = 1_000_000 // values of objects that are kept parsed
	maxDecoded = 16 << 20  // bytes of one stream, decoded
)

// file is what stands in a PDF file. Its objects are found by reading it from
// the first byte to the last, not by its tables: these are often wrong, and
// they are where a hostile file says what to allocate.
type file struct {
	body    []byte
	objects map[ref]place
	kept    int // bytes of object streams
	cache   map[ref]any
	cached  int // values in cache

	catalog, info ref
	encrypted     bool
}

// place is where an object stands: in the file, or in a decoded stream.
type place struct {
	in []byte
	at int
}

// scan finds the objects of a file. Those that come later replace earlier ones:
// that is how a PDF is changed.
func scan(ctx context.Context, body []byte) (*file, error) {
	f := &file{body: body, objects: map[ref]place{}, cache: map[ref]any{}}
	for at := 0; ctx.Err() == nil; {
		i := bytes.Index(body[at:], []byte("obj"))
		if i < 0 {
			f.trailers(body[at:])
			return f, nil
		}
		i += at
		number, ok := header(body, i)
		if !ok {
			f.trailers(body[at:i])
			at = i + len("obj")
			continue
		}
		f.trailers(body[at:i])
		at = i + len("obj")
		if len(f.objects) > maxObjects {
			return nil, ErrBroken
		}
		v, end, err := f.object(body, at)
		if err != nil {
			continue
		}
		f.objects[number] = place{body, at}
		f.note(number, v)
		at = max(at, end)
	}
	return nil, context.Cause(ctx)
}

// header reads "12 0 " before obj.
func header(body []byte, at int) (ref, bool) {
	number := func() (n int, ok bool) {
		end := at
		for at > 0 && isSpace(body[at-1]) {
			at--
		}
		if at == end && end < len(body) && body[end] != 'o' {
			return 0, false
		}
		end = at
		for at > 0 && body[at-1] >= '0' && body[at-1] <= '9' && end-at < 10 {
			at--
		}
		for _, c := range body[at:end] {
			n = n*10 + int(c-'0')
		}
		return n, end > at
	}
	if _, ok := number(); !ok { // the generation
		return 0, false
	}
	n, ok := number()
	return ref(n), ok && n <= maxObjects
}

// object reads the object that begins at a byte of data, and where it ends.
func (f *file) object(data []byte, at int) (any, int, error) {
	l := lexer{data: data, at: at}
	v, err := l.next(0)
	if err != nil {
		return nil, 0, err
	}
	if n, ok := v.(float64); ok { // perhaps a reference: 5 0 R
		rest := lexer{data: data, at: l.at}
		if _, err := rest.next(0); err == nil {
			if k, err := rest.next(0); err == nil && k == keyword("R") && n >= 0 && n <= maxObjects {
				return ref(n), rest.at, nil
			}
		}
		return v, l.at, nil
	}
	d, ok := v.(dict)
	if !ok {
		return v, l.at, nil
	}
	l.skipSpace()
	if !bytes.HasPrefix(data[l.at:], []byte("stream")) {
		return d, l.at, nil
	}
	start := l.at + len("stream")
	if start < len(data) && data[start] == '\r' {
		start++
	}
	if start < len(data) && data[start] == '\n' {
		start++
	}
	start = min(start, len(data))
	if n, ok := d["Length"].(float64); ok && n >= 0 && n <= float64(len(data)-start) {
		end := start + int(n)
		if bytes.HasPrefix(bytes.TrimLeft(data[end:min(end+16, len(data))], "\r\n "), []byte("endstream")) {
			return stream{d, data[start:end:end]}, end, nil
		}
	}
	end := len(data)
	if i := bytes.Index(data[start:], []byte("endstream")); i >= 0 {
		end = start + i
	}
	return stream{d, data[start:end:end]}, end, nil
}

// note remembers what an object is for, and finds the objects inside of it.
func (f *file) note(number ref, v any) {
	d, _ := v.(dict)
	s, isStream := v.(stream)
	if isStream {
		d = s.dict
	}
	switch d["Type"] {
	case name("Catalog"):
		f.catalog = number
	case name("XRef"):
		f.trailer(d)
	case name("ObjStm"):
		if isStream {
			f.unpack(s)
		}
	}
}

// unpack finds the objects of an object stream.
func (f *file) unpack(s stream) {
	data, err := f.decode(s, maxKept-f.kept)
	if errors.Is(err, errLarge) {
		f.kept = maxKept // and no more of it
	}
	if err != nil {
		return
	}
	f.kept += len(data)
	l := lexer{data: data}
	first, _ := s.dict["First"].(float64)
	count, _ := s.dict["N"].(float64)
	for i := 0.0; i < count && len(f.objects) <= maxObjects; i++ {
		number, err1 := l.next(0)
		offset, err2 := l.next(0)
		n, ok1 := number.(float64)
		at, ok2 := offset.(float64)
		if err1 != nil || err2 != nil || !ok1 || !ok2 {
			return
		}
		if at += first; n < 0 || n > maxObjects || at < 0 || at >= float64(len(data)) {
			continue
		}
		f.objects[ref(n)] = place{data, int(at)}
		if d, ok := peekCatalog(data, int(at)); ok {
			f.note(ref(n), d)
		}
	}
}

// peekCatalog reads an object that may be the catalog.
func peekCatalog(data []byte, at int) (any, bool) {
	if !bytes.Contains(data[at:min(at+2000, len(data))], []byte("/Catalog")) {
		return nil, false
	}
	l := lexer{data: data, at: at}
	v, err := l.next(0)
	return v, err == nil
}

// trailers reads the trailers between two objects.
func (f *file) trailers(gap []byte) {
	for {
		i := bytes.Index(gap, []byte("trailer"))
		if i < 0 {
			return
		}
		gap = gap[i+len("trailer"):]
		l := lexer{data: gap}
		if v, err := l.next(0); err == nil {
			if d, ok := v.(dict); ok {
				f.trailer(d)
			}
		}
	}
}

func (f *file) trailer(d dict) {
	f.encrypted = f.encrypted || d["Encrypt"] != nil
	if r, ok := d["Info"].(ref); ok {
		f.info = r
	}
	if r, ok := d["Root"].(ref); ok {
		f.catalog = r
	}
}

// get gives what a value stands for, if it is a reference.
func (f *file) get(v any) any {
	for range 8 {
		r, ok := v.(ref)
		if !ok {
			return v
		}
		v = f.load(r)
	}
	return nil
}

func (f *file) load(r ref) any {
	if v, ok := f.cache[r]; ok {
		return v
	}
	p, ok := f.objects[r]
	if !ok {
		return nil
	}
	v, _, err := f.object(p.in, p.at)
	if err != nil {
		return nil
	}
	if size := 1 + sizeOf(v); f.cached+size <= maxCached {
		f.cache[r] = v
		f.cached += size
	}
	return v
}

// sizeOf counts the values in a value, roughly.
func sizeOf(v any) int {
	n := 0
	switch v := v.(type) {
	case array:
		n = len(v)
		for _, e := range v {
			n += sizeOf(e)
		}
	case dict:
		n = len(v)
		for _, e := range v {
			n += sizeOf(e)
		}
	case stream:
		n = sizeOf(v.dict)
	case text:
		n = len(v) / 16
	}
	return n
}

func (f *file) dict(v any) dict {
	switch v := f.get(v).(type) {
	case dict:
		return v
	case stream:
		return v.dict
	}
	return nil
}

func (f *file) array(v any) array {
	a, _ := f.get(v).(array)
	return a
}

func (f *file) number(v any) float64 {
	n, _ := f.get(v).(float64)
	return n
}

// page is one page of a file.
type page struct {
	content   []stream
	resources dict
}

// pages walks the tree of pages.
func (f *file) pages() []page {
	var all []page
	seen := map[ref]bool{}
	var walk func(v any, resources dict, depth int)
	walk = func(v any, resources dict, depth int) {
		if r, ok := v.(ref); ok {
			if seen[r] {
				return
			}
			seen[r] = true
		}
		d := f.dict(v)
		if d == nil || depth > maxNesting || len(all) >= MaxPages {
			return
		}
		if own := f.dict(d["Resources"]); own != nil {
			resources = own
		}
		if kids := f.array(d["Kids"]); kids != nil {
			for _, kid := range kids {
				walk(kid, resources, depth+1)
			}
			return
		}
		p := page{resources: resources}
		switch c := f.get(d["Contents"]).(type) {
		case stream:
			p.content = []stream{c}
		case array:
			for _, part := range c[:min(len(c), 1000)] {
				if s, ok := f.get(part).(stream); ok {
					p.content = append(p.content, s)
				}
			}
		}
		all = append(all, p)
	}
	walk(f.dict(f.catalog)["Pages"], nil, 0)
	return slices.Clip(all)
}
