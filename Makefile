# The two commands that matter are 'make demo' and 'make test'; each sets up what it needs first.
.DEFAULT_GOAL := help
SHELL := /bin/bash
JOBS ?= $(shell nproc)
PREFIX ?= $(HOME)/.local
MOSAIC := build/release/bin/mosaic
CTEST := ctest --output-on-failure --no-tests=error -j $(JOBS)

.PHONY: help setup build demo test training arm64 sanitize tsan fuzz lint format bench evaluate install clean

help:            ## Show this list
	@grep -hE '^[a-z0-9]+: .*##|^[a-z0-9]+:  +##' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9]+):[^#]*## (.*)/  make \1\t\2/' | expand -t 18

setup:           ## Fetch what mosaic builds with into .deps (no root; seconds when there is nothing to do)
	@scripts/setup core

build: setup     ## Build the tool at build/release/bin/mosaic
	@scripts/build release

demo: build      ## Run the main job on a real network, from nothing
	@scripts/demo

test: setup      ## Release build and all tests
	@scripts/setup gpu
	@scripts/build release
	@$(CTEST) --test-dir build/release

training: setup  ## Fetch libtorch and Fashion-MNIST (190 MB), build what trains, run its tests (docs/training.md)
	@scripts/setup training
	@[ -e build/release/bin/mosaic-training ] || rm -f build/release/build.ninja
	@scripts/build release
	@$(CTEST) --test-dir build/release -L training

arm64:           ## Cross-build for Arm boards; tests and a toy network under an emulator (docs/arm.md)
	@scripts/setup arm64
	@scripts/build arm64
	@scripts/arm64/check $(JOBS)

sanitize: setup  ## All tests under the address and undefined-behaviour sanitisers
	@scripts/setup gpu
	@scripts/build asan
	@MOSAIC_OTHER_TOOL=$$(realpath -q $(MOSAIC)) $(CTEST) --test-dir build/asan

tsan: setup      ## The simulated backend, the executor, the HTTP server and serving under the thread sanitiser
	@scripts/build tsan
	@$(CTEST) --test-dir build/tsan -L threads

fuzz: setup      ## Each fuzzer for FUZZ_SECONDS (60) under sanitisers
	@scripts/setup fuzz
	@scripts/fuzz $(or $(FUZZ_SECONDS),60)

lint: setup      ## Formatting, static analysis, who includes whom, sizes of files
	@scripts/setup lint
	@scripts/lint

format: setup    ## Format the sources
	@scripts/setup lint
	@scripts/clang clang-format -i $$(git ls-files '*.h' '*.cc')

bench: build     ## Benchmarks of the planner and of the run-time manager
	@scripts/bench

evaluate: build  ## The long evaluations: correctness, accuracy, cost of slicing, estimates (needs ../shared; about half an hour)
	@scripts/evaluate/all

install: build   ## Install below PREFIX (~/.local): tool, library, headers, engine
	@cmake --install build/release --prefix $(PREFIX)

clean:           ## Remove what was built
	@rm -rf build
