package apiserver

import (
	"context"
	"fmt"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"strconv"
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
)

// memoryError says that the server took more than it may.
type memoryError struct{ limit uint64 }

func (e *memoryError) Error() string {
	return fmt.Sprintf("it takes more than %d MiB of memory", e.limit>>20)
}

// boundMemory ends the server once the process has taken more memory than it may.
// The objects of a change decide how much kube-apiserver needs for them, and it has
// no bound of its own.
func boundMemory(ctx context.Context, end context.CancelCauseFunc) {
	limit, err := strconv.ParseUint(os.Getenv(memoryVariable), 10, 64)
	if err != nil {
		limit = DefaultMemory
	}
	debug.SetGCPercent(growth)
	debug.SetMemoryLimit(sparing)
	taken := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	ticker := time.NewTicker(memoryGlance)
	defer ticker.Stop()
	for {
		metrics.Read(taken)
		if taken[0].Value.Uint64()-taken[1].Value.Uint64() > limit {
			end(&memoryError{limit})
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}
