package measure

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"
)

func histogram(microseconds ...int) Histogram {
	h := make(Histogram)
	for _, us := range microseconds {
		h.Add(time.Duration(us) * time.Microsecond)
	}
	return h
}

// TestQuantile has the worked examples of the nearest-rank method in Wikipedia's "Percentile", in microseconds.
func TestQuantile(t *testing.T) {
	five := histogram(50, 40, 35, 20, 15)
	ten := histogram(3, 6, 7, 8, 8, 10, 13, 15, 16, 20)
	for _, row := range []struct {
		name string
		h    Histogram
		q    float64
		want time.Duration
	}{
		{"5th of five", five, .05, 15},
		{"30th of five", five, .30, 20},
		{"40th of five", five, .40, 20},
		{"50th of five", five, .50, 35},
		{"100th of five", five, 1, 50},
		{"25th of ten", ten, .25, 7},
		{"50th of ten", ten, .50, 8},
		{"75th of ten", ten, .75, 15},
		{"100th of ten", ten, 1, 20},
		{"of none", Histogram{}, .5, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := row.h.Quantile(row.q); got != row.want*time.Microsecond {
				t.Errorf("got %v, want %v", got, row.want*time.Microsecond)
			}
		})
	}
}

func TestAddRoundsDown(t *testing.T) {
	h := make(Histogram)
	h.Add(199 * time.Nanosecond)
	if got := h.Quantile(1); got != 100*time.Nanosecond {
		t.Errorf("got %v", got)
	}
}

func TestMerge(t *testing.T) {
	h := histogram(1, 2, 2)
	h.Merge(histogram(2, 3))
	if want := histogram(1, 2, 2, 2, 3); !reflect.DeepEqual(h, want) || h.Total() != 5 {
		t.Errorf("got %v of %d, want %v", h, h.Total(), want)
	}
}

func TestPoints(t *testing.T) {
	want := []Point{{1 * time.Microsecond, 1}, {2 * time.Microsecond, 4}, {10 * time.Microsecond, 5}}
	if got := histogram(10, 2, 1, 2, 2).Points(); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestHistogramJSON(t *testing.T) {
	b, err := json.Marshal(histogram(1, 2, 2))
	if err != nil || string(b) != "[[10,1],[20,2]]" {
		t.Fatalf("got %s, %v", b, err)
	}
	var h Histogram
	if err := json.Unmarshal(b, &h); err != nil || !reflect.DeepEqual(h, histogram(1, 2, 2)) {
		t.Errorf("got %v, %v", h, err)
	}
}
