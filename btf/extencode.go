package btf

import (
	"encoding/binary"
	"math"
)

// Encode returns the section, in a byte order that has to be that of the Spec it belongs to. Names of sections are
// offsets in the string table: only sections that [DecodeExt] made have one, and others are refused with [ErrMalformed]. [ErrTooLarge] for a part of
// 4 GiB or more. The error is an [*Error].
func (e *Ext) Encode(order binary.ByteOrder) ([]byte, error) {
	hdrLen := max(e.hdrLen, extHeaderMin)
	if len(e.Relos) > 0 {
		hdrLen = max(hdrLen, extHeaderLen)
	}
	funcs, lines, relos := secsLen(e.Funcs, funcInfoLen), secsLen(e.Lines, lineInfoLen), secsLen(e.Relos, coreReloLen)
	if total := funcs + lines + relos; total > math.MaxUint32 {
		return nil, blobError(sectionExt, NoOffset, ErrTooLarge, "0x%x bytes of records", total)
	}
	w := writer{b: make([]byte, 0, uint64(hdrLen)+funcs+lines+relos), big: isBig(order)}
	w.preamble(hdrLen)
	w.u32(0)
	w.u32(uint32(funcs))
	w.u32(uint32(funcs))
	w.u32(uint32(lines))
	if hdrLen >= extHeaderLen {
		w.u32(uint32(funcs + lines))
		w.u32(uint32(relos))
	}
	w.pad(hdrLen)
	err := encodeSecs(&w, e.Funcs, funcInfoLen, appendFuncInfo)
	if err == nil {
		err = encodeSecs(&w, e.Lines, lineInfoLen, appendLineInfo)
	}
	if err == nil {
		err = encodeSecs(&w, e.Relos, coreReloLen, appendCORERelo)
	}
	if err != nil {
		return nil, err
	}
	return w.b, nil
}

// secsLen is the size in bytes of a part; one without sections is left out whole.
func secsLen[R any](secs []ExtSec[R], recLen uint64) uint64 {
	if len(secs) == 0 {
		return 0
	}
	n := uint64(4)
	for i := range secs {
		n += extSecLen + recLen*uint64(len(secs[i].Records))
	}
	return n
}

func encodeSecs[R any](w *writer, secs []ExtSec[R], recLen uint32, record func([]byte, bool, *R) []byte) error {
	if len(secs) == 0 {
		return nil
	}
	w.u32(recLen)
	for i := range secs {
		sec := &secs[i]
		switch {
		case sec.nameOff == 0:
			return blobError(sectionExt, len(w.b), ErrMalformed, "section %d %q: name is not in the string table", i, sec.Name)
		case len(sec.Records) == 0:
			return blobError(sectionExt, len(w.b), ErrMalformed, "section %d %q: no records", i, sec.Name)
		}
		w.u32(sec.nameOff)
		w.u32(uint32(len(sec.Records)))
		for j := range sec.Records {
			w.b = record(w.b, w.big, &sec.Records[j])
		}
	}
	return nil
}
