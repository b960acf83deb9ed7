package dryrun_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/penstock-dev/penstock/dryrun"
	"github.com/penstock-dev/penstock/internal/config"
	"github.com/penstock-dev/penstock/internal/manifest"
	"golang.org/x/tools/txtar"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// sister is another environment with some config maps; without any it does not
// render.
type sister struct {
	config.Environment
	maps []string
}

type sisters struct {
	t        *testing.T
	all      []sister
	rendered *[]string
}

func (s sisters) List() ([]config.Environment, error) {
	var out []config.Environment
	for _, one := range s.all {
		out = append(out, one.Environment)
	}
	return out, nil
}

func (s sisters) Render(_ context.Context, env config.Environment) (*manifest.Set, error) {
	*s.rendered = append(*s.rendered, env.Name)
	at := slices.IndexFunc(s.all, func(one sister) bool { return one.Name == env.Name })
	if s.all[at].maps == nil {
		return nil, errors.New("it does not render: no such file")
	}
	text := "-- base.yaml --\n"
	for _, name := range s.all[at].maps {
		text += "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: " + name + ", namespace: shop}\n"
	}
	return set(s.t, txtar.Parse([]byte(text)), "base.yaml"), nil
}

const marked = ", labels: {kustomize.toolkit.fluxcd.io/name: apps, kustomize.toolkit.fluxcd.io/namespace: flux-system}"

// What carries the same mark and is of another environment on the same cluster is
// no surplus, and where that is not known it is said.
func TestDriftOfSisters(t *testing.T) {
	client, file := cluster(t)
	c, err := clientcmd.LoadFromFile(file)
	if err != nil {
		t.Fatal(err)
	}
	c.Clusters["far"] = &clientcmdapi.Cluster{Server: "https://far.example.com"}
	c.Contexts["far"] = &clientcmdapi.Context{Cluster: "far", AuthInfo: "live"}
	c.Contexts["tenant"] = &clientcmdapi.Context{Cluster: "live", AuthInfo: "nobody"}
	if err := clientcmd.WriteToFile(*c, file); err != nil {
		t.Fatal(err)
	}
	restConfig, err := clientcmd.BuildConfigFromFlags("", file)
	if err != nil {
		t.Fatal(err)
	}
	const own = "-- NAME.yaml --\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: own, namespace: shop" + marked + "}\ndata: {a: NAME}\n"
	in := input(t, txtar.Parse([]byte(strings.ReplaceAll(own, "NAME", "base")+strings.ReplaceAll(own, "NAME", "head"))))
	in.Environment.Context, in.Environment.AppliedBy, in.Environment.Drift = "live", config.Flux, true
	inhabit(t, restConfig, in.Base)
	for _, name := range []string{"left", "theirs", "unknown"} {
		o := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: in.Base.All()[0].Labels()}}
		if _, err := client.CoreV1().ConfigMaps("shop").Create(t.Context(), o, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	const note = ofOtherKinds + "; "
	at := func(name, context string, maps ...string) sister {
		return sister{config.Environment{Name: name, Context: context}, maps}
	}
	for _, test := range []struct {
		name     string
		sisters  []sister
		want     []string
		note     string
		rendered []string
	}{
		{"none", nil, []string{"left", "theirs", "unknown"}, ofOtherKinds, nil},
		{"this one", []sister{at("prod", "live", "left")}, []string{"left", "theirs", "unknown"}, ofOtherKinds, nil},
		{"on the same cluster", []sister{at("beside", "tenant", "theirs", "unknown")}, []string{"left"}, ofOtherKinds, []string{"beside"}},
		{"on another cluster", []sister{at("far", "far", "left", "theirs", "unknown")}, []string{"left", "theirs", "unknown"}, ofOtherKinds, nil},
		{
			"on no cluster that is known", []sister{at("nowhere", "", "unknown"), at("beside", "live", "theirs")}, []string{"left"},
			note + "1 that carry the mark are of nowhere, of which it is not known on what cluster it is", []string{"beside", "nowhere"},
		},
		{"of another name", []sister{at("nowhere", "", "other"), at("beside", "live", "another")}, []string{"left", "theirs", "unknown"}, ofOtherKinds, []string{"beside", "nowhere"}},
		{
			"that does not render", []sister{at("beside", "live", "theirs"), at("broken", "live")}, nil,
			note + "2 that carry the mark may be of broken: it does not render: no such file", []string{"beside", "broken"},
		},
		{"that need not render", []sister{at("beside", "live", "left", "theirs", "unknown"), at("broken", "live")}, nil, ofOtherKinds, []string{"beside"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var rendered []string
			in.Sisters = sisters{t, test.sisters, &rendered}
			result, err := newRunner(t, dryrun.Options{Mode: dryrun.Cluster, Kubeconfig: file}).Try(t.Context(), in)
			if err != nil {
				t.Fatal(err)
			}
			told, note := surplusOf(result)
			var want []string
			for _, name := range test.want {
				want = append(want, "ConfigMap shop/"+name+": the cluster has it with the mark of the Kustomization flux-system/apps, and base does not")
			}
			if !slices.Equal(told, want) || note != test.note || !slices.Equal(rendered, test.rendered) {
				t.Errorf("got\n%s\n%s\nrendered %s\nwant\n%s\n%s\nrendered %s", strings.Join(told, "\n"), note, rendered, strings.Join(want, "\n"), test.note, test.rendered)
			}
		})
	}
}
