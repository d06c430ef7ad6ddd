# Two commands do all the set-up on a fresh machine: `make demo` and `make test`.
# Needed beforehand: python3 >= 3.11, git, make, go (to build the pinned kustomize).

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CACHE := $(or $(BOS_TOOLS_CACHE),$(XDG_CACHE_HOME),$(HOME)/.cache)/bos-tools/bin
SYSTEM := nginx-light redis-server redis-sentinel haproxy libnss-wrapper prometheus postgresql busybox openssl chromium

.PHONY: help setup demo test bench lint lock picture reference schemas system judges

help: ## show this
	@sed -n 's/^\([a-z]*\):.*## /make \1\t/p' $(MAKEFILE_LIST)

setup: $(VENV)/.ready $(BIN)/kustomize $(BIN)/kustomize-batch ## make .venv with bos-tools and the pinned kustomize
	@$(BIN)/python -m compileall -q tools/bos_tools

demo: setup ## a bump with its proof, and a pull request that reaches a cluster on this machine
	@$(BIN)/python tools/demo.py

# One run of all, shared out as tests/harness/lanes.py says, by two workers more than there are cores: many tests wait for a
# server, those of the sandbox most of their time. What one worker has compiled of the tests the others need not compile.
test: export PYTHONDONTWRITEBYTECODE :=
test: setup system $(VENV)/nodered judges lint ## everything that CI runs
	$(BIN)/python -m pytest -q -n $$(($$(nproc) + 2)) --dist loadscope --hypothesis-profile=whole --cov --cov-report=term

