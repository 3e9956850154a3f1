package bpfobj

import (
	"encoding/binary"
	"math"
	"reflect"
)

// scalarBits gives the bits of a Go scalar, sign-extended to 64.
func scalarBits(v reflect.Value) uint64 {
	switch {
	case v.CanInt():
		return uint64(v.Int())
	case v.CanUint():
		return v.Uint()
	case v.Kind() == reflect.Float32:
		return uint64(math.Float32bits(float32(v.Float())))
	case v.CanFloat():
		return math.Float64bits(v.Float())
	case v.Kind() == reflect.Bool && v.Bool():
		return 1
	}
	return 0
}

func setScalar(v reflect.Value, bits uint64) {
	switch {
	case v.CanInt():
		shift := 64 - 8*v.Type().Size()
		v.SetInt(int64(bits) << shift >> shift)
	case v.CanUint():
		v.SetUint(bits)
	case v.Kind() == reflect.Float32:
		v.SetFloat(float64(math.Float32frombits(uint32(bits))))
	case v.CanFloat():
		v.SetFloat(math.Float64frombits(bits))
	case v.Kind() == reflect.Bool:
		v.SetBool(bits != 0)
	}
}

// putUint stores the low len(b) bytes of x; len(b) is 1, 2, 4 or 8.
func putUint(order binary.ByteOrder, b []byte, x uint64) {
	switch len(b) {
	case 1:
		b[0] = byte(x)
	case 2:
		order.PutUint16(b, uint16(x))
	case 4:
		order.PutUint32(b, uint32(x))
	case 8:
		order.PutUint64(b, x)
	}
}

func getUint(order binary.ByteOrder, b []byte) uint64 {
	switch len(b) {
	case 1:
		return uint64(b[0])
	case 2:
		return uint64(order.Uint16(b))
	case 4:
		return uint64(order.Uint32(b))
	case 8:
		return order.Uint64(b)
	}
	return 0
}
