module kptr/test/vm

go 1.26.0

require (
	github.com/cavaliergopher/cpio v1.0.1
	kptr v0.0.0
)

require golang.org/x/sys v0.49.0 // indirect

replace kptr => ../..
