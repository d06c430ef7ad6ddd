//go:build tools

// Package gitea pins the forge.
package gitea

import (
	_ "code.gitea.io/gitea"
)
