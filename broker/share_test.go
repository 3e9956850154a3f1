package broker_test

import (
	"testing"

	"kptr"
)

func TestShare(t *testing.T) {
	s := serve(t, nil)
	m := dial(t, s)
	lockThread(t)
	mine, err := m.Share(kptr.ThisThread())
	must(t, err)
	if !adds(mine.Value().Udata) {
		t.Error("BPF did not add")
	}
	if !hasElement(t, s, kptr.Gettid()) {
		t.Error("no element")
	}
	must(t, mine.Close())
	if hasElement(t, s, kptr.Gettid()) {
		t.Error("an element is left")
	}
}
