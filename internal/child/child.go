// Package child runs this same binary again in another role: a process that
// can be bounded, may crash, and dies with its parent. It knows nothing of what
// the roles do.
//
// A child's standard input is its lifeline: it stays open as long as the parent
// lives, however the parent ends, and a child ends when it reads its end. That
// works on every platform and also when the parent is killed with SIGKILL, and,
// unlike a signal from the kernel, leaves the child the time to remove its files.
package child

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"
	"unsafe"
)

// roleVariable carries the role to the child.
const roleVariable = "PENSTOCK_CHILD_ROLE"

// A child may take that long to end by itself once its lifeline is closed,
// before it is killed: little when the run was cancelled, since a person waits.
const (
	promptly = 700 * time.Millisecond
	grace    = 5 * time.Second
)

// Role returns the role in which this process was started by Start, or "" for
// an ordinary run. main and TestMain look at it before anything else.
func Role() string { return os.Getenv(roleVariable) }

// Process is a running child.
type Process struct {
	// Stdin is the lifeline, and carries requests where the role has any.
	Stdin io.WriteCloser
	// Stdout is what the child prints.
	Stdout io.ReadCloser

	cmd  *exec.Cmd
	done chan struct{}
	err  error
}

// Start runs this binary in a role. The child gets no environment but PATH,
// HOME and TMPDIR and what env adds, and its own process group, so that a
// Ctrl-C in the terminal reaches the parent alone, which then ends the child.
// What the child starts in that group and leaves behind is killed.
// stderr receives what the child logs; nil discards it. When ctx ends, the
// lifeline is closed, and a child that does not end by that is killed.
func Start(ctx context.Context, role string, stderr io.Writer, env ...string) (*Process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("finding this program's own file: %w", err)
	}
	// The end of ctx closes the lifeline first; see below.
	cmd := exec.CommandContext(context.WithoutCancel(ctx), self)
	cmd.Env = append(environment(), append(env, roleVariable+"="+role)...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Stderr = stderr
	// A grandchild that keeps stderr open must not keep Wait from returning.
	cmd.WaitDelay = time.Second
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("starting %s: %w", role, err)
	}
	// An own pipe, since Wait would close that of StdoutPipe under the reader.
	stdout, w, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("starting %s: %w", role, err)
	}
	cmd.Stdout = w
	err = cmd.Start()
	if err = errors.Join(err, w.Close()); err != nil {
		return nil, fmt.Errorf("starting %s: %w", role, errors.Join(err, stdout.Close()))
	}
	p := &Process{Stdin: stdin, Stdout: stdout, cmd: cmd, done: make(chan struct{})}
	stop := context.AfterFunc(ctx, func() { p.end(promptly) })
	go func() {
		ended := endGroup(cmd.Process.Pid)
		p.err = cmd.Wait()
		if !ended {
			// Late, and by a number that somebody else may have by now if nobody was
			// left; but what is left would go on without a parent.
			killGroup(cmd.Process.Pid)
		}
		stop()
		close(p.done)
	}()
	return p, nil
}

// endGroup waits until the leader of a process group has ended, and kills what it
// started and had no time to end. The leader is left to be waited for: as long as
// it is, its number, which is that of the group, is given to nobody else
// (waitid(2), WNOWAIT; setpgid(2)). It reports whether it did: some sandboxes do not
// let it wait so, and then it returns at once.
func endGroup(leader int) bool {
	const byPID = 1                                 // P_PID
	var info [128 / unsafe.Sizeof(uint64(0))]uint64 // siginfo_t, which nobody reads
	for {
		_, _, e := syscall.Syscall6(syscall.SYS_WAITID, byPID, uintptr(leader), uintptr(unsafe.Pointer(&info)), syscall.WEXITED|syscall.WNOWAIT, 0, 0)
		switch e {
		case syscall.EINTR:
			continue
		case 0:
			killGroup(leader)
			return true
		}
		return false
	}
}

func killGroup(leader int) {
	_ = syscall.Kill(-leader, syscall.SIGKILL) // there may be nobody left
}

func environment() []string {
	var env []string
	for _, name := range []string{"PATH", "HOME", "TMPDIR"} {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	return env
}

// Pid is the process ID of the child.
func (p *Process) Pid() int { return p.cmd.Process.Pid }

// Done is closed when the child has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Err says how the child ended; it is nil before Done is closed and after a
// clean exit.
func (p *Process) Err() error {
	select {
	case <-p.done:
		return p.err
	default:
		return nil
	}
}

// Kill ends the child at once.
func (p *Process) Kill() {
	_ = p.cmd.Process.Kill() // it may have ended already
}

// Close closes the lifeline, waits until the child has ended, and kills it
// when it takes too long. It returns how the child ended.
func (p *Process) Close() error {
	killed := p.end(grace)
	err := p.err
	if killed {
		err = errors.New("the child process did not end by itself and was killed")
	}
	return errors.Join(err, p.Stdout.Close())
}

// end closes the lifeline, waits for the child to end, and kills it after
// patience, which it reports.
func (p *Process) end(patience time.Duration) (killed bool) {
	_ = p.Stdin.Close() // the child may have closed its end already
	select {
	case <-p.done:
		return false
	case <-time.After(patience):
		p.Kill()
		<-p.done
		return true
	}
}
