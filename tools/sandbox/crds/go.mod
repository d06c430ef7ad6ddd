module bos-tools/sandbox/crds

go 1.25.0

require (
	github.com/argoproj/argo-cd/v3 v3.5.7
	github.com/cloudnative-pg/cloudnative-pg v1.30.0
	github.com/cloudnative-pg/plugin-barman-cloud v0.15.0
	github.com/owenrumney/go-sarif/v3 v3.3.1
)
