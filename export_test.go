package kptr

// TypedForTest gives a *T for any bytes, misaligned ones too.
func TypedForTest[T any](b []byte) *T { return typed[T](b) }

// AddrForTest gives the address of *p.
func AddrForTest[T any](p *T) uintptr { return addrOf(bytesOf(p)) }
