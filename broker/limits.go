package broker

import (
	"syscall"
	"time"

	"kptr/broker/wire"
)

// A Quota bounds what one process, or all processes of one uid together, may have at a time.
type Quota struct {
	Connections int
	Threads     int // with an element
	Pages       int // of memory that the broker maps, of the system's page size; what is pinned Threads bounds (docs/threat-model.md)
	Memories    int // memfds that it maps
	Rate        int // entries of requests a second, and connections
}

// Limits are the quotas of a process and of a uid.
type Limits struct{ Process, UID Quota }

// DefaultLimits is what a Broker has unless it is told otherwise: a uid may be 1,000 processes of ten threads.
func DefaultLimits() Limits {
	return Limits{
		Process: Quota{Connections: 8, Threads: 4096, Pages: 2048, Memories: 128, Rate: 10000},
		UID:     Quota{Connections: 2048, Threads: 32768, Pages: 32768, Memories: 8192, Rate: 50000},
	}
}

// resource tells the counted quotas apart, in the order of their reasons.
type resource int

const (
	connections resource = iota
	threads
	pages
	memories
	resources
)

// An account is what a process or a uid has.
type account struct {
	limits [resources]int
	used   [resources]int
	bucket bucket
	uid    bool
}

func newAccount(q Quota, uid bool) account {
	a := account{limits: [...]int{q.Connections, q.Threads, q.Pages, q.Memories}, uid: uid}
	a.bucket = bucket{rate: q.Rate, tokens: float64(q.Rate), last: clock()}
	return a
}

// over is the refusal of a quota.
func (a *account) over(reason wire.Reason, errno syscall.Errno, limit int) *wire.Error {
	if a.uid {
		reason += wire.OfUID
	}
	return &wire.Error{Reason: reason, Errno: errno, Limit: uint64(limit)}
}

// take counts n of a resource, with all accounts or with none.
func take(r resource, n int, accounts ...*account) *wire.Error {
	for _, a := range accounts {
		if n > a.limits[r]-a.used[r] {
			return a.over(wire.Connections+wire.Reason(r), syscall.EDQUOT, a.limits[r])
		}
	}
	for _, a := range accounts {
		a.used[r] += n
	}
	return nil
}

// give takes it back.
func give(r resource, n int, accounts ...*account) {
	for _, a := range accounts {
		a.used[r] -= n
	}
}

// spend takes n entries off the rate of each account; a refused request costs as much as another one.
func spend(n int, now time.Duration, accounts ...*account) (refused *wire.Error) {
	for _, a := range accounts {
		if !a.bucket.spend(n, now) && refused == nil {
			refused = a.over(wire.Rate, syscall.EAGAIN, a.bucket.rate)
		}
	}
	return refused
}

var began = time.Now()

// clock is the time since the program started. Were it a time.Time, what prints one would be linked.
func clock() time.Duration { return time.Since(began) }

// A bucket is filled at a rate, up to what comes in a second.
type bucket struct {
	rate   int
	tokens float64
	last   time.Duration
}

func (b *bucket) spend(n int, now time.Duration) bool {
	b.fill(now)
	if b.tokens < float64(n) {
		return false
	}
	b.tokens -= float64(n)
	return true
}

func (b *bucket) fill(now time.Duration) {
	b.tokens = min(float64(b.rate), b.tokens+(now-b.last).Seconds()*float64(b.rate))
	b.last = now
}

func (b *bucket) full() bool { return b.tokens >= float64(b.rate) }
