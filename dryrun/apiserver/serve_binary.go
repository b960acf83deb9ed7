package apiserver

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"time"

	"go.etcd.io/etcd/server/v3/etcdserver/api/v3client"
	"k8s.io/client-go/rest"
)

// serveBinary runs etcd in this process and a kube-apiserver of its own in
// another, and what attends to them, until ctx ends or one of them fails. On
// return both are gone: this process is what binds the other to the life of its
// parent.
func serveBinary(ctx context.Context, dir, path string, bound *memory, greet func(greeting) error, attend attendant) error {
	host, release, err := reserve()
	if err != nil {
		return err
	}
	defer release()
	a, etcd, err := begin(dir, host, greet)
	if err != nil {
		return err
	}
	defer stopEtcd(etcd)
	w, err := newWitness(v3client.New(etcd.Server), &rest.Config{
		Host: "https://" + host, BearerToken: a.greeting.Token,
		TLSClientConfig: rest.TLSClientConfig{CAData: a.greeting.CA}, QPS: -1,
	}, os.Getenv(versionVariable))
	if err != nil {
		return err
	}
	running, cancel := context.WithCancel(ctx)
	ended, gone := make(chan error, 2), make(chan struct{})
	defer func() { cancel(); <-gone }()
	go func() {
		defer close(gone)
		ended <- runBinary(running, dir, path, bound, a)
	}()
	go func() { ended <- attend(running, w.do) }()
	return untilEnd(ctx, etcd, ended)
}

// runBinary runs kube-apiserver until ctx ends, and kills it then: nothing that
// it has is kept. It logs where this process does, and its memory counts as that
// of this process.
func runBinary(ctx context.Context, dir, path string, m *memory, a *access) error {
	_, port, err := net.SplitHostPort(a.greeting.Host)
	if err != nil {
		return err
	}
	// The socket of etcd is named relative to the directory.
	cmd := exec.CommandContext(ctx, path, append(flags(a), "--bind-address=127.0.0.1", "--secure-port="+port, "--permit-port-sharing=true")...)
	cmd.Dir, cmd.Env, cmd.Stderr = dir, append(binaryEnvironment(), m.spare()), os.Stderr
	cmd.SysProcAttr = bound()
	cmd.WaitDelay = time.Second
	// The kernel binds a process to the thread that started it; see bound.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err = cmd.Start(); err == nil {
		m.other.Store(int64(cmd.Process.Pid))
		err = cmd.Wait()
	}
	if err == nil {
		err = errors.New("it ended by itself")
	}
	return fmt.Errorf("running %s: %w", path, err)
}
