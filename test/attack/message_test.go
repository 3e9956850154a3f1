//go:build !race

package attack

import (
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"strings"
	"syscall"
	"testing"
	"time"

	"kptr/broker"
	"kptr/broker/wire"
	"kptr/internal/kerneltest"
	"kptr/sys"
)

// message is the words of a request in hexadecimal.
func message(op wire.Op, seq, count, size uint32, words ...uint32) string {
	head := wire.Request{Op: op, Seq: seq, Count: count, Size: size}
	b := head.Append(nil)
	for _, w := range words {
		b = binary.NativeEndian.AppendUint32(b, w)
	}
	return hex.EncodeToString(b)
}

// TestMessages: half messages, garbage and too many file descriptors are refused, the connection ends, and nobody else notices.
func TestMessages(t *testing.T) {
	w := brokered(t)
	v := w.shares(t, victim)
	hello := message(wire.Hello, 1, 1, wire.HelloSize, wire.Version, 0)
	set := message(wire.Set, 1, 1, wire.SetHead+8, 0, 0, 0, 0)
	for _, row := range []struct {
		name    string
		message string
		fds     int
		greeted bool
		reason  any
	}{
		{"a byte", "01", 0, true, wire.Protocol},
		{"half a head", hello[:16], 0, true, wire.Protocol},
		{"a head alone", hello[:32], 0, true, wire.Protocol},
		{"half a body", hello[:40], 0, true, wire.Protocol},
		{"a body and a half", hello + "00000000", 0, true, wire.Protocol},
		{"garbage", strings.Repeat("a5", 1000), 0, true, wire.Protocol},
		{"zeroes", strings.Repeat("00", 64), 0, true, wire.Protocol},
		{"an unknown operation", message(99, 1, 1, 8, 0, 0), 0, true, wire.Protocol},
		{"sizes that overflow", message(wire.Set, 1, 1<<31, 1<<31), 0, true, wire.Protocol},
		{"65 entries", message(wire.Delete, 1, 65, 0), 65, true, wire.Protocol},
		{"the longest message", strings.Repeat("00", 150_000), 0, true, "EOF"},
		{"253 file descriptors", set, 253, true, wire.Protocol},
		{"253 file descriptors and garbage", "01", 253, true, wire.Protocol},
		{"a file descriptor with a hello", hello, 1, false, wire.Protocol},
		{"no file descriptor", set, 0, true, wire.Protocol},
		{"hello twice", hello, 0, true, wire.Protocol},
		{"before hello", message(wire.Get, 1, 1, 0), 1, false, wire.Protocol},
		{"another version", message(wire.Hello, 1, 1, wire.HelloSize, 2, 0), 0, false, wire.BadVersion},
	} {
		t.Run(row.name, func(t *testing.T) {
			a := w.actor(t, nobody)
			fd := a.do("pidfd", a.pid, 0).ok()
			c := int64(0)
			if !row.greeted {
				c = a.do("connectonly").ok()
			}
			a.do("raw", row.message, row.fds, fd, c).refused(row.reason)
			a.do("receive", c).refused("EOF")
			v.uses(0, 0, true)
		})
	}
}

// TestSilence: who says nothing is hung up on, and holds nobody up until then.
func TestSilence(t *testing.T) {
	w := brokered(t)
	a := w.actor(t, nobody)
	c := a.do("connectonly").ok()
	w.shares(t, victim)
	start := time.Now()
	a.do("receive", c).refused("EOF")
	t.Logf("hung up on after %v", time.Since(start).Round(100*time.Millisecond))
	a.do("set", a.pid).ok() // its other connection is none the worse
}

// TestUnread: who does not read replies is hung up on.
func TestUnread(t *testing.T) {
	w := brokered(t)
	v, a := w.shares(t, victim), w.actor(t, nobody)
	a.do("flood", 20000).refused("sendmsg")
	v.uses(0, 0, true)
}

// TestReplay: a message that was good once.
func TestReplay(t *testing.T) {
	w := brokered(t)
	v, a := w.shares(t, victim), w.shares(t, nobody)
	set := message(wire.Set, 7, 1, wire.SetHead+8, uint32(sys.BPF_ANY), 0) + hex.EncodeToString(le(wire.Reference(1, 0)))
	mine, other := a.do("pidfd", a.pid, 0).ok(), a.do("pidfd", v.pid, 0).ok()
	for range 3 {
		a.do("raw", set, 1, mine).ok() // as good as once
	}
	a.uses(0, 0, true)
	a.do("raw", set, 1, other).refused(wire.Foreign)
	c := a.do("connect").ok()
	a.do("raw", set, 1, mine, c).refused(wire.Taken) // by its other connection
	a.do("delete", a.pid).ok()
	a.do("raw", set, 1, mine, c).refused(wire.BadRef) // memories are a connection's own
	a.do("forget", 1).ok()
	a.do("raw", set, 1, mine).refused(wire.BadRef)
	a.uses(0, 0, false)
	v.uses(0, 0, true)
}

