package measure

import (
	"encoding/json"
	"maps"
	"math"
	"slices"
	"time"
)

// Resolution is what latencies are rounded down to. The repeatable form of the experiment repeats to a microsecond.
const Resolution = 100 * time.Nanosecond

// A Histogram counts latencies, in units of Resolution.
type Histogram map[uint64]uint64

// Add counts one latency.
func (h Histogram) Add(d time.Duration) { h[uint64(d/Resolution)]++ }

// Merge counts those of another histogram too.
func (h Histogram) Merge(other Histogram) {
	for value, n := range other {
		h[value] += n
	}
}

// Total is how many latencies were counted.
func (h Histogram) Total() uint64 {
	var n uint64
	for _, c := range h {
		n += c
	}
	return n
}

// Quantile is the least latency such that at least a share q, above 0 and up to 1, of all is not longer: the nearest-rank
// method, which gives a latency that was measured. It is 0 if there is none.
func (h Histogram) Quantile(q float64) time.Duration {
	rank := uint64(math.Ceil(q * float64(h.Total())))
	for _, p := range h.Points() {
		if p.Rank >= rank {
			return p.Latency
		}
	}
	return 0
}

// A Point says how many latencies are not longer than one that was measured.
type Point struct {
	Latency time.Duration
	Rank    uint64
}

// Points are those of each latency that was measured, in ascending order.
func (h Histogram) Points() []Point {
	points := make([]Point, 0, len(h))
	var rank uint64
	for _, value := range slices.Sorted(maps.Keys(h)) {
		rank += h[value]
		points = append(points, Point{time.Duration(value) * Resolution, rank})
	}
	return points
}

// MarshalJSON writes pairs of value and count: an object's keys would be text.
func (h Histogram) MarshalJSON() ([]byte, error) {
	pairs := make([][2]uint64, 0, len(h))
	for _, value := range slices.Sorted(maps.Keys(h)) {
		pairs = append(pairs, [2]uint64{value, h[value]})
	}
	return json.Marshal(pairs)
}

// UnmarshalJSON reads what MarshalJSON writes.
func (h *Histogram) UnmarshalJSON(b []byte) error {
	var pairs [][2]uint64
	if err := json.Unmarshal(b, &pairs); err != nil {
		return err
	}
	*h = make(Histogram)
	for _, p := range pairs {
		(*h)[p[0]] += p[1]
	}
	return nil
}
