// Istio's control plane, built from its Go module: it has no release of its own there, so the module around it pins one.
package main

import (
	"os"

	"istio.io/istio/pilot/cmd/pilot-discovery/app"
	"istio.io/istio/pkg/log"
)

func main() {
	log.EnableKlogWithCobra()
	if err := app.NewRootCommand().Execute(); err != nil {
		os.Exit(1)
	}
}
