package apiserver

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/pflag"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/server/v3/embed"
	"go.etcd.io/etcd/server/v3/etcdserver/api/v3client"
	"go.etcd.io/etcd/server/v3/storage/wal"
	"k8s.io/apiserver/pkg/admission/plugin/policy/generic"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/rest"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
	"k8s.io/kubernetes/cmd/kube-apiserver/app/options"
)

// stopPatience bounds how long etcd may take to stop, so that the whole child
// ends well before its parent loses patience.
const stopPatience = 300 * time.Millisecond

// attendant does what the parent asks, by what do can do, until ctx ends.
type attendant func(ctx context.Context, do func(context.Context, string) error) error

// serveEmbedded runs etcd and kube-apiserver, and what attends to them, until ctx
// ends or one of them fails. On return etcd writes no more; kube-apiserver goes
// with the process.
func serveEmbedded(ctx context.Context, dir string, greet func(greeting) error, attend attendant) error {
	listener, err := loopback(ctx)
	if err != nil {
		return err
	}
	a, etcd, err := begin(dir, listener.Addr().String(), greet)
	if err != nil {
		return err
	}
	defer stopEtcd(etcd)
	store := v3client.New(etcd.Server)
	ended := make(chan error, 2)
	go func() {
		ended <- serveAPI(ctx, a, listener, store, func(config *rest.Config, caches informers.SharedInformerFactory, p plugins) error {
			k, err := newKeeper(store, config, caches, p)
			if err == nil {
				go func() { ended <- attend(ctx, k.do) }()
			}
			return err
		})
	}()
	return untilEnd(ctx, etcd, ended)
}

// begin makes what a server is reached by, tells the parent, and starts etcd.
func begin(dir, host string, greet func(greeting) error) (*access, *embed.Etcd, error) {
	a, err := newAccess(dir, host)
	if err != nil {
		return nil, nil, err
	}
	if err := greet(a.greeting); err != nil {
		return nil, nil, err
	}
	etcd, err := startEtcd(dir)
	if err != nil {
		return nil, nil, fmt.Errorf("starting etcd: %w", err)
	}
	return a, etcd, nil
}

// untilEnd waits until ctx ends, which is no error, or something else does.
func untilEnd(ctx context.Context, etcd *embed.Etcd, ended <-chan error) error {
	select {
	case <-ctx.Done():
		return nil
	case err := <-etcd.Err():
		return fmt.Errorf("running etcd: %w", err)
	case err := <-ended:
		switch {
		case ctx.Err() != nil:
			return nil //nolint:nilerr // what ends because it is told to is no error
		case err == nil:
			return errors.New("kube-apiserver ended by itself")
		}
		return fmt.Errorf("running kube-apiserver: %w", err)
	}
}

// Sockets of etcd, relative to the private directory, which is the current one.
// etcd wants the form host:port; the whole is the name of the file.
const (
	clientSocket = "unix://etcd:1"
	peerSocket   = "unix://peer:1"
)

// startEtcd starts an etcd of one member that forgets everything with its
// process: it does not sync to disk, and keeps little of its write-ahead log.
func startEtcd(dir string) (*embed.Etcd, error) {
	wal.SegmentSizeBytes = 4 << 20 // it is allocated in advance, twice
	cfg := embed.NewConfig()
	cfg.Dir = filepath.Join(dir, "etcd")
	cfg.UnsafeNoFsync = true
	cfg.LogLevel = "error"
	cfg.LogOutputs = []string{"stderr"}
	// The only member wins every election, so it need not wait for others.
	cfg.TickMs, cfg.ElectionMs = 10, 100
	client, err := url.Parse(clientSocket)
	if err != nil {
		return nil, err
	}
	peer, err := url.Parse(peerSocket)
	if err != nil {
		return nil, err
	}
	cfg.ListenClientUrls, cfg.AdvertiseClientUrls = []url.URL{*client}, []url.URL{*client}
	cfg.ListenPeerUrls, cfg.AdvertisePeerUrls = []url.URL{*peer}, []url.URL{*peer}
	cfg.InitialCluster = cfg.InitialClusterFromName(cfg.Name)
	cfg.EnableGRPCGateway = false
	return embed.StartEtcd(cfg)
}

