package job

import (
	"hash/maphash"
	"sync"

	"github.com/google/uuid"
	"techfacts.dev/techfacts/internal/queue"
)

// maxOffers is how many links are remembered, of all jobs together.
const maxOffers = 1 << 16

// offers remembers which links were made items, at which depth and with which
// score, so that the database need not be asked again for each page that has
// them: most links of a site lead to what is known. An item never goes away while
// its job runs, its depth never grows and its score never shrinks. What is
// forgotten, or was put in by another process, the database knows.
type offers struct {
	mu    sync.Mutex
	seed  maphash.Seed
	table []offer // by the last bits of the key; the later takes the place of the earlier
}

type offer struct {
	key          uint64 // of job and URL
	depth, score int
}

func (o *offers) key(job uuid.UUID, url string) uint64 {
	var h maphash.Hash
	h.SetSeed(o.seed)
	_, _ = h.Write(job[:]) // never fails
	_, _ = h.WriteString(url)
	return h.Sum64()
}

// rest gives those of links that could still change something.
func (o *offers) rest(job uuid.UUID, links []Link) (rest []Link) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.table == nil {
		return links
	}
	for _, l := range links {
		key := o.key(job, l.URL.String())
		if old := o.table[key%maxOffers]; old.key != key || l.Depth < old.depth || l.Score > old.score {
			rest = append(rest, l)
		}
	}
	return rest
}

// note remembers what was committed.
func (o *offers) note(job uuid.UUID, items []queue.New) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.table == nil {
		o.table, o.seed = make([]offer, maxOffers), maphash.MakeSeed()
	}
	for _, n := range items {
		key := o.key(job, n.URL)
		if old := &o.table[key%maxOffers]; old.key == key {
			old.depth, old.score = min(old.depth, n.Depth), max(old.score, n.Score)
		} else {
			*old = offer{key, n.Depth, n.Score}
		}
	}
}
