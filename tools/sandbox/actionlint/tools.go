//go:build tools

// Package actionlint pins the linter of our workflows.
package actionlint

import _ "github.com/rhysd/actionlint/cmd/actionlint"
