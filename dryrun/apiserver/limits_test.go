package apiserver

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/kubernetes/pkg/apis/core"
)

// The cache stays empty here, as it is for a moment after limits were written.
func TestRenewedLimitsForget(t *testing.T) {
	client := fake.NewClientset(&corev1.LimitRange{
		ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "limits"},
		Spec: corev1.LimitRangeSpec{Limits: []corev1.LimitRangeItem{{
			Type: corev1.LimitTypeContainer, Default: corev1.ResourceList{"memory": resource.MustParse("77Mi")},
		}}},
	})
	caches := informers.NewSharedInformerFactory(client, 0)
	l := &limits{}
	renew := func() {
		t.Helper()
		if err := l.renew(client, caches); err != nil {
			t.Fatal(err)
		}
	}
	admit := func(want int) {
		t.Helper()
		p := &core.Pod{Spec: core.PodSpec{Containers: []core.Container{{Name: "c"}}}}
		a := admission.NewAttributesRecord(p, nil, core.Kind("Pod").WithVersion("v1"), "shop", "p", core.Resource("pods").WithVersion("v1"), "", admission.Create, nil, true, nil)
		if err := l.Admit(t.Context(), a, nil); err != nil {
			t.Fatal(err)
		}
		if got := len(p.Spec.Containers[0].Resources.Limits); got != want {
			t.Errorf("the container got %d limits, want %d", got, want)
		}
	}
	renew()
	admit(1)
	if err := client.CoreV1().LimitRanges("shop").Delete(t.Context(), "limits", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	admit(1) // this is why they are renewed
	renew()
	admit(0)
}
