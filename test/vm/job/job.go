// Package job is what the driver outside the virtual machine and the init inside it agree on.
package job

import (
	"fmt"
	"strings"
)

// Path is the file of the initramfs that holds the jobs: a JSON array of [Job].
const Path = "/jobs.json"

// Job is a command to run in the virtual machine.
type Job struct {
	Name string   // one word
	Dir  string   // the working directory
	Args []string // the program, by its path, and its arguments
	Env  []string // the whole environment, as NAME=VALUE
}

// Killed is the exit code of a command that a signal ended, or that could not be started.
const Killed = -1

const mark = "kptr-vm: "

// Start is the line that init writes before the output of the command called name.
func Start(name string) string { return fmt.Sprintf("%sstart %s", mark, name) }

// Exit is the line that init writes after it.
func Exit(name string, code int) string { return fmt.Sprintf("%sexit %s %d", mark, name, code) }

// ParseExit takes such a line apart; ok is false for any other.
func ParseExit(line string) (name string, code int, ok bool) {
	if !strings.HasPrefix(line, mark) {
		return "", 0, false
	}
	_, err := fmt.Sscanf(line[len(mark):], "exit %s %d", &name, &code)
	return name, code, err == nil
}

// ParseStart gives the name in a line that [Start] made; ok is false for any other.
func ParseStart(line string) (name string, ok bool) {
	return strings.CutPrefix(line, mark+"start ")
}
