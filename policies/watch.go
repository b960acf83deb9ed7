package policies

import (
	"context"
	"runtime"
	"runtime/metrics"
	"sync/atomic"
	"time"
)

// DefaultRuleMemory is how much memory the rules of an environment may take
// while they run. Real ones take a few megabytes for each worker.
const DefaultRuleMemory = 1 << 30

// budget stops one evaluation of a rule: at a deadline, when the run is
// cancelled, or when it takes too much memory. OPA asks it at every step; it
// looks at the clock at some of them.
type budget struct {
	run      *atomic.Bool
	start    time.Time
	deadline time.Time
	asked    uint
	over     bool
	// heavy is set by the watch.
	heavy atomic.Bool
}

// Cancel implements topdown.Cancel.
func (b *budget) Cancel() { b.over = true }

// Cancelled implements topdown.Cancel.
func (b *budget) Cancelled() bool {
	const interval = 256 // steps take about a microsecond
	if b.asked++; !b.over && b.asked%interval == 0 {
		b.over = b.run.Load() || time.Now().After(b.deadline)
	}
	return b.over || b.heavy.Load()
}

// watchInterval is how often memory is looked at: a machine fills some tens of
// megabytes in that time.
const watchInterval = 10 * time.Millisecond

// watch stops the rule that has been running longest on its object whenever the
// heap has grown by more than a limit, until ctx is done: rules take
// microseconds, and the one that fills the memory does not end. Go cannot tell
// whose memory it is.
func watch(ctx context.Context, limit uint64, running []*atomic.Pointer[budget]) {
	start := heap()
	tick := time.NewTicker(watchInterval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if heap() < start+limit {
			continue
		}
		// What is garbage by now is nobody's fault.
		if runtime.GC(); heap() < start+limit {
			continue
		}
		var longest *budget
		for _, r := range running {
			if b := r.Load(); b != nil && !b.heavy.Load() && (longest == nil || b.start.Before(longest.start)) {
				longest = b
			}
		}
		if longest != nil {
			longest.heavy.Store(true)
		}
	}
}

// heap is the memory of objects, in bytes, those included that are garbage.
func heap() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

func (ev *evaluation) memory() uint64 {
	if ev.in.RuleMemory > 0 {
		return ev.in.RuleMemory
	}
	return DefaultRuleMemory
}

// watch watches workers until its result is called.
func (ev *evaluation) watch(ctx context.Context, workers ...*worker) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	running := make([]*atomic.Pointer[budget], len(workers))
	for i, w := range workers {
		running[i] = &w.running
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		watch(ctx, ev.memory(), running)
	}()
	return func() {
		cancel()
		<-done
	}
}
