module kptr/test/bench

go 1.26.0

require (
	golang.org/x/sys v0.49.0
	kptr v0.0.0
)

replace kptr => ../..