// stopEtcd stops the writing, so that the directory can be removed.
func stopEtcd(etcd *embed.Etcd) {
	stopped := make(chan struct{})
	go func() {
		etcd.Server.HardStop()
		close(stopped)
	}()
	select {
	case <-stopped:
	case <-time.After(stopPatience):
	}
}

// flags are those of kube-apiserver. They differ from the defaults where the
// server has no cluster around it (no nodes, no controllers, one client) and
// where a default would answer otherwise than production does.
func flags(a *access) []string {
	return []string{
		"--etcd-servers=" + clientSocket,
		"--token-auth-file=" + a.tokenFile,
		"--anonymous-auth=false",
		"--authorization-mode=RBAC",
		"--tls-cert-file=" + a.certFile,
		"--tls-private-key-file=" + a.keyFile,
		"--service-account-issuer=https://kubernetes.default.svc.cluster.local",
		"--service-account-key-file=" + a.signingFile,
		"--service-account-signing-key-file=" + a.signingFile,
		// Both families, so that a Service may ask for either.
		"--service-cluster-ip-range=10.96.0.0/12,fd00:10:96::/112",
		// Off by default, and then no privileged container is ever admitted.
		"--allow-privileged=true",
		// Nobody connects to a node or to the service "kubernetes".
		"--endpoint-reconciler-type=none",
		"--advertise-address=127.0.0.1",
		// Both cost readiness and memory, and serve many clients only.
		"--watch-cache=false",
		"--enable-priority-and-fairness=false",
		"--profiling=false",
	}
}

// serveAPI runs kube-apiserver until ctx ends. Before that it hands over what
// it takes to look after it: its own credentials, its caches, and the plugins that
// have to be renewed.
func serveAPI(ctx context.Context, a *access, listener net.Listener, store *clientv3.Client, setUp func(*rest.Config, informers.SharedInformerFactory, plugins) error) error {
	opts, p, err := complete(ctx, a, listener)
	if err != nil {
		return err
	}
	// From here on these are the steps of app.Run.
	config, err := app.NewConfig(opts)
	if err != nil {
		return err
	}
	storeInProcess(config, store)
	config.Aggregator.GenericConfig.BuildHandlerChainFunc = filtered
	completed, err := config.Complete()
	if err != nil {
		return err
	}
	server, err := app.CreateServerChain(completed)
	if err != nil {
		return err
	}
	prepared, err := server.PrepareRun()
	if err != nil {
		return err
	}
	own := config.KubeAPIs.ControlPlane
	if err := setUp(rest.CopyConfig(own.Generic.LoopbackClientConfig), own.VersionedInformers, p); err != nil {
		return err
	}
	return prepared.Run(ctx)
}

// complete makes the options of kube-apiserver out of its flags.
func complete(ctx context.Context, a *access, listener net.Listener) (options.CompletedOptions, plugins, error) {
	opts, p := options.NewServerRunOptions(), plugins{&limits{}, &mapper{}}
	set := pflag.NewFlagSet("kube-apiserver", pflag.ContinueOnError)
	for _, group := range opts.Flags().FlagSets {
		set.AddFlagSet(group)
	}
	if err := set.Parse(append(flags(a), "--emulated-version="+os.Getenv(versionVariable))); err != nil {
		return options.CompletedOptions{}, plugins{}, err
	}
	opts.SecureServing.Listener = listener
	p.add(opts.Admission.GenericAdmission)
	if err := opts.GenericServerRunOptions.ComponentGlobalsRegistry.Set(); err != nil {
		return options.CompletedOptions{}, plugins{}, err
	}
	// A policy that was just written is compiled within a second by default, and
	// nothing tells when. The function is made for tests, and does just that.
	generic.SetPolicyRefreshIntervalForTests(policyRefresh)
	// The server's requests to itself are not worth a line in the log.
	rest.SetDefaultWarningHandler(rest.NoWarnings{})
	completed, err := opts.Complete(ctx)
	if err != nil {
		return options.CompletedOptions{}, plugins{}, err
	}
	return completed, p, errors.Join(completed.Validate()...)
}

// policyRefresh is the pause between two looks whether an admission policy has
// changed; a look at what has not changed costs nothing.
const policyRefresh = 10 * time.Millisecond
