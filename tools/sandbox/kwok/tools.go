//go:build tools

// Package kwok pins what plays the kubelets.
package kwok

import (
	_ "sigs.k8s.io/kwok/cmd/kwok"
)
