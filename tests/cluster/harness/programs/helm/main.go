// Helm, built from its Go module; the module around it pins what it requires.
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
