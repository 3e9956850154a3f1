package kptr

import "kptr/sys"

// CacheLineForTest is the least that a block takes, in bytes.
func CacheLineForTest() int { return int(cacheLine()) }

// TypedForTest gives a *T for any bytes, misaligned ones too.
func TypedForTest[T any](b []byte) *T { return typed[T](b) }

// AddrForTest gives the address of *p.
func AddrForTest[T any](p *T) uintptr { return addrOf(bytesOf(p)) }

// NumberForTest gives the pidfd that a share keeps open.
func (s *Shared[V]) NumberForTest() int { return int(s.key.number) }

const CheckIntervalForTest = checkInterval

// UnpinnedForTest is the wait of a fence.
func (m *Map[V]) UnpinnedForTest(fd *sys.FD) bool { return m.arena.unpinned(fd) }
