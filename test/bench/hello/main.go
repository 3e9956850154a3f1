// Command hello prints a line: what a Go program costs that prints at all.
package main

import "fmt"

func main() { fmt.Println("hello") }
