package apiserver

import (
	"fmt"
	"testing"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/server/v3/etcdserver/api/v3client"
)

// TestWhatIsToldIsRead reads what a watch tells of, as the controllers of
// kube-apiserver do.
func TestWhatIsToldIsRead(t *testing.T) {
	t.Chdir(t.TempDir())
	etcd, err := startEtcd(".")
	if err != nil {
		t.Fatal(err)
	}
	defer stopEtcd(etcd)
	store := v3client.New(etcd.Server)
	ours := inProcessClient(store)
	told := ours.Watch(t.Context(), "/a/", clientv3.WithPrefix())
	for n := range 10000 {
		key := fmt.Sprintf("/a/%d", n)
		go func() { _, _ = store.Put(t.Context(), key, "") }()
		response := <-told
		if len(response.Events) != 1 || string(response.Events[0].Kv.Key) != key {
			t.Fatalf("of %s it is told %v", key, response)
		}
		if got, err := ours.KV.Get(t.Context(), key); err != nil || got.Count != 1 {
			t.Fatalf("%s is told of, and not read: %v", key, err)
		}
	}
}
