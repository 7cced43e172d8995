package document_test

import (
	"bytes"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// Sixteen of the worst pages at once must leave room in a worker of 300 MB. It
// measures the whole process, so nothing runs beside it.
func TestSixteenOfTheWorstPagesTakeLittleMemoryTogether(t *testing.T) {
	const size = 1_200_000
	fill := func(s string) []byte { return []byte(strings.Repeat(s, size/len(s))) }
	worst := [][]byte{
		fill("<p>"), // as many as a tree may have
		bytes.Repeat(fill("<p>"), 4),
		fill("<p a b c d e f g h i j k l m n o p q r s t u v w x y z>"),
		append([]byte("# a\n\n# b\n\n"), fill("*a* [b](c) `d`\n\n")[:500_000]...),
		append([]byte(`{"openapi":"3.0.0","paths":{"/a":[`), fill("1,")...),
	}
	r, peak := reader(), watch(t)
	var group sync.WaitGroup
	for i := range 16 {
		group.Go(func() {
			_, _ = r.Read(t.Context(), "text/html", worst[i%len(worst)]) // that it fails is as good
		})
	}
	group.Wait()
	if most := peak(); most > 250<<20 {
		t.Errorf("took %d MiB", most>>20)
	} else {
		t.Logf("took %d MiB", most>>20)
	}
}

// watch begins to measure the heap; peak ends that, and tells the most there was.
func watch(t *testing.T) (peak func() uint64) {
	t.Helper()
	runtime.GC()
	stop, most := make(chan struct{}), make(chan uint64)
	go func() {
		var top uint64
		tick := time.NewTicker(2 * time.Millisecond)
		defer tick.Stop()
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			top = max(top, m.HeapInuse)
			select {
			case <-stop:
				most <- top
				return
			case <-tick.C:
			}
		}
	}()
	return func() uint64 {
		close(stop)
		return <-most
	}
}
