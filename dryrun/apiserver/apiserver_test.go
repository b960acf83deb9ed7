package apiserver

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/penstock-dev/penstock/internal/child"
)

func TestMain(m *testing.M) {
	if child.Role() == Role {
		os.Exit(Main(context.Background(), os.Stdin, os.Stdout))
	}
	os.Exit(m.Run())
}

func TestStart(t *testing.T) {
	t0 := time.Now()
	s, err := Start(t.Context(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Ready(t.Context())
	fmt.Println(time.Since(t0), err)
	b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.Pid()))
	fmt.Println(string(b))
	fmt.Println(s.Log())
	t0 = time.Now()
	fmt.Println(s.Close(), time.Since(t0))
	fmt.Println(s.Log(), Version())
}
