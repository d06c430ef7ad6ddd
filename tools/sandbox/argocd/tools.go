//go:build tools

// Package argocd pins Argo CD; one program plays each of its roles.
package argocd

import (
	_ "github.com/argoproj/argo-cd/v3/cmd"
)
