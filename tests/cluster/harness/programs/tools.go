//go:build tools

// Package programs pins, in one module, what Kubernetes, Istio and Helm require: of all that they share each gets the
// same version, so it is compiled once. This file is for `go mod tidy`, which would drop what nothing imports.
package programs

import (
	_ "k8s.io/kubernetes/cmd/kube-apiserver"
	_ "k8s.io/kubernetes/cmd/kube-controller-manager"
	_ "k8s.io/kubernetes/cmd/kube-proxy"
	_ "k8s.io/kubernetes/cmd/kube-scheduler"
	_ "k8s.io/kubernetes/cmd/kubectl"
	_ "k8s.io/kubernetes/cmd/kubelet"
)
