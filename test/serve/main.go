// Command serve is the other end of "kptr-demo share": it loads a BPF program that adds the two numbers of every task that has
// shared a block, attaches it, and pins its map for other processes, until a signal ends it.
//
//	serve -pin /run/kptr/datamap -mode 0622
//
// Whoever may write to the pin can replace the element of any task that it can name, so the mode decides whom the tasks that
// share have to trust. Others need search permission on the directories above the pin as well: /sys/fs/bpf is often root's
// alone.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"syscall"

	"kptr/bpfobj"
	"kptr/bpfobj/prebuilt"
)

func main() {
	var mode os.FileMode = 0o600
	pin := flag.String("pin", "", "`PATH` of the pin, in a bpffs")
	flag.Func("mode", "the pin's permissions, `octal` (default 0600)", func(s string) error {
		n, err := strconv.ParseUint(s, 8, 9)
		mode = os.FileMode(n)
		return err
	})
	flag.Parse()
	if *pin == "" || flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	// Before the pin is there: whoever sees it may send the signal.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	if err := serve(ctx, *pin, mode); err != nil {
		fmt.Fprintln(os.Stderr, "serve:", err)
		os.Exit(1)
	}
}

func serve(ctx context.Context, pin string, mode os.FileMode) (err error) {
	obj, err := bpfobj.Load(prebuilt.EveryTask(), nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, obj.Close()) }()
	if err := obj.Attach(); err != nil {
		return err
	}
	if err := obj.Map("datamap").Pin(pin); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.Remove(pin)) }()
	if err := os.Chmod(pin, mode); err != nil { // bpf(2) gives 0600
		return err
	}
	fmt.Printf("pinned at %s, mode %#o; Ctrl-C ends it\n", pin, uint32(mode))
	<-ctx.Done()
	return nil
}
