package child

import (
	"os/exec"
	"testing"
)

// TestEndGroup: where the leader cannot be waited for, as in a sandbox or because
// somebody has done it, that is told, so that its group is killed later.
func TestEndGroup(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), "true")
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	if endGroup(cmd.Process.Pid) {
		t.Error("a process that was waited for has been waited for again")
	}
}
