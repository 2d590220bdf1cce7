package main

import (
	"os"
	"syscall"
)

// peak is the most resident memory that a finished process had, in bytes.
func peak(p *os.ProcessState) int64 {
	if ru, ok := p.SysUsage().(*syscall.Rusage); ok {
		return ru.Maxrss * 1024 // Linux counts KiB
	}
	return 0
}
