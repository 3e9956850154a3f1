package main

import (
	"encoding/binary"
	"errors"
	"os"

	"kptr/bpfobj"
)

// kernelFlags are facts about a kernel that is not the running one.
type kernelFlags struct {
	btf      string
	tag      string
	release  string
	pageSize int
}

func (f *kernelFlags) flags(fs *flags) {
	fs.value("btf", "FILE", "take the kernel's BTF, and its byte order, from a copy of /sys/kernel/btf/vmlinux", file(&f.btf))
	fs.value("tag", "TAG", "type tag that the kernel honours, uptr or kptr_user (default: uptr is assumed)", f.setTag)
	fs.value("release", "RELEASE", "release of the kernel, to be printed (default: this host's, unknown with -btf)", func(s string) error {
		f.release = s
		return nil
	})
	fs.value("page-size", "BYTES", "size of a page (default: this host's)", f.setPageSize)
}

func (f *kernelFlags) setTag(tag string) error {
	f.tag = tag
	if tag != bpfobj.TagUptr && tag != bpfobj.TagKptrUser {
		return errors.New("not uptr or kptr_user")
	}
	return nil
}

func (f *kernelFlags) setPageSize(s string) error {
	err := positive(&f.pageSize)(s)
	if err == nil && f.pageSize&(f.pageSize-1) != 0 {
		err = errors.New("not a power of two")
	}
	return err
}

// facts gives those of the running kernel where no flag says otherwise. With -btf
// the release is unknown unless given: it is another kernel's.
func (f *kernelFlags) facts() (*bpfobj.Kernel, error) {
	k, err := f.base()
	if err != nil {
		return nil, err
	}
	k.Tag = f.tag
	if f.release != "" {
		k.Release = f.release
	}
	if f.pageSize != 0 {
		k.PageSize = f.pageSize
	}
	return k, nil
}

func (f *kernelFlags) base() (*bpfobj.Kernel, error) {
	if f.btf == "" {
		return bpfobj.Running()
	}
	b, err := readFile(f.btf)
	if err != nil {
		return nil, err
	}
	order, err := btfOrder(b)
	if err != nil {
		return nil, fileError(f.btf, err)
	}
	return &bpfobj.Kernel{ByteOrder: order, PageSize: os.Getpagesize(), BTF: b}, nil
}

// btfMagic is the first half-word of BTF: BTF_MAGIC of linux/btf.h.
const btfMagic = 0xeb9f

// btfOrder tells the byte order by the magic number alone: the scan for names
// checks what it meets.
func btfOrder(b []byte) (binary.ByteOrder, error) {
	if len(b) >= 2 {
		switch {
		case binary.LittleEndian.Uint16(b) == btfMagic:
			return binary.LittleEndian, nil
		case binary.BigEndian.Uint16(b) == btfMagic:
			return binary.BigEndian, nil
		}
	}
	return nil, errors.New("offset 0x0: not BTF: the magic number 0xeb9f is missing")
}

func byteOrder(order binary.ByteOrder) string {
	if order == binary.ByteOrder(binary.LittleEndian) {
		return "little-endian"
	}
	return "big-endian"
}
