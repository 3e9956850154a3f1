// Package wire is the messages between a broker and its clients, as docs/broker-protocol.md lists them: fixed structs in the host's
// byte order.
package wire

import "encoding/binary"

// Version is that of the protocol: KPTR_BROKER_VERSION.
const Version = 1

// Limits of a request.
const (
	MaxBody  = 1 << 16 // bytes after the head
	MaxCount = 64      // entries, and file descriptors
	MaxKptrs = 11      // user kptrs of a value: BTF_FIELDS_MAX of the kernel's linux/bpf.h
)

// An Op is what a request asks for.
type Op uint32

// The requests: KPTR_HELLO and so on.
const (
	Hello  Op = 1 // tells which map it is
	Memory Op = 2 // gives the broker a memfd
	Forget Op = 3 // takes it back
	Set    Op = 4 // sets elements
	Get    Op = 5 // reads one
	Delete Op = 6 // deletes elements
)

// A Request is the head of a message to the broker.
type Request struct {
	Op    Op
	Seq   uint32 // repeated by the reply
	Count uint32 // entries that follow
	Size  uint32 // of one, in bytes
}

// Sizes of the structs, in bytes.
const (
	RequestSize = 16
	HelloSize   = 8
	MemorySize  = 16
	SetHead     = 8 // before the value
	ReplySize   = 32
	MapSize     = 64 + 8*MaxKptrs
)

var order = binary.NativeEndian

func put(b []byte, words ...uint32) []byte {
	for _, w := range words {
		b = order.AppendUint32(b, w)
	}
	return b
}

func words(b []byte, to ...*uint32) {
	for i, w := range to {
		*w = order.Uint32(b[4*i:])
	}
}

// Append puts the head in front of its entries.
func (r *Request) Append(b []byte) []byte { return put(b, uint32(r.Op), r.Seq, r.Count, r.Size) }

// ParseRequest splits a message into its head and entries; false if their sizes do not add up.
func ParseRequest(b []byte) (r Request, body []byte, ok bool) {
	if len(b) < RequestSize {
		return r, nil, false
	}
	words(b, (*uint32)(&r.Op), &r.Seq, &r.Count, &r.Size)
	body = b[RequestSize:]
	return r, body, uint64(r.Count)*uint64(r.Size) == uint64(len(body)) && len(body) <= MaxBody && r.Count <= MaxCount
}

// AppendHello adds the entry of [Hello].
func AppendHello(b []byte) []byte { return put(b, Version, 0) }

// ParseHello reads it.
func ParseHello(b []byte) (version uint32, ok bool) {
	var zero uint32
	words(b, &version, &zero)
	return version, zero == 0
}

// AppendMemory adds the entry of [Memory], or of [Forget] with 0 pages.
func AppendMemory(b []byte, id, pages uint32) []byte { return put(b, id, pages, 0, 0) }

// ParseMemory reads it.
func ParseMemory(b []byte) (id, pages uint32, ok bool) {
	var zero, zero2 uint32
	words(b, &id, &pages, &zero, &zero2)
	return id, pages, id != 0 && zero|zero2 == 0
}

// AppendSet adds the entry of [Set].
func AppendSet(b []byte, flags uint32, value []byte) []byte {
	return append(put(b, flags, 0), value...)
}

// ParseSet reads it.
func ParseSet(b []byte) (flags uint32, value []byte, ok bool) {
	var zero uint32
	words(b, &flags, &zero)
	return flags, b[SetHead:], zero == 0
}

// Reference is what stands for a user kptr in a value: an offset, below 4 GiB, into a memory.
func Reference(id uint32, offset uint64) uint64 { return uint64(id)<<32 | offset }

// ParseReference takes it apart.
func ParseReference(ref uint64) (id uint32, offset uint64) {
	return uint32(ref >> 32), ref & 0xffffffff
}

// A Reply is the head of the broker's answer.
type Reply struct {
	Op     Op
	Seq    uint32
	Done   uint32 // entries
	Size   uint32 // bytes that follow
	Errno  uint32 // 0: done
	Reason Reason
	Limit  uint64 // of a quota that is exceeded
}

// Append puts the head in front of what follows.
func (r *Reply) Append(b []byte) []byte {
	return order.AppendUint64(put(b, uint32(r.Op), r.Seq, r.Done, r.Size, r.Errno, uint32(r.Reason)), r.Limit)
}

// ParseReply splits a message into its head and what follows; false if their sizes do not add up.
func ParseReply(b []byte) (r Reply, body []byte, ok bool) {
	if len(b) < ReplySize {
		return r, nil, false
	}
	words(b, (*uint32)(&r.Op), &r.Seq, &r.Done, &r.Size, &r.Errno, (*uint32)(&r.Reason))
	r.Limit = order.Uint64(b[24:])
	return r, b[ReplySize:], uint64(r.Size) == uint64(len(b)-ReplySize)
}
