# Needs Go and nothing else, but for the targets that say so.

MAKEFLAGS += --no-builtin-rules

GO ?= go

# Stripped, without inlining and with functions at multiples of 4 bytes, not 32: a fifteenth smaller than stripped
# alone. The command spends its time in the kernel.
SMALL := -gcflags=all=-l -ldflags='-s -w -funcalign=4'

# What the binary may have, in bytes.
MAX_SIZE := 3000000

.PHONY: help
help: ## print this list
	@awk -F ':.*## ' '/^[a-z][a-z-]*:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: build
build: ## build the static binary bin/kptr-demo
	CGO_ENABLED=0 $(GO) build -trimpath $(SMALL) -o bin/kptr-demo ./cmd/kptr-demo

.PHONY: initramfs
initramfs: build ## build bin/initramfs.cpio, where kptr-demo is the only file, /init (fetches modules)
	GOARCH= $(GO) -C test/image run . initramfs $(CURDIR)/bin/initramfs.cpio $(CURDIR)/bin/kptr-demo

IMAGE_BINARIES := $(patsubst %,bin/%/kptr-demo,amd64 arm64 s390x)

bin/%/kptr-demo: FORCE
	CGO_ENABLED=0 GOARCH=$* $(GO) build -trimpath $(SMALL) -o $@ ./cmd/kptr-demo

.PHONY: image
image: $(IMAGE_BINARIES) ## build bin/oci, an OCI image layout with kptr-demo as the only file (fetches modules)
	rm -rf bin/oci
	$(GO) -C test/image run . oci $(CURDIR)/bin/oci $(addprefix $(CURDIR)/,$^)

.PHONY: demo
demo: build ## build and run the main job (root, or the capabilities that it names)
	bin/kptr-demo run

# Of the log, what the result is made of: a line for each package, failures whole, and each skip with its reason.
.PHONY: test
test: ## run the tests; with KPTR_KERNEL_TESTS=require a skipped test is a failure
	@log=$$(mktemp) && trap 'rm -f "$$log"' EXIT; \
	$(GO) test -v $(TESTFLAGS) ./... >"$$log" 2>&1; rc=$$?; \
	if [ $$rc -ne 0 ]; then grep -Ev '^=== |^ *--- PASS' "$$log"; else grep -E '^(ok|\?)' "$$log"; fi; \
	skips=$$(awk '/^=== /{name=$$3} /_test\.go:[0-9]+: /{reason[name]=$$0} /--- SKIP: /{print $$3 ":" reason[$$3]}' "$$log"); \
	if [ -n "$$skips" ]; then echo "skipped:"; echo "$$skips"; fi; \
	if [ -n "$$skips" ] && [ "$$KPTR_KERNEL_TESTS" = require ]; then echo "KPTR_KERNEL_TESTS=require: a skip is a failure"; rc=1; fi; \
	exit $$rc

.PHONY: size
size: build ## print the size of the binary beside what it may have
	@size=$$(wc -c <bin/kptr-demo) && echo "bin/kptr-demo: $$size bytes, at most $(MAX_SIZE)" && [ "$$size" -le $(MAX_SIZE) ]

.PHONY: lines
lines: ## count the lines of code of the packages, without tests, comments and blank lines
	@for dir in elf btf sys bpfobj . ; do \
		echo "$$(ls $$dir/*.go | grep -v _test.go | xargs cat | grep -v '^[[:space:]]*//' | grep -vc '^[[:space:]]*$$') $$dir"; \
	done | awk '{ print; sum += $$1 } END { print sum, "in all" }'

.PHONY: bench
bench: build bin/empty bin/hello ## run the benchmarks of loading, and compare the demo with an empty Go program (as demo)
	$(GO) test -run '^$$' -bench '^Benchmark(Load|Parse|Plan|Scan)$$' -benchmem ./bpfobj ./btf ./elf
	$(GO) -C test/bench run . 'kptr=$(CURDIR)/bin/kptr-demo run' 'hello=$(CURDIR)/bin/hello' 'empty=$(CURDIR)/bin/empty'

