package pdf

import (
	"context"
	"errors"
	"math"
)

// Bounds of what is drawn.
const (
	maxOperations = 5_000_000 // in a file
	maxText       = 4 << 20   // bytes of a file
	maxForms      = 6         // in each other
)

var errEnough = errors.New("there is more than is read")

// matrix maps points: x' = a·x + c·y + e, y' = b·x + d·y + f.
type matrix struct{ a, b, c, d, e, f float64 }

// after is the matrix that maps by m first, then by n.
func (m matrix) after(n matrix) matrix {
	return matrix{
		m.a*n.a + m.b*n.c, m.a*n.b + m.b*n.d, m.c*n.a + m.d*n.c, m.c*n.b + m.d*n.d,
		m.e*n.a + m.f*n.c + n.e, m.e*n.b + m.f*n.d + n.f,
	}
}

// state is how text is drawn.
type state struct {
	ctm           matrix
	face          *font
	size          float64
	char, word    float64 // spacing
	scale         float64 // horizontal, 1 is normal
	leading, rise float64
}

// run is a piece of text on the page, from left to right.
type run struct {
	text        string
	left, right float64
	y, size     float64
}

// painter follows what a page draws and keeps its text.
type painter struct {
	*file
	ctx   context.Context //nolint:containedctx // of one call
	fonts map[ref]*font
	ops   int // of the file
	bytes int // of the file

	state
	saved      []state
	text, line matrix
	runs       []run
}

// paint reads what content streams draw.
func (p *painter) paint(data []byte, resources dict, depth int) error {
	l := lexer{data: data}
	var operands []any
	for {
		l.values = 0
		v, err := l.next(0)
		if err != nil {
			if l.at < len(l.data) && !errors.Is(err, errEnough) {
				continue // garbage between two operators
			}
			return nil
		}
		op, ok := v.(keyword)
		if !ok {
			if len(operands) < 64 {
				operands = append(operands, v)
			}
			continue
		}
		if p.ops++; p.ops%1024 == 0 && p.ctx.Err() != nil {
			return context.Cause(p.ctx)
		}
		if p.ops > maxOperations || p.bytes > maxText {
			return errEnough
		}
		switch op {
		case "BI":
			skipImage(&l)
		case "Do":
			err = p.form(operands, resources, depth)
		case "Tf":
			p.choose(operands, resources)
		default:
			p.operate(op, operands)
		}
		if err != nil {
			return err
		}
		operands = operands[:0]
	}
}

// skipImage goes past an image that stands among the operators.
func skipImage(l *lexer) {
	for ; l.at+4 <= len(l.data); l.at++ {
		d := l.data[l.at:]
		if isSpace(d[0]) && d[1] == 'E' && d[2] == 'I' && isSpace(d[3]) {
			l.at += 3
			return
		}
	}
	l.at = len(l.data)
}

// form draws what stands in a stream of its own.
func (p *painter) form(operands []any, resources dict, depth int) error {
	which, _ := last(operands).(name)
	s, ok := p.get(p.dict(resources["XObject"])[which]).(stream)
	if !ok || p.get(s.dict["Subtype"]) != name("Form") || depth >= maxForms {
		return nil
	}
	data, err := p.decode(s, maxDecoded)
	if err != nil {
		return nil //nolint:nilerr // the rest of the page can be read
	}
	before, saved := p.state, p.saved
	if m := p.matrix(p.array(s.dict["Matrix"])); m != (matrix{}) {
		p.ctm = m.after(p.ctm)
	}
	if own := p.dict(s.dict["Resources"]); own != nil {
		resources = own
	}
	err = p.paint(data, resources, depth+1)
	p.state, p.saved = before, saved
	return err
}

func last(operands []any) any {
	if len(operands) == 0 {
		return nil
	}
	return operands[len(operands)-1]
}

