package apiserver

import "syscall"

// bound makes a process end with the thread that started it, also when that is
// killed together with whoever could have ended it (prctl(2), PR_SET_PDEATHSIG).
func bound() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
