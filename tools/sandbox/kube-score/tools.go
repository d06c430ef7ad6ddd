//go:build tools

// Package kubescore pins the judge of what we render.
package kubescore

import _ "github.com/zegl/kube-score/cmd/kube-score"
