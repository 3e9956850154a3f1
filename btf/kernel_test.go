package btf

import (
	"bytes"
	"testing"
)

func TestKernelBTFEncodesToItself(t *testing.T) {
	b := kernelBTF(t)
	s := mustDecode(t, b)
	got, err := s.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, b) {
		t.Error("decoded and encoded BTF of the kernel differs")
	}
}
