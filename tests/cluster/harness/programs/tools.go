//go:build tools

// Package programs pins, in one module, what the programs of the test cluster require: of all that they share each gets
// the same version, so it is compiled once. This file names those of them that are built as they are.
//
// Another version: `go get MODULE@VERSION`, then let each be built once with `-mod=mod`, which notes what it needs.
// (`go mod tidy` would note what any build tag could need, and that is half as much again.)
package programs

import (
	_ "github.com/containerd/containerd/v2/cmd/containerd"
	_ "github.com/containerd/containerd/v2/cmd/containerd-shim-runc-v2"
	_ "github.com/containerd/containerd/v2/cmd/ctr"
	_ "github.com/nektos/act"
	_ "github.com/prometheus/prometheus/cmd/prometheus"
	_ "github.com/rhysd/actionlint/cmd/actionlint"
	_ "k8s.io/kubernetes/cmd/kube-apiserver"
	_ "k8s.io/kubernetes/cmd/kube-controller-manager"
	_ "k8s.io/kubernetes/cmd/kube-proxy"
	_ "k8s.io/kubernetes/cmd/kube-scheduler"
	_ "k8s.io/kubernetes/cmd/kubectl"
	_ "k8s.io/kubernetes/cmd/kubelet"
)
