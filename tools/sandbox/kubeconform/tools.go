//go:build tools

// Package kubeconform pins the judge of what we render.
package kubeconform

import _ "github.com/yannh/kubeconform/cmd/kubeconform"
