# Plumb's commands. `make help` lists them.
SHELL := /usr/bin/env bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

.PHONY: links pdfium vulkan help run test build bench eval lint bundle clean setup setup-test page programs bindings prices

TARGET := $(if $(CARGO_TARGET_DIR),$(CARGO_TARGET_DIR),target)
# Python to link the worker against: Debian's own, not a version manager's shim.
export PYO3_PYTHON ?= /usr/bin/python3

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: build ## Build what is needed and open Plumb (first time: about 15 minutes)
	@scripts/run.sh

build: setup page links pdfium vulkan ## Build target/release/plumb (terminal) and target/release/plumb-app (window)
	@echo 'Building Plumb (first time: about 15 minutes on two cores, most of it the window toolkit and the local model; later: seconds)'
	@# Always the whole workspace: another choice of packages would build shared dependencies again, with other features.
	cargo build --release --locked --workspace
	@echo 'Built: $(TARGET)/release/plumb and $(TARGET)/release/plumb-app'

test: setup-test page lint programs ## Run all tests: Rust, user interface, command line, window
	npm --prefix ui test
	cargo nextest run --release --locked --workspace --no-fail-fast
	git diff --exit-code --stat -- ui/src/bindings || { echo 'The bindings in ui/src/bindings were out of date: commit the new ones.'; exit 1; }
	PLUMB_PROGRAMS=$(abspath $(TARGET))/release tests/e2e/run.sh

lint: setup page links ## Check formatting, types and lints of everything
	cargo fmt --all --check
	npm --prefix ui run lint
	cargo clippy --release --locked --workspace --all-targets -- -D warnings

bench: build ## Measure speed beside a peer or a floor in the same run
	tests/bench/run.sh

eval: build ## Ask the six written-down questions with the built-in model, at three seeds
	scripts/dev-model.sh
	/usr/bin/python3 tests/eval/eval.py --plumb $(TARGET)/release/plumb

bundle: build ## Make the .deb and .rpm packages
	scripts/bundle.sh

clean: ## Delete everything that was built
	rm -rf target ui/dist ui/node_modules tests/e2e/node_modules

setup:
	@scripts/setup.sh build

setup-test:
	@scripts/setup.sh test

page: setup
	npm --prefix ui run --silent build

# llama.cpp's build script trips over links that an earlier build of it left without their targets.
links:
	@[ ! -d $(TARGET)/release ] || find $(TARGET)/release -maxdepth 2 -xtype l -delete

# pdfium is not built but fetched. It lies beside the programs, where they look for it.
pdfium:
	@scripts/pdfium.sh $(TARGET)/release

# llama.cpp's library for graphics cards, which lies beside the programs too.
vulkan: setup
	@scripts/vulkan.sh $(TARGET)/release

programs: page links pdfium vulkan
	cargo build --release --locked --workspace

prices: ## Make the dated table of prices anew, from public facts
	scripts/prices.py

bindings: ## Write the TypeScript of the commands anew
	cargo test --release -p plumb-api --lib export_bindings
