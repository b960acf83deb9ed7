package apiserver

import (
	"context"

	clientv3 "go.etcd.io/etcd/client/v3"
	etcdkubernetes "go.etcd.io/etcd/client/v3/kubernetes"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/registry/generic"
	"k8s.io/apiserver/pkg/storage"
	"k8s.io/apiserver/pkg/storage/etcd3"
	"k8s.io/apiserver/pkg/storage/storagebackend"
	"k8s.io/apiserver/pkg/storage/storagebackend/factory"
	"k8s.io/apiserver/pkg/storage/value/encrypt/identity"
	"k8s.io/client-go/tools/cache"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
)

// storeInProcess has the resources of kube-apiserver stored by calls into the etcd
// of the same process, not by requests over a socket, which take a quarter of the
// time of an apply. What stores them is the same: etcd3 of k8s.io/apiserver. The
// few things that are no resources, such as the addresses of Services, still go
// through the socket to the same etcd.
func storeInProcess(config *app.Config, store *clientv3.Client) {
	ours := inProcessClient(store)
	for _, getter := range []*generic.RESTOptionsGetter{
		&config.KubeAPIs.ControlPlane.Generic.RESTOptionsGetter,
		&config.ApiExtensions.GenericConfig.RESTOptionsGetter,
		&config.ApiExtensions.ExtraConfig.CRDRESTOptionsGetter,
		&config.Aggregator.GenericConfig.RESTOptionsGetter,
	} {
		*getter = inProcess{*getter, ours}
	}
}

func inProcessClient(store *clientv3.Client) *etcdkubernetes.Client {
	client := *store
	client.KV, client.Watcher = ownReads{store.KV}, ownWatches{store.Watcher, store.KV}
	ours := &etcdkubernetes.Client{Client: &client}
	ours.Kubernetes = ours
	return ours
}

// inProcess gives the options of resources, which are stored by the client.
type inProcess struct {
	generic.RESTOptionsGetter
	client *etcdkubernetes.Client
}

// GetRESTOptions are the options of a resource.
func (p inProcess) GetRESTOptions(resource schema.GroupResource, example runtime.Object) (generic.RESTOptions, error) {
	options, err := p.RESTOptionsGetter.GetRESTOptions(resource, example)
	options.Decorator = p.storage
	return options, err
}

// storage is what factory.Create makes for etcd3, on the one client that all share
// (k8s.io/apiserver/pkg/storage/storagebackend/factory/etcd3.go), which is not
// closed with any of them.
func (p inProcess) storage(c *storagebackend.ConfigForResource, prefix string, _ func(runtime.Object) (string, error),
	newFunc, newListFunc func() runtime.Object, _ storage.AttrFunc, _ storage.IndexerFuncs, _ *cache.Indexers,
) (storage.Interface, factory.DestroyFunc, error) {
	transformer := c.Transformer
	if transformer == nil {
		transformer = identity.NewEncryptCheckTransformer()
	}
	versioner := storage.APIObjectVersioner{}
	store, err := etcd3.New(p.client, nil, c.Codec, newFunc, newListFunc, c.Prefix, prefix, c.GroupResource, transformer,
		c.LeaseManagerConfig, etcd3.NewDefaultDecoder(c.Codec, versioner), versioner)
	if err != nil {
		return nil, nil, err
	}
	return store, store.Close, nil
}

// ownReads reads what etcd has applied, without asking whether other members have
// applied more: there are none, and a write returns once it is applied.
type ownReads struct{ clientv3.KV }

// Get reads a key or a range.
func (r ownReads) Get(ctx context.Context, key string, opts ...clientv3.OpOption) (*clientv3.GetResponse, error) {
	return r.KV.Get(ctx, key, append(opts[:len(opts):len(opts)], clientv3.WithSerializable())...)
}

// ownWatches tell of a write when ownReads see it. etcd tells of it just before
// (go.etcd.io/etcd/server/v3/storage/mvcc/watchable_store_txn.go), and a controller
// that does not find what it is told of takes it for deleted meanwhile, and waits
// to be told again.
type ownWatches struct {
	clientv3.Watcher
	all clientv3.KV
}

// Watch watches a key or a range.
func (w ownWatches) Watch(ctx context.Context, key string, opts ...clientv3.OpOption) clientv3.WatchChan {
	told, out := w.Watcher.Watch(ctx, key, opts...), make(chan clientv3.WatchResponse)
	go func() {
		defer close(out)
		for response := range told {
			// This read returns when all that is committed is applied. Where it fails,
			// so do those of whoever is told.
			_, _ = w.all.Get(ctx, key, clientv3.WithCountOnly())
			select {
			case out <- response:
			case <-ctx.Done():
				// Nobody listens any more; told is closed soon.
			}
		}
	}()
	return out
}
