//go:build !linux

package apiserver

import "syscall"

// bound is for what only Linux can: elsewhere a process outlives this one when
// this one is killed together with its parent.
func bound() *syscall.SysProcAttr { return nil }