// TestExhaust: each quota ends with a refusal that names it, and others are served.
func TestExhaust(t *testing.T) {
	const rate = 1_000_000
	own := broker.Quota{Connections: 3, Threads: 3, Pages: 2 * pages, Memories: 2, Rate: rate}
	all := broker.Quota{Connections: 5, Threads: 5, Pages: 4 * pages, Memories: 4, Rate: rate}
	limits, err := json.Marshal(broker.Limits{Process: own, UID: all})
	must(t, err)
	w := brokered(t, limitsEnv+"="+string(limits))
	a := w.actor(t, nobody)
	for _, row := range []struct {
		what     string
		one, uid wire.Reason
		take     func(p *process) outcome
	}{
		{"connections", wire.Connections, wire.Connections + wire.OfUID, func(p *process) outcome { return p.do("connect") }},
		{"threads", wire.Threads, wire.Threads + wire.OfUID, func(p *process) outcome { return p.do("set", p.do("thread").ok()) }},
		{"memories", wire.Memories, wire.Memories + wire.OfUID, func(p *process) outcome { return p.anotherMemory(1) }},
	} {
		t.Run(row.what, func(t *testing.T) {
			a := w.actor(t, nobody)
			a.takeAll(row.take).refused(row.one)
			b := w.actor(t, nobody)
			b.takeAll(row.take).refused(row.uid)
			w.shares(t, victim).end()
			a.end()
			b.end()
		})
	}
	t.Run("pages", func(t *testing.T) {
		a.anotherMemory(pages + 1).refused(wire.Pages)
		a.anotherMemory(pages).ok()
		w.shares(t, victim).end()
	})
}

// anotherMemory gives the broker one more memory.
func (p *process) anotherMemory(n int) outcome {
	p.t.Helper()
	fd := p.do("memfd", sealable, n, sys.F_SEAL_SHRINK).ok()
	p.memories++
	return p.do("memory", fd, p.memories+1, n)
}

// takeAll takes until it is refused.
func (p *process) takeAll(take func(*process) outcome) outcome {
	p.t.Helper()
	for range 100 {
		if o := take(p); o.Err != "" {
			return o
		}
	}
	p.t.Fatal("100 of them, and no end")
	return outcome{}
}

// TestPunchedPages: an element keeps the page that was there when it was set. A client that replaces the page for each thread has as many
// pinned as it may have elements, and not just those of its memory; through a pin there is no bound but that on threads.
func TestPunchedPages(t *testing.T) {
	both(t, func(t *testing.T, w *way) {
		const allowed = 8
		if w.kind == "broker" {
			w.broker.end()
			q := broker.DefaultLimits()
			q.Process.Threads = allowed
			limits, err := json.Marshal(q)
			must(t, err)
			w = brokered(t, limitsEnv+"="+string(limits))
		}
		a := w.actor(t, nobody)
		before, err := kerneltest.PinnedPages()
		must(t, err)
		fd := a.do("ownmemfd").ok()
		set := 0
		for range 4 * allowed {
			a.do("punch", fd).ok()
			o := a.do("set", a.do("thread").ok())
			if o.Err != "" {
				o.refused(wire.Threads)
				break
			}
			set++
		}
		if want := map[string]int{"pin": 4 * allowed, "broker": allowed}[w.kind]; set != want {
			t.Errorf("%d threads were given elements, want %d", set, want)
		}
		after, err := kerneltest.PinnedPages()
		must(t, err)
		if got := int(after - before); got != set {
			t.Errorf("%d pages are pinned, want %d", got, set)
		}
	})
}

// TestSocketMode: who may not write to the socket is not let in by the kernel.
func TestSocketMode(t *testing.T) {
	w := brokered(t, modeEnv+"=0600")
	a := actor(t, syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}})
	a.do("open", w.kind, w.path).refused(syscall.EACCES)
	w.shares(t, 0)
}

// TestRate: a client that asks for too much in a second is refused, and served again in the next.
func TestRate(t *testing.T) {
	q := broker.DefaultLimits()
	q.Process.Rate = 20 // an emulated processor asks some 90 times a second
	limits, err := json.Marshal(q)
	must(t, err)
	w := brokered(t, limitsEnv+"="+string(limits))
	a := w.actor(t, nobody)
	a.takeAll(func(p *process) outcome {
		for range 9 {
			p.do("set", p.pid)
		}
		return p.do("set", p.pid)
	}).refused(wire.Rate)
	w.shares(t, victim)
	kerneltest.Eventually(t, "it to be served again", func() bool { return a.do("set", a.pid).Err == "" })
}
