package chromium

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// profile is the folder of a process. Who made it holds a lock on a file in it,
// which the system lets go of when that process is no more, however it ended.
type profile struct {
	folder string
	lock   *os.File
}

const (
	prefix   = "techfacts-chromium-"
	lockName = "lock"

	// young is how old a folder must be for its lock to say something: whoever makes
	// one needs a moment to take it.
	young = time.Minute
)

// newProfile makes a folder, after it has cleared away those whose makers are gone.
func newProfile() (*profile, error) {
	sweep(os.TempDir(), time.Now().Add(-young))
	folder, err := os.MkdirTemp("", prefix)
	if err != nil {
		return nil, err
	}
	lock, err := os.Create(filepath.Join(folder, lockName)) //nolint:gosec // in a folder of our own
	if err == nil {
		err = syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	}
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(folder))
	}
	return &profile{folder, lock}, nil
}

// data is where the process keeps what it wants to keep.
func (p *profile) data() string { return filepath.Join(p.folder, "data") }

// remove removes the folder. Helpers of a process may still write for a moment after
// it has ended; what they leave is for the next sweep.
func (p *profile) remove() {
	for range 50 {
		if os.RemoveAll(p.folder) == nil {
			break
		}
		<-time.After(20 * time.Millisecond)
	}
	_ = p.lock.Close() // nothing was written
}

// sweep removes folders in dir that nobody holds and that are older than a time.
// What cannot be removed stays.
func sweep(dir string, before time.Time) {
	folders, _ := filepath.Glob(filepath.Join(dir, prefix+"*")) // the pattern is right
	for _, folder := range folders {
		info, err := os.Lstat(folder)
		if err != nil || !info.IsDir() || info.ModTime().After(before) {
			continue
		}
		lock, err := os.OpenFile(filepath.Join(folder, lockName), os.O_RDWR|syscall.O_NOFOLLOW, 0) //nolint:gosec // of a folder by our name
		if errors.Is(err, fs.ErrNotExist) {
			_ = os.RemoveAll(folder)
			continue
		}
		if err != nil {
			continue // another user's
		}
		if syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
			_ = os.RemoveAll(folder)
		}
		_ = lock.Close()
	}
}
