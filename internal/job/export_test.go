package job

import "github.com/google/uuid"

// Waiting is how many settlements of a job wait for one that is under way.
func (j *Jobs) Waiting(id uuid.UUID) int {
	j.desk.mu.Lock()
	defer j.desk.mu.Unlock()
	return len(j.desk.waiting[id])
}
