module kptr/test/hostile

go 1.26.0

replace (
	kptr => ../..
	kptr/test/peers => ../peers
)

require (
	kptr v0.0.0
	kptr/test/peers v0.0.0-00010101000000-000000000000
)

require (
	github.com/cilium/ebpf v0.22.0 // indirect
	golang.org/x/sys v0.49.0 // indirect
)
