package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/penstock-dev/penstock/dryrun"
	"github.com/penstock-dev/penstock/dryrun/apiserver"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

const contextName = "live"

// bench is one API server, and both ways to ask it.
type bench struct {
	kubectl, dir, kubeconfig string
	rounds                   int
	live, embedded           *dryrun.Runner
}

func run(ctx context.Context, kubectl, rounds, dir string, sizes []string) (err error) {
	b := bench{kubectl: kubectl, dir: dir}
	if b.rounds, err = strconv.Atoi(rounds); err != nil || b.rounds < 1 {
		return fmt.Errorf("the number of rounds is %q", rounds)
	}
	server, err := apiserver.Start(ctx, apiserver.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	reach, err := server.Ready(ctx)
	if err != nil {
		return err
	}
	if b.kubeconfig, err = kubeconfig(dir, reach); err != nil {
		return err
	}
	if b.live, err = dryrun.New(dryrun.Options{Mode: dryrun.Cluster, Kubeconfig: b.kubeconfig}); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.live.Close()) }()
	if b.embedded, err = dryrun.New(dryrun.Options{Mode: dryrun.Embedded}); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.embedded.Close()) }()
	if err := b.surroundings(ctx); err != nil {
		return err
	}
	fmt.Printf("%8s %8s  %12s %16s %7s  %20s\n", "objects", "changed", "kubectl s", "penstock, live s", "faster", "penstock, embedded s")
	for _, size := range sizes {
		var n, changed int
		if _, err := fmt.Sscanf(size, "%d/%d", &n, &changed); err != nil || changed < 1 || n < changed {
			return fmt.Errorf("numbers of objects and of changed ones are %q, and not such as 1000/10", size)
		}
		if err := b.compare(ctx, n, changed); err != nil {
			return fmt.Errorf("with %s objects: %w", size, err)
		}
	}
	return nil
}

// surroundings make the namespace, and what its controller would add.
func (b *bench) surroundings(ctx context.Context) error {
	file, err := write(b.dir, "surroundings.yaml", "---\n{apiVersion: v1, kind: Namespace, metadata: {name: shop}}\n---\n{apiVersion: v1, kind: ServiceAccount, metadata: {name: default, namespace: shop}}\n")
	if err != nil {
		return err
	}
	_, err = b.run(ctx, "apply", "--server-side", "-f", file)
	return err
}

// compare stores base with kubectl, and times the dry-run of head in turn.
func (b *bench) compare(ctx context.Context, n, changed int) error {
	base, err := write(b.dir, "base.yaml", mixed(n, 0))
	if err != nil {
		return err
	}
	head, err := write(b.dir, "head.yaml", mixed(n, changed))
	if err != nil {
		return err
	}
	if _, err := b.run(ctx, "apply", "--server-side", "-f", base); err != nil {
		return err
	}
	in, err := change(base, head, b.kubeconfig)
	if err != nil {
		return err
	}
	// The embedded server is ready, as it is once the environments are rendered.
	if _, err := b.embedded.Try(ctx, dryrun.Input{Environment: in.Environment, Base: in.Base, Head: in.Head, Deltas: in.Deltas[:1]}); err != nil {
		return err
	}
	var theirs, ours, whole []time.Duration
	for range b.rounds {
		began := time.Now()
		text, err := b.run(ctx, "apply", "--server-side", "--dry-run=server", "-f", head)
		theirs = append(theirs, time.Since(began))
		if err != nil {
			return err
		}
		if tried := strings.Count(text, "serverside-applied (server dry run)"); tried != n {
			return fmt.Errorf("kubectl tried %d objects", tried)
		}
		took, err := try(ctx, b.live, in, changed)
		if err != nil {
			return err
		}
		ours = append(ours, took)
		if took, err = try(ctx, b.embedded, in, changed); err != nil {
			return err
		}
		whole = append(whole, took)
	}
	fmt.Printf("%8d %8d  %12.2f %16.2f %7.1f  %20.2f\n", n, changed, median(theirs), median(ours), median(theirs)/median(ours), median(whole))
	return nil
}

// try tries a change of n objects, each of which is answered and accepted.
func try(ctx context.Context, runner *dryrun.Runner, in dryrun.Input, n int) (time.Duration, error) {
	began := time.Now()
	result, err := runner.Try(ctx, in)
	took := time.Since(began)
	if err != nil {
		return 0, err
	}
	answered := 0
	for _, e := range result.Entries {
		if e.Reason == "" {
			answered++
		}
	}
	if answered != n || len(result.Findings) > 0 {
		return 0, fmt.Errorf("%s answered for %d objects and found %d faults: %v %v", result.Backend, answered, len(result.Findings),
			result.Findings[:min(1, len(result.Findings))], result.Entries[:min(1, len(result.Entries))])
	}
	return took, nil
}

func (b *bench) run(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, b.kubectl, args...)
	cmd.Env = append(cmd.Environ(), "KUBECONFIG="+b.kubeconfig)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("kubectl %s: %w: %s", strings.Join(args, " "), err, out[:min(len(out), 2000)])
	}
	return string(out), nil
}

func kubeconfig(dir string, reach *rest.Config) (string, error) {
	c := clientcmdapi.NewConfig()
	c.Clusters[contextName] = &clientcmdapi.Cluster{Server: reach.Host, CertificateAuthorityData: reach.CAData}
	c.AuthInfos[contextName] = &clientcmdapi.AuthInfo{Token: reach.BearerToken}
	c.Contexts[contextName] = &clientcmdapi.Context{Cluster: contextName, AuthInfo: contextName}
	c.CurrentContext = contextName
	file := filepath.Join(dir, "kubeconfig")
	return file, clientcmd.WriteToFile(*c, file)
}

func median(all []time.Duration) float64 {
	slices.Sort(all)
	return all[len(all)/2].Seconds()
}
