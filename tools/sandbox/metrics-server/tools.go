//go:build tools

// Package metricsserver pins what the HPAs read usage from.
package metricsserver

import (
	_ "sigs.k8s.io/metrics-server/cmd/metrics-server"
)
