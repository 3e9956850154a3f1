package main

import (
	"encoding/binary"
	"strings"
	"syscall"
	"testing"

	"kptr"
	"kptr/internal/kerneltest"
)

// TestTop: threads and processes, in the order of their ids, for people.
func TestTop(t *testing.T) {
	kerneltest.NoLeaks(t)
	dir := hintPins(t)
	startWorker(t, []string{"hint", "-pin", dir, "-latency", "-weight", "50"}, "wait")
	list := topUntil(t, dir, 1)
	r := demoRun("top", "-once", "-pin", dir)
	r.wantDone(t)
	lines := strings.Split(r.stdout, "\n")
	if len(lines) != 3 || lines[2] != "" {
		t.Fatalf("standard output:\n%s", r.stdout)
	}
	head, row := strings.Fields(lines[0]), strings.Fields(lines[1])
	want := map[string]string{
		"THREAD": itoa(int(list[0].Thread)), "PROCESS": itoa(int(list[0].Thread)), "LEVEL": "process", "BACKGROUND": "-", "CRITICAL": "-",
		"LATENCY": "yes", "WEIGHT": "50", "YIELD": "-", "MARKING": "-", "COMMAND": list[0].Command,
	}
	if len(head) != len(want) || len(row) != len(want) {
		t.Fatalf("standard output:\n%s", r.stdout)
	}
	for i, name := range head {
		if row[i] != want[name] {
			t.Errorf("%s is %q, want %q", name, row[i], want[name])
		}
	}
}

// TestTopLive: a frame at once, another after SIGINT, which ends it.
func TestTopLive(t *testing.T) {
	kerneltest.NoLeaks(t)
	dir := hintPins(t)
	d := startDemo(t, "top", "-pin", dir)
	if frame := d.until(t, eraseBelow); !strings.HasPrefix(frame, home+"THREAD ") || !strings.HasSuffix(frame, eraseLine+eraseBelow) {
		t.Errorf("frame %q", frame)
	}
	r := d.end(t, syscall.SIGINT)
	r.wantDone(t)
	if !strings.HasPrefix(r.stdout, home) {
		t.Errorf("last frame %q", r.stdout)
	}
}

func TestTopErrors(t *testing.T) {
	dir := hintPins(t)
	t.Run("nobody", func(t *testing.T) {
		kerneltest.NeedRoot(t)
		demoProcess(t, &nobody, "top", "-once", "-pin", dir).wantError(t, exitNotPermitted, "CAP_BPF")
	})
	demoRun("top", "-once", "-pin", dir+"/x").wantError(t, exitFailed, dir+"/x/kptr_hint", "no scheduler has pinned it")
}

// TestDecodeHint: what a scheduler is told to ignore of a block is ignored (kptr_hint.h): all of one that is not filled in,
// and what lies beyond its size.
func TestDecodeHint(t *testing.T) {
	for _, tt := range []struct {
		name          string
		version, size uint16
		want          hintWords
	}{
		{"whole", 1, 64, hintWords{Background: 1, Critical: 2, Latency: 3, Weight: 4, Yield: 5, Keep: 6}},
		{"of a later version, larger", 9, 128, hintWords{Background: 1, Critical: 2, Latency: 3, Weight: 4, Yield: 5, Keep: 6}},
		{"up to weight", 1, 20, hintWords{Background: 1, Critical: 2, Latency: 3, Weight: 4}},
		{"half of weight", 1, 18, hintWords{Background: 1, Critical: 2, Latency: 3}},
		{"no field", 1, 4, hintWords{}},
		{"no size", 1, 0, hintWords{}},
		{"not filled in", 0, 64, hintWords{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := binary.NativeEndian.AppendUint16(nil, tt.version)
			b = binary.NativeEndian.AppendUint16(b, tt.size)
			for word := range uint32(15) {
				b = binary.NativeEndian.AppendUint32(b, word+1)
			}
			tt.want.Version, tt.want.Size = tt.version, tt.size
			if got := decodeHint(b); *got != tt.want {
				t.Errorf("%+v, want %+v", *got, tt.want)
			}
		})
	}
}

func TestDecodeRegisteredCut(t *testing.T) {
	record := make([]byte, registeredSize+kptr.HintSize)
	binary.NativeEndian.PutUint32(record[24:], hasHint)
	for _, n := range []int{1, registeredSize - 1, registeredSize, len(record) - 1} {
		if _, err := decodeRegistered(record[:n]); err != errCut {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
	if list, err := decodeRegistered(append(record, record...)); err != nil || len(list) != 2 {
		t.Errorf("two records: %v, %v", list, err)
	}
}

// A thread may have any bytes in its name, which are not for the terminal.
func TestPrintable(t *testing.T) {
	for in, want := range map[string]string{"sleep\x00x": "sleep", "\x1b[2Jx\n": "?[2Jx?", "caf\xc3\xa9 1": "café 1", "\xff": "\ufffd"} {
		if got := printable([]byte(in)); got != want {
			t.Errorf("printable(%q) = %q, want %q", in, got, want)
		}
	}
}
