package redact_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/penstock-dev/penstock/internal/redact"
)

// The time for a byte stays the same, however long the text is and however many
// secrets there are.
func BenchmarkReplace(b *testing.B) {
	for _, secrets := range []int{10, 1000} {
		values := map[string]any{}
		for i := range secrets {
			values[fmt.Sprintf("k%d", i)] = fmt.Sprintf("hunter-%d-hunter", i)
		}
		o := secret(b, map[string]any{"stringData": values})
		r := redact.New(6, o)
		for _, size := range []int{10_000, 100_000, 1_000_000} {
			text := strings.Repeat("image: registry.example.com/shop/web:1.4 hunter-7-hunter\n", size/57)
			b.Run(fmt.Sprintf("%d secrets, %d bytes", secrets, size), func(b *testing.B) {
				b.SetBytes(int64(len(text)))
				for b.Loop() {
					r.Replace(text)
				}
			})
		}
	}
}

func BenchmarkCredentials(b *testing.B) {
	for _, size := range []int{10_000, 100_000, 1_000_000} {
		text := strings.Repeat("see https://me:s3cret@example.com/x?token=a and Bearer abcdef\n", size/62)
		b.Run(fmt.Sprintf("%d bytes", size), func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				redact.Credentials(text)
			}
		})
	}
}
