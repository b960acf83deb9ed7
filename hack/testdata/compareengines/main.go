// Command compareengines measures the engine of Penstock and that of conftest in
// one process, on the same documents with the same rules: what both take to read
// the documents, to compile the rules and to evaluate. hack/compare-conftest.sh
// builds it with a go.mod of its own, so that Penstock's knows no conftest; below
// testdata the go command leaves it out of everything else.
package main

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func main() {
	if len(os.Args) < 4 {
		fmt.Fprintln(os.Stderr, "usage: compareengines ROUNDS POLICIES DOCUMENTS.yaml...")
		os.Exit(2)
	}
	if err := run(context.Background(), os.Args[1], os.Args[2], os.Args[3:]); err != nil {
		fmt.Fprintln(os.Stderr, "compareengines:", err)
		os.Exit(1)
	}
}

// engine is one side: what each stage does, in order.
type engine interface {
	read(file string) (documents int, err error)
	compile(policies string) error
	evaluate(context.Context) (violations []string, err error)
}

// cost is what one run of an engine took.
type cost struct {
	read, compile, evaluate time.Duration
	// processor is the time of all threads in reading and evaluating, the garbage
	// collector's among them. Other work on the machine changes it less.
	processor      time.Duration
	mallocs, bytes uint64
	documents      int
	violations     []string
}

// wall is the part that grows with the documents.
func (c cost) wall() time.Duration { return c.read + c.evaluate }

func run(ctx context.Context, rounds, policies string, files []string) error {
	n, err := strconv.Atoi(rounds)
	if err != nil || n < 1 {
		return fmt.Errorf("the number of rounds is %q", rounds)
	}
	fmt.Println(versions())
	fmt.Printf("%9s  %-18s %9s %10s %11s %12s %8s %10s %8s %8s %7s\n", "documents", "engine", "read ms", "compile ms", "evaluate ms", "us/document", "CPU us", "allocs", "KiB", "faster", "by CPU")
	for _, file := range files {
		if err := compare(ctx, n, policies, file); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	return nil
}

// versions tells which OPA both sides run on.
func versions() string {
	named := []string{runtime.Version()}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			if name, ours := strings.CutPrefix(m.Path, "github.com/open-policy-agent/"); ours {
				named = append(named, name+" "+m.Version)
			}
		}
	}
	return fmt.Sprintf("%s, %d processors", strings.Join(named, ", "), runtime.GOMAXPROCS(0))
}

// side is an engine with its runs on one file.
type side struct {
	name string
	make func() engine
	runs []cost
}

// compare measures the engines in turn, and prints the medians.
func compare(ctx context.Context, rounds int, policies, file string) error {
	sides := []side{
		{name: "conftest", make: func() engine { return &theirs{} }},
		{name: "penstock", make: func() engine { return &ours{} }},
		{name: "penstock, 1 worker", make: func() engine { return &ours{workers: 1} }},
	}
	var want []string
	for range rounds {
		for i := range sides {
			c, err := measure(ctx, sides[i].make(), policies, file)
			if err != nil {
				return fmt.Errorf("%s: %w", sides[i].name, err)
			}
			if want == nil {
				want = c.violations
			}
			if len(want) == 0 || !slices.Equal(c.violations, want) {
				return fmt.Errorf("%s finds %d violations, and they are not the %d of conftest", sides[i].name, len(c.violations), len(want))
			}
			sides[i].runs = append(sides[i].runs, c)
		}
	}
	for _, s := range sides {
		s.print(sides[0])
	}
	return nil
}

// print writes the medians of a side, and how often they go into the other's.
func (s side) print(other side) {
	n := s.runs[0].documents
	wall, used := s.median(cost.wall), s.median(func(c cost) time.Duration { return c.processor })
	fmt.Printf("%9d  %-18s %9.1f %10.1f %11.1f %12.1f %8.1f %10d %8.1f %8.1f %7.1f\n", n, s.name,
		milliseconds(s.median(func(c cost) time.Duration { return c.read })),
		milliseconds(s.median(func(c cost) time.Duration { return c.compile })),
		milliseconds(s.median(func(c cost) time.Duration { return c.evaluate })),
		1e3*milliseconds(wall)/float64(n), 1e3*milliseconds(used)/float64(n),
		s.runs[0].mallocs/uint64(n), float64(s.runs[0].bytes)/1024/float64(n),
		float64(other.median(cost.wall))/float64(wall),
		float64(other.median(func(c cost) time.Duration { return c.processor }))/float64(used))
}

func (s side) median(of func(cost) time.Duration) time.Duration {
	var all []time.Duration
	for _, c := range s.runs {
		all = append(all, of(c))
	}
	slices.Sort(all)
	return all[len(all)/2]
}

// measure runs one engine once, from files to violations. Neither side keeps
// anything from one run to the next.
func measure(ctx context.Context, e engine, policies, file string) (c cost, err error) {
	runtime.GC()
	stage := func(took *time.Duration, counts bool, work func() error) error {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start, used := time.Now(), processor()
		err := work()
		*took = time.Since(start)
		if counts {
			c.processor += processor() - used
			runtime.ReadMemStats(&after)
			c.mallocs += after.Mallocs - before.Mallocs
			c.bytes += after.TotalAlloc - before.TotalAlloc
		}
		return err
	}
	if err := stage(&c.read, true, func() (err error) { c.documents, err = e.read(file); return err }); err != nil {
		return c, err
	}
	if err := stage(&c.compile, false, func() error { return e.compile(policies) }); err != nil {
		return c, err
	}
	err = stage(&c.evaluate, true, func() (err error) { c.violations, err = e.evaluate(ctx); return err })
	slices.Sort(c.violations)
	return c, err
}

// processor is what this process used of the processors so far.
func processor() time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		panic(err) // the arguments are constants
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

func milliseconds(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e6 }
