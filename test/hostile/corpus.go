package hostile

import (
	"encoding/binary"
	"io/fs"

	"kptr/test/peers"
)

// An Object is an object of the corpus of test/peers.
type Object struct {
	Name  string // of the file
	Bytes []byte
}

// Objects gives the corpus in one byte order, by name.
func Objects(order binary.ByteOrder) ([]Object, error) {
	pattern := "*.bpfel.o"
	if order.Uint16([]byte{0, 1}) == 1 {
		pattern = "*.bpfeb.o"
	}
	names, err := fs.Glob(peers.Corpus(), pattern)
	if err != nil {
		return nil, err
	}
	objects := make([]Object, len(names))
	for i, name := range names {
		b, err := fs.ReadFile(peers.Corpus(), name)
		if err != nil {
			return nil, err
		}
		objects[i] = Object{name, b}
	}
	return objects, nil
}
