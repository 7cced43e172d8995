package server

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"techfacts.dev/techfacts/internal/fault"
)

const (
	mediaJSON    = "application/json"
	mediaGraphQL = "application/graphql-response+json"
	mediaStream  = "text/event-stream"
)

// takeWithin is how long a client may take to take an answer.
const takeWithin = time.Minute

func respond(w http.ResponseWriter, status int, media string, body []byte) {
	// Not every writer can: then the answer has no deadline.
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(takeWithin))
	if !strings.HasPrefix(media, "application/vnd.") { // which is no text
		media += "; charset=utf-8"
	}
	w.Header().Set("Content-Type", media)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // whoever does not read it is gone
}

// refuse answers with err and nothing else.
func refuse(w http.ResponseWriter, r *http.Request, status int, err *fault.Error) {
	respond(w, status, mediaJSON, encodeErrors(gqlerror.List{public(r.Context(), err)}))
}

// encodeErrors is the answer to a request that was not run: it has no "data".
func encodeErrors(list gqlerror.List) []byte {
	var b bytes.Buffer
	b.WriteString(`{"errors":`)
	b.Write(marshalErrors(list))
	writeOmitted(&b, list)
	b.WriteByte('}')
	return b.Bytes()
}

// encode is the answer to a request that was run. The data is as gqlgen wrote
// it, not read again: most of an answer is data.
func encode(resp *graphql.Response) []byte {
	var b bytes.Buffer
	b.Grow(len(resp.Data) + 64)
	b.WriteByte('{')
	if len(resp.Errors) > 0 {
		b.WriteString(`"errors":`)
		b.Write(marshalErrors(resp.Errors))
		b.WriteByte(',')
	}
	b.WriteString(`"data":`)
	if len(resp.Data) == 0 {
		b.WriteString("null")
	}
	b.Write(resp.Data)
	writeOmitted(&b, resp.Errors)
	b.WriteByte('}')
	return b.Bytes()
}

// marshalErrors writes as many of the errors as an answer may have.
func marshalErrors(list gqlerror.List) []byte {
	b, err := json.Marshal(list[:min(len(list), maxErrors)])
	if err != nil {
		panic(err) // cannot happen: public makes them of strings and numbers
	}
	return b
}

// writeOmitted says how many errors there are beyond those.
func writeOmitted(b *bytes.Buffer, list gqlerror.List) {
	if omitted := len(list) - maxErrors; omitted > 0 {
		b.WriteString(`,"extensions":{"errorsOmitted":`)
		b.WriteString(strconv.Itoa(omitted))
		b.WriteByte('}')
	}
}