bin/empty bin/hello: FORCE
	CGO_ENABLED=0 $(GO) -C test/bench build -trimpath -ldflags='-s -w' -o $(CURDIR)/$@ ./$(@F)

# The prebuilt example with the tag that the kernel honours, which the other loaders leave as it is.
PEER_OBJECT := $(CURDIR)/bpfobj/testdata/uptr.bpfel.o

.PHONY: bench-peers
bench-peers: build bin/empty bin/hello ## compare the demo with cilium/ebpf's and libbpf's (root; gcc, libbpf-dev, libelf-dev, zlib1g-dev)
	CGO_ENABLED=0 $(GO) -C test/peers build -trimpath -ldflags='-s -w' -o $(CURDIR)/bin/peer-cilium ./cilium
	CGO_ENABLED=0 $(GO) -C test/peers build -trimpath $(SMALL) -o $(CURDIR)/bin/peer-example ./example
	$(GO) -C test/peers build -o $(CURDIR)/bin/peer-allocs ./allocs
	$(CC) -O2 -Wall -Wextra -static -s -o bin/peer-libbpf test/peers/libbpf/main.c -lbpf -lelf -lz
	$(GO) -C test/bench run . 'kptr=$(CURDIR)/bin/kptr-demo run -object $(PEER_OBJECT)' 'cilium=$(CURDIR)/bin/peer-cilium $(PEER_OBJECT)' \
		'libbpf=$(CURDIR)/bin/peer-libbpf $(PEER_OBJECT)' 'example=$(CURDIR)/bin/peer-example' 'hello=$(CURDIR)/bin/hello' 'empty=$(CURDIR)/bin/empty'
	bin/peer-allocs kptr $(PEER_OBJECT)
	bin/peer-allocs cilium $(PEER_OBJECT)
	$(GO) -C test/peers test -run '^$$' -bench 'Names|Where' -benchmem .

.PHONY: bench-growth
bench-growth: ## load ever larger objects, and look names up in a kernel BTF of twice the size (root; fetches cilium/ebpf)
	$(GO) -C test/peers test -run '^$$' -bench Growth -benchmem -benchtime 20x -count 5 .

.PHONY: peers
peers: ## load a corpus of objects with this loader and with cilium/ebpf, and compare (root; fetches that module)
	$(GO) -C test/peers test -count=1 ./...

.PHONY: interop
interop: ## run the README's example with cilium/ebpf as the loader (as demo; fetches that module)
	$(GO) -C test/cilium test ./...

.PHONY: bench-share
bench-share: ## run the benchmarks of sharing beside what programs do without user kptrs
	$(GO) test -run '^$$' -bench 'Store|Hint|Cycle' .

SOAK ?= 5m

.PHONY: soak
soak: ## let threads start, share, write, close and die at random for SOAK (5m), under the race detector
	KPTR_SOAK=$(SOAK) $(GO) test -race -count=1 -timeout 0 -run '^TestSoak$$' -v .

.PHONY: broker-soak
broker-soak: ## let 100 processes at a time share through a broker and be killed, for SOAK (5m) (root; gcc)
	KPTR_SOAK=$(SOAK) $(GO) test -count=1 -timeout 0 -run '^TestSoak$$' -v ./broker

.PHONY: vmtest
vmtest: ## run the tests on kernels in QEMU: all of the matrix, or KERNEL=6.12, ARCH=arm64, QUICK=1; DOC=FILE keeps the table
	$(GO) -C test/vm test ./...
	$(GO) -C test/vm run . $(if $(KERNEL),-kernel $(KERNEL)) $(if $(ARCH),-arch $(ARCH)) $(if $(QUICK),-ci) $(if $(DOC),-doc $(abspath $(DOC)))

