module kptr/test/peers

go 1.26.0

require (
	github.com/cilium/ebpf v0.22.0
	kptr v0.0.0
)

require golang.org/x/sys v0.49.0

replace kptr => ../..
