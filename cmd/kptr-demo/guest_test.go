//go:build guest

package main

import "kptr/bpfobj"

func init() { files["../../bpfobj"] = bpfobj.TestFiles }
