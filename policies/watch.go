package policies

import (
	"context"
	"fmt"
	"runtime"
	"runtime/metrics"
	"sync/atomic"
	"time"
)

// DefaultRuleMemory is how much memory a rule may take while it runs on an object,
// and all its findings of an environment. Real ones take a few megabytes.
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

// watch stops, until ctx is done, the rule that has been running longest on its
// object of those since whose beginning the heap has grown by more than a limit.
// Rules take microseconds, and are gone before they are looked at twice; the one
// that fills the memory does not end. Go cannot tell whose memory it is. What was
// there before, of however many objects and findings, is nobody's fault.
func watch(ctx context.Context, limit uint64, running []*atomic.Pointer[budget]) {
	seen := make([]grown, len(running))
	tick := time.NewTicker(watchInterval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now, over := heap(), false
		for i, r := range running {
			if b := r.Load(); b != seen[i].budget {
				seen[i] = grown{b, now}
			}
			over = over || seen[i].by(now) > limit
		}
		if !over {
			continue
		}
		runtime.GC() // what is garbage by now does not count
		now = heap()
		var longest *budget
		for _, g := range seen {
			if g.by(now) > limit && (longest == nil || g.start.Before(longest.start)) {
				longest = g.budget
			}
		}
		if longest != nil {
			longest.heavy.Store(true)
		}
	}
}

// grown is an evaluation, and the heap when it was seen first.
type grown struct {
	*budget
	heap uint64
}

// by is how much more there is now; nothing where nothing runs, or is stopped already.
func (g grown) by(now uint64) uint64 {
	if g.budget == nil || g.heavy.Load() || now < g.heap {
		return 0
	}
	return now - g.heap
}

// findingSize is about what a finding takes beside its texts.
const findingSize = 512

// afford lets findings of the rule at an index be kept, unless all that it found
// in the environment take more memory than a rule may.
func (w *worker) afford(i int, found []located) ([]located, error) {
	size := 0
	for _, f := range found {
		size += findingSize + len(f.Message) + len(f.Path) + len(f.Container) + len(f.key)
		if f.Remediation != w.ev.rules[i].Remediation { // all findings share that of METADATA
			size += len(f.Remediation)
		}
		if f.Location != nil {
			size += len(f.Location.File)
		}
	}
	if w.ev.kept[i].Add(int64(size)) > int64(w.ev.memory()) {
		return nil, fmt.Errorf("its findings take more than %d MiB of memory in this environment", w.ev.memory()>>20)
	}
	return found, nil
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
