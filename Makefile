# The tasks of this repository. `make help` lists them; .ci/run runs them all on a clean checkout.

GO        ?= go
BIN       ?= bin
VERSION   ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
REVISION  ?= $(shell git rev-parse HEAD 2>/dev/null)
CREATED   ?= $(or $(shell git log -1 --format=%cI 2>/dev/null),1970-01-01T00:00:00Z)
SOURCE    ?=
IMAGE     ?= sg-provisioner:$(VERSION)
GARBLE    ?= v0.17.0
FUZZTIME  ?= 10s
BENCHRUNS ?= 21
PAGE      ?= docs/benchmarks.md
TOOLS     := $(shell $(GO) env GOPATH)/bin
LINT      ?= $(or $(shell command -v golangci-lint),$(TOOLS)/golangci-lint)

.DEFAULT_GOAL := help
.PHONY: help build image release test test-race test-tools lint fuzz bench demo screenshots clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## Build the static binary into bin/
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags "-s -w -X main.version=$(VERSION)" -o $(BIN)/sg-provisioner ./cmd/sg-provisioner

image: ## Build the container image IMAGE with the Go of this machine (docs/container.md)
	$(GO) run ./internal/release -version $(VERSION) -image $(BIN)/rootfs
	DOCKER_BUILDKIT=0 docker build --target local --build-arg SYSTEM_TREE=$(BIN)/rootfs/system --build-arg USER_TREE=$(BIN)/rootfs/user \
		--build-arg VERSION=$(VERSION) --build-arg REVISION=$(REVISION) --build-arg CREATED=$(CREATED) --build-arg SOURCE=$(SOURCE) -t $(IMAGE) .

release: ## Build the obfuscated binaries of all platforms into dist/, with checksums, licenses and a bill of materials
	GOBIN=$(abspath $(BIN)) $(GO) install mvdan.cc/garble@$(GARBLE)
	$(GO) run ./internal/release -version $(VERSION) -garble $(abspath $(BIN))/garble -dist dist

test: ## Run the tests that need Go alone
	$(GO) test ./...

test-race: ## The same under the race detector (needs a C compiler)
	$(GO) test -race ./...

test-tools: ## Run all tests: needs the AWS CLI, boto3, moto and cfn-lint
	$(GO) test -tags tools ./...

lint: ## gofmt, go vet, golangci-lint, and no test that really sleeps
	.ci/lint $(LINT)

fuzz: ## Run every fuzz target for FUZZTIME (10s)
	.ci/fuzz $(FUZZTIME)

bench: ## Measure start-up, memory and the analysis of large rule sets against the budgets
	$(GO) run ./internal/benchmark -runs $(BENCHRUNS)
	$(GO) run ./internal/benchmark/analysis -page $(PAGE)

demo: build ## The main job in the sandbox, in a folder of its own: no account, no network
	@BIN="$(abspath $(BIN))" .ci/demo

screenshots: ## Write the pictures of the reports in docs/images (needs Chromium)
	$(GO) test -tags tools ./internal/cli -run TestScreenshots -count=1 -screenshots "$(abspath docs/images)"

clean: ## Remove what building and measuring leave behind
	rm -rf $(BIN) dist coverage.out
