package sys

// WireLen gives the length in bytes that is passed to bpf(2) with a.
func WireLen(a Attr) int {
	_, n := a.raw()
	return int(n)
}

// ProgLoadTries is the bound of the retries.
const ProgLoadTries = progLoadTries
