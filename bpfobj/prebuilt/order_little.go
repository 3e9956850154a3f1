//go:build amd64 || arm64 || loong64 || mips64le || ppc64le || riscv64

package prebuilt

import _ "embed"

//go:embed task_local.bpfel.o
var taskLocal []byte

//go:embed every_task.bpfel.o
var everyTask []byte

//go:embed sched.bpfel.o
var sched []byte

//go:embed registered.bpfel.o
var registered []byte

//go:embed broker.bpfel.o
var broker []byte

//go:embed guard.bpfel.o
var guard []byte
