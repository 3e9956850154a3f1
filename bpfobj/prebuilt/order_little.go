//go:build amd64 || arm64 || loong64 || mips64le || ppc64le || riscv64

package prebuilt

import _ "embed"

//go:embed task_local.bpfel.o
var taskLocal []byte

//go:embed every_task.bpfel.o
var everyTask []byte
