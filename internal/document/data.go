package document

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Bounds of data: beyond them it is no description of an API for people.
const (
	maxData      = 300_000 // values
	maxDataDepth = 64
)

var errData = errors.New("the data is too large or too deep")

// data is a value of JSON or YAML. Objects keep their order.
type data struct {
	scalar string // of anything but an object or list, as written
	keys   []string
	values []*data // of an object, or of a list if there are no keys
	isNull bool
}

// at is the value of a key, nil if there is none. So is that of a nil value.
func (d *data) at(path ...string) *data {
	for _, key := range path {
		if d == nil {
			return nil
		}
		var found *data
		for i, k := range d.keys {
			if k == key {
				found = d.values[i]
				break
			}
		}
		d = found
	}
	return d
}

// text is the scalar at a path.
func (d *data) text(path ...string) string {
	if d = d.at(path...); d == nil {
		return ""
	}
	return d.scalar
}

// list is the items at a key, none if it is no list.
func (d *data) list(key string) []*data {
	if d = d.at(key); d == nil || len(d.keys) > 0 {
		return nil
	}
	return d.values
}

// parseData reads JSON or YAML.
func parseData(body []byte) (*data, error) {
	body = bytes.TrimLeft(body, "\uFEFF \t\r\n")
	left := maxData
	if bytes.HasPrefix(body, []byte("{")) {
		in := json.NewDecoder(bytes.NewReader(body))
		in.UseNumber()
		if d, err := fromJSON(in, &left, maxDataDepth); err == nil || errors.Is(err, errData) {
			return d, err
		}
	}
	if tooManyValues(body) {
		return nil, errData
	}
	var root yaml.Node
	if err := yaml.Unmarshal(body, &root); err != nil {
		return nil, err
	}
	left = maxData
	return fromYAML(&root, &left, maxDataDepth)
}

func fromJSON(in *json.Decoder, left *int, depth int) (*data, error) {
	if *left--; *left < 0 || depth == 0 {
		return nil, errData
	}
	token, err := in.Token()
	if err != nil {
		return nil, err
	}
	d := &data{}
	switch t := token.(type) {
	case json.Delim:
		for in.More() {
			if t == '{' {
				key, err := in.Token()
				if err != nil {
					return nil, err
				}
				name, _ := key.(string)
				d.keys = append(d.keys, name)
			}
			value, err := fromJSON(in, left, depth-1)
			if err != nil {
				return nil, err
			}
			d.values = append(d.values, value)
		}
		if _, err := in.Token(); err != nil {
			return nil, io.ErrUnexpectedEOF
		}
	case string:
		d.scalar = t
	case json.Number:
		d.scalar = t.String()
	case bool:
		d.scalar = strconv.FormatBool(t)
	default:
		d.isNull = true
	}
	return d, nil
}

// tooManyValues reports YAML whose tree would take more than its text is worth.
func tooManyValues(body []byte) bool {
	return bytes.Count(body, []byte("\n"))+bytes.Count(body, []byte(","))+bytes.Count(body, []byte("{"))+bytes.Count(body, []byte("["))+
		bytes.Count(body, []byte(": ")) > maxData
}

// fromYAML copies a tree. What an alias stands for is copied for each, and
// counted, so that a bomb of aliases ends early.
func fromYAML(n *yaml.Node, left *int, depth int) (*data, error) {
	if *left--; *left < 0 || depth == 0 {
		return nil, errData
	}
	d := &data{}
	switch n.Kind {
	case yaml.DocumentNode:
		if len(n.Content) == 0 {
			return d, nil
		}
		return fromYAML(n.Content[0], left, depth-1)
	case yaml.AliasNode:
		return fromYAML(n.Alias, left, depth-1)
	case yaml.ScalarNode:
		d.scalar, d.isNull = strings.TrimSpace(n.Value), n.Tag == "!!null"
		return d, nil
	case yaml.SequenceNode, yaml.MappingNode:
	}
	for i, c := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 0 {
			d.keys = append(d.keys, c.Value)
			continue
		}
		value, err := fromYAML(c, left, depth-1)
		if err != nil {
			return nil, err
		}
		d.values = append(d.values, value)
	}
	return d, nil
}
