//go:build mips64 || ppc64 || s390x

package prebuilt

import _ "embed"

//go:embed task_local.bpfeb.o
var taskLocal []byte

//go:embed every_task.bpfeb.o
var everyTask []byte

//go:embed sched.bpfeb.o
var sched []byte

//go:embed registered.bpfeb.o
var registered []byte

//go:embed broker.bpfeb.o
var broker []byte

//go:embed guard.bpfeb.o
var guard []byte
