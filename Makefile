# The tasks of this repository. `make help` lists them; .ci/run runs them all on a clean checkout.

GO        ?= go
BIN       ?= bin
VERSION   ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
FUZZTIME  ?= 10s
BENCHRUNS ?= 21
PAGE      ?= docs/benchmarks.md
TOOLS     := $(shell $(GO) env GOPATH)/bin
LINT      ?= $(or $(shell command -v golangci-lint),$(TOOLS)/golangci-lint)

.DEFAULT_GOAL := help
.PHONY: help build test test-race test-tools lint fuzz bench demo clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## Build the static binary into bin/
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags "-s -w -X main.version=$(VERSION)" -o $(BIN)/sg-provisioner ./cmd/sg-provisioner

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

clean: ## Remove what building and measuring leave behind
	rm -rf $(BIN) coverage.out
