package apiserver

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"strconv"
	"sync/atomic"
	"time"
)

// DefaultMemory is what a server may take, in bytes: many times what any change is
// known to need, and few enough that a machine survives a hostile one.
const DefaultMemory = 2 << 30

const (
	// memoryGlance is the pause between two looks at how much is taken.
	memoryGlance = 50 * time.Millisecond
	// growth is how much the heap may grow between two collections, in per cent, as
	// long as all of it stays below sparing: twice the default, since a short run has
	// the processor for its bottleneck and not the memory.
	growth  = 200
	sparing = 400 << 20
	// growthBeyond is how much it may grow from there on.
	growthBeyond = 60
)

// memoryError says that the server took more than it may, or err, why it is not
// known how much it takes: what cannot be seen cannot be bounded.
type memoryError struct {
	limit uint64
	err   error
}

func (e *memoryError) Error() string {
	if e.err != nil {
		return "how much memory it takes is not known: " + e.err.Error()
	}
	return fmt.Sprintf("it takes more than %d MiB of memory", e.limit>>20)
}

// memory bounds what the server takes: this process, and a kube-apiserver of its
// own where there is one. The objects of a change decide how much kube-apiserver
// needs for them, and it has no bound of its own.
type memory struct {
	limit uint64
	// eased is set once more than sparing is needed.
	eased bool
	// other is the process ID of kube-apiserver; 0 as long as it is this process.
	other atomic.Int64
}

func newMemory() *memory {
	limit, err := strconv.ParseUint(os.Getenv(memoryVariable), 10, 64)
	if err != nil {
		limit = DefaultMemory
	}
	return &memory{limit: limit}
}

// watch ends the server once more memory has been taken than it may.
func (m *memory) watch(ctx context.Context, end context.CancelCauseFunc) {
	debug.SetGCPercent(growth)
	debug.SetMemoryLimit(sparing)
	ticker := time.NewTicker(memoryGlance)
	defer ticker.Stop()
	for {
		taken, err := m.taken(ctx)
		m.ease(taken)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			end(&memoryError{m.limit, err})
			return
		case taken > m.limit:
			end(&memoryError{limit: m.limit})
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// ease gives up sparing where what is taken comes close to it: the collector would
// run without a pause as soon as what is in use does not fit into it, which took
// a third of the processor's time for a change of 5,000 objects.
func (m *memory) ease(taken uint64) {
	if m.eased || taken < sparing/10*9 {
		return
	}
	m.eased = true
	debug.SetGCPercent(growthBeyond)
	debug.SetMemoryLimit(int64(m.limit / 4 * 3))
}

func (m *memory) taken(ctx context.Context) (uint64, error) {
	own := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(own)
	taken := own[0].Value.Uint64() - own[1].Value.Uint64()
	pid := int(m.other.Load())
	if pid == 0 {
		return taken, nil
	}
	more, err := resident(ctx, pid)
	if errors.Is(err, os.ErrProcessDone) {
		return taken, nil
	}
	return taken + more, err
}

// spare is what a kube-apiserver of its own finds in its environment: its garbage
// collector does all it can before three quarters of the bound are exceeded
// (https://go.dev/doc/gc-guide#Memory_limit).
func (m *memory) spare() string { return fmt.Sprintf("GOMEMLIMIT=%d", m.limit/4*3) }
