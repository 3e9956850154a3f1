package main

import (
	"strings"

	"kptr/test/vm/kernel"
)

// noSecondCPU is how tests skip for want of one: see boot.
const noSecondCPU = "fewer than 2 CPUs"

// cell is a kernel of the matrix: the newest of a series in a part of Debian's archive.
type cell struct {
	arch    string   // Go's name
	suites  []string // of the archive
	series  string   // the version's beginning, "" for whatever is newest
	flavour string   // of the package
	ci      bool     // whether every change has to pass it
	lacks   []string // what QEMU's processor lacks, as tests that skip say it
}

var (
	bookworm  = []string{"bookworm", "bookworm-updates", "bookworm-security", "bookworm-backports"}
	backports = []string{"trixie-backports"}
	sid       = []string{"sid"}
)

var matrix = []cell{
	{arch: "amd64", suites: bookworm, series: "6.1", flavour: "cloud-amd64"},
	{arch: "amd64", suites: bookworm, series: "6.12", flavour: "cloud-amd64"},
	{arch: "amd64", suites: backports, series: "6", flavour: "cloud-amd64"},
	{arch: "amd64", suites: backports, series: "7", flavour: "cloud-amd64", ci: true},
	{arch: "amd64", suites: sid, flavour: "cloud-amd64"},
	{arch: "arm64", suites: backports, series: "7", flavour: "cloud-arm64"},
	{arch: "arm64", suites: backports, series: "7", flavour: "arm64-16k"},
	{arch: "s390x", suites: sid, flavour: "s390x", lacks: []string{"huge pages", "hugetlb"}}, // EDAT
}

// String names the cell as long as its kernel's version is not known.
func (c cell) String() string {
	series := c.series
	if series == "" {
		series = "newest"
	}
	return strings.Join([]string{series, c.flavour, c.suites[0]}, " ")
}

// selection is which cells to run; the zero value is all of them.
type selection struct {
	kernel string // the beginning of a version
	arch   string
	ci     bool
}

// takes tells whether a cell is selected, whose kernel has the version, "" if it is in no archive.
func (s selection) takes(c cell, version string) bool {
	if version == "" {
		version = c.series
	}
	return (s.arch == "" || s.arch == c.arch) && (!s.ci || c.ci) && (s.kernel == "" || kernel.IsPrefix(s.kernel, version))
}