lint: setup $(BIN)/actionlint
	$(BIN)/ruff format --check tools tests
	$(BIN)/ruff check tools tests
	$(BIN)/mypy
	$(BIN)/actionlint .github/workflows/*.yaml
	$(BIN)/zizmor --quiet --offline --persona pedantic .github
	$(BIN)/bos-tools check

bench: setup ## measure against doing it by hand, as ratios in one run
	PYTHONPATH=tests $(BIN)/python -m bench.run

lock: setup ## lock the dependencies again, with hashes and without index addresses
	$(BIN)/python -m pip install --quiet uv==0.13.9
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-emit-index-url --no-emit-find-links \
	  --no-annotate --group dev pyproject.toml --output-file tools/requirements.txt

schemas: setup ## write the JSON Schemas of the typed files anew
	@$(BIN)/python tools/schemas.py

reference: setup ## write tools/COMMANDS.md anew, from the help of every command
	@$(BIN)/python tools/reference.py

picture: setup ## draw the README's picture from a real run of the demo's first part
	@$(BIN)/python tools/demo.py --svg .github/demo.svg

$(VENV)/.ready: tools/requirements.txt pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "python3 is missing: apt-get install python3 python3-venv" >&2; exit 5; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --requirement tools/requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

# As sandbox/modules.py has them, so that what the sandbox has in common with kustomize is compiled once.
GOFLAGS := -buildvcs=false -trimpath -gcflags=all=-dwarf=false

# A finished binary is kept outside of the work tree, under the hash of its source and of the sums that pin the rest.
define build
	@command -v go >/dev/null || { echo "go is missing: https://go.dev/doc/install, 1.21 or newer" >&2; exit 5; }
	@kept="$(CACHE)/$$(cat tools/sandbox/$(1)/*.go tools/sandbox/$(1)/go.* | sha256sum | cut -c1-16)/$(notdir $@)"; \
	if [ ! -x "$$kept" ]; then \
	  echo "building $(notdir $@), once: about half a minute"; mkdir -p "$$(dirname "$$kept")"; \
	  (cd tools/sandbox/$(1) && GOFLAGS="$(GOFLAGS)" GOGC=400 CGO_ENABLED=0 go build -ldflags "$(3)" -o "$$kept.$$$$" $(2)) && mv "$$kept.$$$$" "$$kept"; \
	fi && cp "$$kept" $@.new && mv $@.new $@
endef
KUSTOMIZE_VERSION := -s -w -X sigs.k8s.io/kustomize/api/provenance.version=v5.8.1

$(BIN)/kustomize: tools/sandbox/kustomize/go.sum | $(VENV)/.ready
	$(call build,kustomize,sigs.k8s.io/kustomize/kustomize/v5,$(KUSTOMIZE_VERSION))
	@test "$$($@ version)" = v5.8.1

$(BIN)/kustomize-batch: tools/sandbox/kustomize/go.sum $(wildcard tools/sandbox/kustomize/*.go) | $(VENV)/.ready
	$(call build,kustomize,.,$(KUSTOMIZE_VERSION))
	@test "$$($@ version)" = v5.8.1

$(BIN)/actionlint: tools/sandbox/actionlint/go.sum | $(VENV)/.ready
	$(call build,actionlint,github.com/rhysd/actionlint/cmd/actionlint,-s -w)

$(BIN)/kubeconform: tools/sandbox/kubeconform/go.sum | $(VENV)/.ready
	$(call build,kubeconform,github.com/yannh/kubeconform/cmd/kubeconform,-s -w)

$(BIN)/kube-score: tools/sandbox/kube-score/go.sum | $(VENV)/.ready
	$(call build,kube-score,github.com/zegl/kube-score/cmd/kube-score,-s -w)

# What judges the manifests in the tests.
judges: $(BIN)/kubeconform $(BIN)/kube-score $(VENV)/crds/.ready

# The schemas of the operators, of Argo CD and of SARIF, which are too large for Git; go.sum pins the bytes.
$(VENV)/crds/.ready: tools/sandbox/crds/go.sum | $(VENV)/.ready
	@mkdir -p $(@D); set -e; cd tools/sandbox/crds; for module in $$(sed -n 's/^\t\(.*\) \(v.*\)$$/\1@\2/p' go.mod); do \
	  from=$$(go mod download -json "$$module" | sed -n 's/.*"Dir": "\(.*\)".*/\1/p'); test -n "$$from"; \
	  for file in "$$from"/config/crd/bases/*.yaml "$$from"/manifests/crds/*-crd.yaml; do \
	    [ ! -f "$$file" ] || cp -f "$$file" $(CURDIR)/$(@D)/; \
	  done; \
	  sarif="$$from/pkg/report/v210/sarif/schema.go"; \
	  [ ! -f "$$sarif" ] || sed -n '/^const schema = `/,/^`/{s/^const schema = `//;/^`/!p;}' "$$sarif" >$(CURDIR)/$(@D)/sarif.json; \
	done
	@chmod u+w $(@D)/*; touch $@

# The Node-RED of the overlays on the Node.js of its image, 300 MB, kept outside of the work tree like the binaries.
NODERED = $(patsubst %/bin,%/nodered,$(CACHE))/$$(cat tests/manifests/nodered/*.json | sha256sum | cut -c1-16)
$(VENV)/nodered: tests/manifests/nodered/package.json tests/manifests/nodered/package-lock.json | $(VENV)/.ready
	@command -v npm >/dev/null || { test "$$(id -u)" = 0 && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends npm >/dev/null; } \
	  || { echo "npm is missing: sudo apt-get install npm" >&2; exit 5; }
	@kept="$(NODERED)"; if [ ! -d "$$kept" ]; then \
	  mkdir -p "$$kept.$$$$" && cp tests/manifests/nodered/*.json "$$kept.$$$$" && \
	  npm ci --prefix "$$kept.$$$$" --ignore-scripts --no-audit --no-fund --loglevel=error && \
	  { mv -T "$$kept.$$$$" "$$kept" 2>/dev/null || test -d "$$kept"; }; \
	fi && touch "$$kept" && ln -sfn "$$kept" $@

# The servers that the tests run with our configurations; none of them stays on as a service.
system:
	@missing=""; for package in $(SYSTEM); do dpkg -s $$package >/dev/null 2>&1 || missing="$$missing $$package"; done; \
	if [ -n "$$missing" ]; then \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null; \
	    for package in $$missing; do systemctl disable --now $$package >/dev/null 2>&1 || true; done; \
	  else echo "for all tests, type: sudo apt-get install$$missing" >&2; fi; \
	fi
