package job

import (
	"time"

	"github.com/google/uuid"
)

// Waiting is how many settlements of a job wait for one that is under way.
func (j *Jobs) Waiting(id uuid.UUID) int {
	j.desk.mu.Lock()
	defer j.desk.mu.Unlock()
	if l := j.desk.lines[id]; l != nil {
		return len(l.waiting)
	}
	return 0
}

// Gather sets how long a settlement waits for others, unless there are enough.
func (j *Jobs) Gather(moment time.Duration, enough int) {
	j.desk.moment, j.desk.enough = moment, enough
}
