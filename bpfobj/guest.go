//go:build guest

package bpfobj

import "embed"

// TestFiles are the objects that kptr-demo's tests read, for a test program that runs where there are no other files. A
// test can embed no file that lies above it.
//
//go:embed prebuilt/*.o testdata/*.o
var TestFiles embed.FS
