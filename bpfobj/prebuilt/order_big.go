//go:build mips64 || ppc64 || s390x

package prebuilt

import _ "embed"

//go:embed task_local.bpfeb.o
var taskLocal []byte

//go:embed every_task.bpfeb.o
var everyTask []byte