.PHONY: sched-bench
sched-bench: ## measure the scheduler in QEMU and write docs/sched-bench.md (needs gcc); FORM=icount, WINDOW=4s for less; QUICK=1 writes nothing
	$(GO) -C test/sched test ./...
	$(GO) -C test/sched run . $(if $(QUICK),-form icount -boots 1 -window 4s,$(if $(FORM),-form $(FORM)) $(if $(WINDOW),-window $(WINDOW)) -doc $(CURDIR)/docs/sched-bench.md -plot $(CURDIR)/docs/sched-bench.svg)

FUZZTIME ?= 10m

.PHONY: fuzz
fuzz: ## fuzz every target for FUZZTIME each (10m, or a count such as 50000x)
	@grep -rn --include='*_test.go' '^func Fuzz' elf btf bpfobj internal | sed 's|/[^/]*:[0-9]*:func | |; s|(.*||' | while read -r pkg target; do \
		$(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10x ./$$pkg || exit 1; \
	done

SEED ?= 0

.PHONY: fuzz-hostile
fuzz-hostile: ## break the objects of the corpus for FUZZTIME (a time), from SEED (0) on, and parse and plan each mutant
	$(GO) -C test/hostile test -count=1 -gcflags=all=-d=checkptr -timeout 0 -v -run '^TestMutants$$' . -for $(FUZZTIME) -seed $(SEED)

.PHONY: fmt
fmt: ## format the Go files
	gofmt -l -w .

.PHONY: vet
vet: ## run go vet, on what only guests run too
	$(GO) vet ./...
	$(GO) vet -tags guest ./...
	for module in test/*/go.mod; do $(GO) -C $${module%/go.mod} vet ./... || exit 1; done

.PHONY: lint
lint: vet ## run go vet, check the formatting, run staticcheck
	@files=$$(gofmt -l .); if [ -n "$$files" ]; then echo "not formatted:" $$files; exit 1; fi
	$(GO) run honnef.co/go/tools/cmd/staticcheck@v0.8.2 -tags guest ./...

.PHONY: clean
clean: ## remove what the other targets leave behind
	rm -rf bin

# --- BPF objects ----------------------------------------------------------
#
# X.bpf.c and X.c become X.bpfel.o and X.bpfeb.o beside them, which are committed; in btf/testdata only the sections are,
# as X-el.btf, X-el.btfext and so on. Each source is compiled from within its own directory and with file names relative
# to it, so that the line info in .BTF does not depend on where the tree lies. llvm-strip -g drops DWARF and keeps BTF;
# an object with "dwarf" in its name keeps both.

CLANG ?= clang-19
LLVM_STRIP ?= llvm-strip-19
LLVM_OBJCOPY ?= llvm-objcopy-19
BPF_CFLAGS := -O2 -g -fdebug-compilation-dir=. -Wall -Wextra -Wno-unused-parameter -Werror
BPF_OUT := $(CURDIR)

BPF_SOURCES := $(wildcard bpfobj/prebuilt/*.c bpfobj/testdata/*.c elf/testdata/*.c test/peers/*/*.bpf.c)
BPF_STEMS := $(patsubst %.bpf,%,$(BPF_SOURCES:.c=))
BPF_OBJECTS := $(sort $(BPF_STEMS:=.bpfel.o) $(BPF_STEMS:=.bpfeb.o) $(wildcard btf/testdata/*.o))
BPF_SECTIONS := $(wildcard btf/testdata/*.btf btf/testdata/*.btfext)
BPF_PREBUILT := $(filter bpfobj/prebuilt/%,$(BPF_OBJECTS))
BPF_MANIFEST := bpfobj/prebuilt/manifest.txt
BPF_PRODUCTS := $(BPF_OBJECTS) $(BPF_SECTIONS) $(BPF_MANIFEST)

# What is loaded may use all that kernels with user kptrs know; what is only read takes clang's default.
$(BPF_OUT)/bpfobj/% $(BPF_OUT)/test/%: BPF_CPU := -mcpu=v3

# $(call bpf_compile,target,object)
define bpf_compile
@mkdir -p $(@D)
cd $(<D) && $(CLANG) -target $(1) $(BPF_CPU) $(BPF_CFLAGS) -c $(<F) -o $(2)
$(if $(findstring dwarf,$(@F)),,$(LLVM_STRIP) -g $(2))
endef

# $(call bpf_section,target,section)
define bpf_section
$(call bpf_compile,$(1),$@.tmp)
$(LLVM_OBJCOPY) --dump-section $(2)=$@ $@.tmp /dev/null && rm $@.tmp
endef

# Always anew (FORCE): headers are not tracked, and all of it takes seconds.
$(BPF_OUT)/%.bpfel.o: %.bpf.c FORCE ; $(call bpf_compile,bpfel,$@)
$(BPF_OUT)/%.bpfeb.o: %.bpf.c FORCE ; $(call bpf_compile,bpfeb,$@)
$(BPF_OUT)/%.bpfel.o: %.c FORCE ; $(call bpf_compile,bpfel,$@)
$(BPF_OUT)/%.bpfeb.o: %.c FORCE ; $(call bpf_compile,bpfeb,$@)
$(BPF_OUT)/%.o: %.c FORCE ; $(call bpf_compile,bpfel,$@)
$(BPF_OUT)/%-el.btf: %.c FORCE ; $(call bpf_section,bpfel,.BTF)
$(BPF_OUT)/%-eb.btf: %.c FORCE ; $(call bpf_section,bpfeb,.BTF)
$(BPF_OUT)/%.btf: %.c FORCE ; $(call bpf_section,bpfel,.BTF)
$(BPF_OUT)/%-el.btfext: %.c FORCE ; $(call bpf_section,bpfel,.BTF.ext)
$(BPF_OUT)/%-eb.btfext: %.c FORCE ; $(call bpf_section,bpfeb,.BTF.ext)

$(BPF_OUT)/$(BPF_MANIFEST): $(addprefix $(BPF_OUT)/,$(BPF_PREBUILT))
	@{ echo '# Written by make bpf; make verify-bpf rebuilds and compares.'; \
	echo "compiler clang $$($(CLANG) -dumpversion)"; \
	echo 'flags $(BPF_CPU) $(BPF_CFLAGS)'; \
	(cd bpfobj/prebuilt && sha256sum $(sort $(notdir $(wildcard bpfobj/prebuilt/*.[ch]))) | sed 's/^/source /'); \
	(cd $(BPF_OUT)/bpfobj/prebuilt && sha256sum $(notdir $(BPF_PREBUILT)) | sed 's/^/object /'); } > $@

.PHONY: FORCE
FORCE:

.PHONY: bpf
bpf: $(addprefix $(BPF_OUT)/,$(BPF_PRODUCTS)) ## rebuild every BPF object and the manifest (needs clang-19 and llvm-19)

.PHONY: verify-bpf
verify-bpf: ## rebuild them elsewhere and compare byte for byte (needs clang-19 and llvm-19)
	@want=$$(sed -n 's/^compiler clang //p' $(BPF_MANIFEST)) && got=$$($(CLANG) -dumpversion) || exit 1; \
	[ "$$want" = "$$got" ] || echo "verify-bpf: the objects are of clang $$want, $(CLANG) is $$got" >&2; \
	out=$$(mktemp -d) && trap 'rm -rf "$$out"' EXIT && $(MAKE) -s --no-print-directory bpf BPF_OUT="$$out" && rc=0 && \
	for f in $(BPF_PRODUCTS); do \
		cmp "$$f" "$$out/$$f" || { echo "verify-bpf: $$f is not what its source gives: run make bpf" >&2; rc=1; }; \
	done; \
	for f in $(filter-out %/uptr_gcc.bpfel.o %/uptr_gcc.bpfeb.o,$(wildcard bpfobj/*/*.o elf/testdata/*.o test/peers/*/*.o)); do \
		[ -f "$$out/$$f" ] || { echo "verify-bpf: $$f has no source" >&2; rc=1; }; \
	done; \
	[ $$rc -ne 0 ] || echo "verify-bpf: $(words $(BPF_PRODUCTS)) files are what their sources give"; exit $$rc
