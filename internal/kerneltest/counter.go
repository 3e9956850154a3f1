package kerneltest

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
)

// counterEnv has the test program count how the tests end that another process runs: standard input
// is what they print, standard output the console, and the result goes to fd 3. A goroutine
// of the tests' own process would allocate memory and open files in the middle of tests that count both.
const counterEnv = "KPTR_GUEST_COUNTER"

func count() error {
	var t tally
	if err := t.read(os.Stdin, os.Stdout); err != nil {
		return err
	}
	return json.NewEncoder(os.NewFile(3, "result")).Encode(t)
}

// counter is the process that counts.
type counter struct {
	cmd    *exec.Cmd
	in     *os.File // for the tests
	result *os.File
}

func startCounter() (*counter, error) {
	r, in, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	result, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), counterEnv+"=1")
	cmd.Stdin, cmd.Stdout, cmd.Stderr, cmd.ExtraFiles = r, os.Stdout, os.Stderr, []*os.File{w}
	return &counter{cmd, in, result}, errors.Join(cmd.Start(), r.Close(), w.Close())
}

// end gives the tests that did not pass, and how many did.
func (c *counter) end() (notes []Note, passed int, err error) {
	if err := c.in.Close(); err != nil {
		return nil, 0, err
	}
	var t tally
	err = errors.Join(json.NewDecoder(c.result).Decode(&t), c.cmd.Wait(), c.result.Close())
	return t.Notes, t.Passed, err
}