func (p *painter) matrix(a []any) matrix {
	if len(a) < 6 {
		return matrix{}
	}
	var n [6]float64
	for i := range n {
		n[i] = p.number(a[i])
	}
	return matrix{n[0], n[1], n[2], n[3], n[4], n[5]}
}

// choose sets the font.
func (p *painter) choose(operands []any, resources dict) {
	if len(operands) < 2 {
		return
	}
	which, _ := operands[0].(name)
	p.size = p.number(operands[1])
	v := p.dict(resources["Font"])[which]
	key, shared := v.(ref)
	if t, ok := p.fonts[key]; ok && shared {
		p.face = t
		return
	}
	d := p.dict(v)
	if d == nil {
		p.face = nil
		return
	}
	p.face = p.font(d)
	if shared && len(p.fonts) < 200 {
		p.fonts[key] = p.face
	}
}

// operate does what an operator says that draws text, or says where.
func (p *painter) operate(op keyword, operands []any) {
	n := func(i int) float64 {
		if i < len(operands) {
			return p.number(operands[i])
		}
		return 0
	}
	switch op {
	case "q":
		if len(p.saved) < 100 {
			p.saved = append(p.saved, p.state)
		}
	case "Q":
		if k := len(p.saved); k > 0 {
			p.state, p.saved = p.saved[k-1], p.saved[:k-1]
		}
	case "cm":
		p.ctm = p.matrix(operands).after(p.ctm)
	case "BT":
		p.text, p.line = matrix{a: 1, d: 1}, matrix{a: 1, d: 1}
	case "Tm":
		p.line = p.matrix(operands)
		p.text = p.line
	case "Td":
		p.move(n(0), n(1))
	case "TD":
		p.leading = -n(1)
		p.move(n(0), n(1))
	case "T*":
		p.move(0, -p.leading)
	case "TL":
		p.leading = n(0)
	case "Tc":
		p.char = n(0)
	case "Tw":
		p.word = n(0)
	case "Tz":
		p.scale = n(0) / 100
	case "Ts":
		p.rise = n(0)
	case "Tj":
		p.show(last(operands))
	case "'":
		p.move(0, -p.leading)
		p.show(last(operands))
	case "\"":
		p.word, p.char = n(0), n(1)
		p.move(0, -p.leading)
		p.show(last(operands))
	case "TJ":
		parts, _ := last(operands).(array)
		for _, part := range parts {
			if by, ok := part.(float64); ok {
				p.text = matrix{1, 0, 0, 1, -by / 1000 * p.size * p.scale, 0}.after(p.text)
				continue
			}
			p.show(part)
		}
	}
}

// move begins a new line.
func (p *painter) move(x, y float64) {
	p.line = matrix{1, 0, 0, 1, x, y}.after(p.line)
	p.text = p.line
}

// show draws a string. What does not run from left to right, such as a
// watermark, is left out.
func (p *painter) show(v any) {
	s, ok := v.(text)
	if !ok || p.face == nil || len(s) == 0 {
		return
	}
	var out []byte
	at := matrix{1, 0, 0, 1, 0, p.rise}.after(p.text).after(p.ctm)
	p.face.show(s, func(c shown) {
		out = append(out, c.text...)
		w := c.width*p.size + p.char
		if c.space {
			w += p.word
		}
		p.text = matrix{1, 0, 0, 1, w * p.scale, 0}.after(p.text)
	})
	end := p.text.after(p.ctm)
	size := math.Abs(p.size) * math.Hypot(at.c, at.d)
	if len(out) == 0 || math.Abs(at.b) > math.Abs(at.a)/4 || !isFinite(at.e, at.f, end.e, size) || size == 0 {
		return
	}
	p.bytes += len(out)
	p.runs = append(p.runs, run{string(out), math.Min(at.e, end.e), math.Max(at.e, end.e), at.f, size})
}

func isFinite(all ...float64) bool {
	for _, v := range all {
		if math.IsNaN(v) || math.Abs(v) > 1e7 {
			return false
		}
	}
	return true
}
