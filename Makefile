# Plumb's commands. `make help` lists them.
SHELL := /usr/bin/env bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

.PHONY: links pdfium meaning vulkan help run test build bench eval lint bundle clean setup setup-graphics setup-lint setup-test page programs bindings prices

TARGET := $(if $(CARGO_TARGET_DIR),$(CARGO_TARGET_DIR),target)
# Python to link the worker against: Debian's own, not a version manager's shim.
export PYO3_PYTHON ?= /usr/bin/python3
# Where scripts/setup.sh puts the tools for tests and lints.
export PATH := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/plumb-dev/tools/bin:$(PATH)
# What people run. The tests' programs ask nothing more of the crates that both use (Cargo.toml), so nothing is built twice.
PROGRAMS := -p plumb-app -p plumb-cli -p plumb-extract-worker -p plumb-llama -p plumb-python
# A graphics card that programs can compute on.
CARD := $(firstword $(wildcard /dev/dri/renderD* /dev/nvidia0 /dev/dxg))

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: build ## Build what is needed and open Plumb (first time: about 15 minutes on two cores)
	@scripts/run.sh

build: page links pdfium meaning $(if $(CARD),vulkan) ## Build target/release/plumb (terminal) and target/release/plumb-app (window)
	@echo 'Building Plumb: 600 crates and llama.cpp (first time: about 15 minutes on two cores; later: seconds). Each line is one of them.'
	cargo build --release --locked $(PROGRAMS)
	@echo 'Built: $(TARGET)/release/plumb and $(TARGET)/release/plumb-app'

test: setup-test page lint programs ## Run all tests: Rust, user interface, command line, window
	npm --prefix ui test
	for folder in questions eval; do $(PYO3_PYTHON) -B -m unittest discover -q -s tests/$$folder; done
	cargo nextest run --release --locked --workspace --no-fail-fast
	git diff --exit-code --stat -- ui/src/bindings || { echo 'The bindings in ui/src/bindings were out of date: commit the new ones.'; exit 1; }
	PLUMB_PROGRAMS=$(abspath $(TARGET))/release tests/e2e/run.sh

lint: setup-lint page links ## Check spelling, formatting, types, lints and unused dependencies of everything
	typos
	cargo fmt --all --check
	cargo shear
	npm --prefix ui run lint
	cargo clippy --release --locked --workspace --all-targets -- -D warnings

bench: programs ## Measure speed beside a peer or a floor in the same run
	tests/bench/run.sh

# EVAL holds more options of tests/eval/eval.py: --resume goes on after an interruption, --old asks the six old questions.
eval: build ## Ask the question set with the built-in model and by plain retrieval (hours; EVAL=--resume goes on)
	scripts/dev-model.sh
	/usr/bin/python3 tests/eval/eval.py --plumb $(TARGET)/release/plumb --half all --with plain $(EVAL)

bundle: build vulkan ## Make the .deb and .rpm packages, for every kind of processor
	scripts/bundle.sh

clean: ## Delete everything that was built
	rm -rf target ui/dist ui/node_modules tests/e2e/node_modules

setup:
	@scripts/setup.sh build

setup-graphics:
	@scripts/setup.sh build graphics

setup-lint:
	@scripts/setup.sh build lint

setup-test:
	@scripts/setup.sh build graphics lint test

page: setup
	@echo 'Building the page (10 seconds)'
	npm --prefix ui run --silent build

# llama.cpp's build script trips over links that an earlier build of it left without their targets, and CMake over the settings of a clone that is
# gone (scripts/llama.cmake).
links:
	@[ ! -d $(TARGET)/release ] || find $(TARGET)/release -maxdepth 2 -xtype l -delete
	@for cache in $(TARGET)/release/build/llama-cpp-sys-2-*/out/build/CMakeCache.txt; do \
	    [ ! -f "$$cache" ] || [ -f "$$(sed -n 's/^CMAKE_PROJECT_INCLUDE_BEFORE:[A-Z]*=//p' "$$cache")" ] || rm "$$cache"; \
	done

# pdfium is not built but fetched. It lies beside the programs, where they look for it.
pdfium:
	@scripts/pdfium.sh $(TARGET)/release

# The model for search by meaning lies there too.
meaning:
	@scripts/meaning.sh $(TARGET)/release

# llama.cpp's library for graphics cards, which lies beside the programs too.
vulkan: setup-graphics
	@scripts/vulkan.sh $(TARGET)/release

programs: page links pdfium meaning vulkan
	cargo build --release --locked --workspace

prices: ## Make the dated table of prices anew, from public facts
	scripts/prices.py

bindings: ## Write the TypeScript of the commands anew
	cargo test --release -p plumb-api --lib export_bindings
