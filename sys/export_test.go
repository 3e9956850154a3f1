package sys

// WireLen gives the length in bytes that is passed to bpf(2) with a.
func WireLen(a Attr) int {
	_, n := a.raw()
	return int(n)
}

// RoomLen gives the length in bytes that the kernel may write for an info.
func RoomLen(i Info) int {
	_, n := i.room()
	return int(n)
}

// ProgLoadTries is the bound of the retries.
const ProgLoadTries = progLoadTries
