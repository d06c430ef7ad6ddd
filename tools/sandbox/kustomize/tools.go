//go:build tools

// The program itself, at the version that Argo CD 3.5.7 ships.
package main

import _ "sigs.k8s.io/kustomize/kustomize/v5"
