package pdf

import (
	"bytes"
	"compress/flate"
	"encoding/ascii85"
	"errors"
	"io"
)

var (
	errFilter = errors.New("a filter that is not known")
	errLarge  = errors.New("a stream that is too large")
)

// decode undoes the filters of a stream, to at most so many bytes. What is
// damaged is given as far as it goes.
func (f *file) decode(s stream, most int) ([]byte, error) {
	filters := f.array(s.dict["Filter"])
	if one, ok := f.get(s.dict["Filter"]).(name); ok {
		filters = array{one}
	}
	params := f.array(s.dict["DecodeParms"])
	if one, ok := f.get(s.dict["DecodeParms"]).(dict); ok {
		params = array{one}
	}
	data := s.raw
	if len(filters) > 4 {
		return nil, errFilter
	}
	for i, v := range filters {
		var p dict
		if i < len(params) {
			p = f.dict(params[i])
		}
		which, _ := f.get(v).(name)
		var err error
		if data, err = f.undo(which, p, data, most); err != nil {
			return nil, err
		}
	}
	if len(data) > most {
		return nil, errLarge
	}
	return data, nil
}

func (f *file) undo(filter name, p dict, data []byte, most int) ([]byte, error) {
	switch filter {
	case "FlateDecode", "Fl":
		if len(data) < 2 {
			return nil, nil
		}
		out, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(data[2:])), int64(most)+1)) // after the header of zlib
		if len(out) == 0 && err != nil {
			return nil, err
		}
		return f.unpredicted(p, out)
	case "ASCIIHexDecode", "AHx":
		l := lexer{data: append([]byte{'<'}, data...)}
		return []byte(l.hex()), nil
	case "ASCII85Decode", "A85":
		data = bytes.TrimPrefix(bytes.TrimSpace(data), []byte("<~"))
		if i := bytes.IndexByte(data, '~'); i >= 0 {
			data = data[:i]
		}
		out := make([]byte, len(data)+8) // every z of one byte is four
		if n := 4 * bytes.Count(data, []byte("z")); n > 0 {
			if n > most {
				return nil, errLarge
			}
			out = make([]byte, len(data)+n+8)
		}
		n, _, _ := ascii85.Decode(out, data, true) //nolint:dogsled // as far as it goes
		return out[:n], nil
	case "RunLengthDecode", "RL":
		return runs(data, most), nil
	}
	return nil, errFilter
}

func runs(data []byte, most int) []byte {
	var out []byte
	for i := 0; i+1 < len(data) && len(out) <= most; {
		switch n := int(data[i]); {
		case n == 128:
			return out
		case n < 128:
			out = append(out, data[i+1:min(i+2+n, len(data))]...)
			i += 2 + n
		default:
			out = append(out, bytes.Repeat(data[i+1:i+2], 257-n)...)
			i += 2
		}
	}
	return out
}

// unpredicted undoes the predictors of PNG.
func (f *file) unpredicted(p dict, data []byte) ([]byte, error) {
	predictor := f.number(p["Predictor"])
	if predictor <= 1 {
		return data, nil
	}
	columns, colors, bits := f.number(p["Columns"]), f.number(p["Colors"]), f.number(p["BitsPerComponent"])
	columns, colors, bits = max(columns, 1), max(colors, 1), max(bits, 8)
	row := int(min(columns*colors*bits/8, float64(len(data)+1)))
	pixel := int(max(min(colors*bits/8, 64), 1))
	if predictor < 10 {
		return nil, errFilter
	}
	out := make([]byte, 0, len(data))
	above := make([]byte, row)
	for len(data) > row {
		kind, line := data[0], data[1:1+row]
		data = data[1+row:]
		start := len(out)
		out = append(out, line...)
		now := out[start:]
		for i := range now {
			var left, corner byte
			if i >= pixel {
				left, corner = now[i-pixel], above[i-pixel]
			}
			switch kind {
			case 1:
				now[i] += left
			case 2:
				now[i] += above[i]
			case 3:
				now[i] += left/2 + above[i]/2 + left&above[i]&1
			case 4:
				now[i] += paeth(left, above[i], corner)
			}
		}
		above = now
	}
	return out, nil
}

func paeth(a, b, c byte) byte {
	p := int(a) + int(b) - int(c)
	da, db, dc := distance(p, a), distance(p, b), distance(p, c)
	switch {
	case da <= db && da <= dc:
		return a
	case db <= dc:
		return b
	}
	return c
}

func distance(p int, v byte) int {
	return max(p-int(v), int(v)-p)
}
