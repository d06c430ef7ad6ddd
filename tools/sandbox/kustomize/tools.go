//go:build tools

// Package kustomize pins the version that Argo CD 3.5.7 ships.
package kustomize

import _ "sigs.k8s.io/kustomize/kustomize/v5"
