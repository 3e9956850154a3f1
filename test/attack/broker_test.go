//go:build !race

package attack

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"

	"kptr/bpfobj"
	"kptr/bpfobj/prebuilt"
	"kptr/broker"
)

// limitsEnv has a broker.Limits as JSON, unless the default is meant; modeEnv the socket's permissions, 0666 unless it is set.
const (
	limitsEnv = "KPTR_ATTACK_LIMITS"
	modeEnv   = "KPTR_ATTACK_MODE"
)

// serve is the process of a broker, until its standard input is closed.
func serve(path string) error {
	obj, err := bpfobj.Load(prebuilt.EveryTask(), nil)
	if err != nil {
		return err
	}
	program, err := obj.Program("on_sys_enter").Attach()
	if err != nil {
		return err
	}
	options := broker.Options{Path: path, Mode: 0o666}
	if limits := os.Getenv(limitsEnv); limits != "" {
		if err := json.Unmarshal([]byte(limits), &options.Limits); err != nil {
			return err
		}
	}
	if mode := os.Getenv(modeEnv); mode != "" {
		n, err := strconv.ParseUint(mode, 8, 32)
		if err != nil {
			return err
		}
		options.Mode = os.FileMode(n)
	}
	b, err := broker.New(obj.Map("datamap"), options)
	if err != nil {
		return err
	}
	if err := broker.Confine(); err != nil {
		return err
	}
	fmt.Println("ready")
	go func() {
		_, _ = bufio.NewReader(os.Stdin).ReadByte()
		b.Close()
	}()
	return errors.Join(b.Run(), program.Close(), obj.Close())
}
