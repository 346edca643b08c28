# Everything here needs Python 3.11+, a Rust toolchain with its C compiler, and make.
# Set-up happens by itself: each target depends on stamps in .venv.

PYTHON ?= python3
ARGS ?=
FUZZ_S ?= 60
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# Opus for clients needs libopus, which cmake builds: it is built in where cmake is,
# unless OPUS says otherwise (yes or no).
OPUS ?= $(if $(shell command -v cmake),yes,no)
OPUS_FEATURE := $(if $(filter yes,$(OPUS)),opus,$(if $(filter-out no,$(OPUS)),$(error OPUS is $(OPUS); it may be yes or no)))
# All of the tests: more workers than processors of a small machine, because many tests wait.
# Each file is one worker's, whose fixtures it shares.
SIDE_BY_SIDE := --numprocesses 3 --dist loadfile
RUST := Cargo.toml Cargo.lock $(shell find rust -name '*.rs' -o -name Cargo.toml)

.DEFAULT_GOAL := help
.PHONY: help serve talk test lint format bench fuzz sanitize lock clean setup setup-dev

help: ## Show this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12
	@echo
	@echo 'ARGS reach the command: make serve ARGS="--port 9000"'

serve: setup ## Set up if needed, then run the proxy on 127.0.0.1:8000
	@exec $(BIN)/rtproxy serve $(ARGS)

talk: setup ## Ask the running proxy a spoken question
	@exec $(BIN)/rtproxy talk $(ARGS)

test: setup-dev ## Run all tests, Rust's and Python's
	cargo test --quiet --workspace --features '$(OPUS_FEATURE:%=audio_core/%)'
	$(BIN)/pytest $(or $(ARGS),$(SIDE_BY_SIDE))

lint: setup-dev ## Check format, types, stubs and rules; changes nothing
	cargo fmt --all --check
	cargo clippy --quiet --workspace --all-targets -- -D warnings
	cargo clippy --quiet --workspace --all-targets --features 'audio_core/python $(OPUS_FEATURE:%=audio_core/%)' -- -D warnings
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m mypy.stubtest rtproxy._audio_core --ignore-disjoint-bases

format: setup-dev ## Format everything
	cargo fmt --all
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: setup-dev ## Compare speed and sound with numpy, soxr, OpenSSL, nginx and others
	$(BIN)/python -m benches $(ARGS)

fuzz: ## Feed what reads bytes with random ones, each target for FUZZ_S seconds (nightly)
	cd rust/audio_core && for target in $$(cargo +nightly fuzz list); do \
		cargo +nightly fuzz run $$target -- -max_total_time=$(FUZZ_S) -max_len=10000 -len_control=0 || exit 1; \
	done

sanitize: ## Run the Rust tests under AddressSanitizer (nightly)
	RUSTFLAGS=-Zsanitizer=address cargo +nightly test --quiet --package audio_core --lib --tests \
		--target $$(rustc -vV | sed -n 's/^host: //p')

lock: setup-dev ## Choose dependency versions anew and write requirements/*.lock
	$(PIP) install uv
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-emit-index-url --python-version 3.11 \
		pyproject.toml requirements/build.in -o requirements/runtime.lock $(ARGS)
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-emit-index-url --python-version 3.11 \
		pyproject.toml requirements/build.in --group dev -c requirements/runtime.lock \
		-o requirements/dev.lock $(ARGS)

clean: ## Remove the environment and everything built
	rm -rf $(VENV) target python/rtproxy/*.so

setup: $(VENV)/.extension
setup-dev: $(VENV)/.dev $(VENV)/.extension

$(VENV)/.created:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo 'rtproxy needs Python 3.11 or newer; point PYTHON at one: make PYTHON=python3.12'; exit 1; }
	@command -v cargo >/dev/null \
		|| { echo 'rtproxy needs a Rust toolchain (cargo); see https://rustup.rs'; exit 1; }
	@echo 'Creating $(VENV) ...'
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.runtime: $(VENV)/.created requirements/runtime.lock
	@echo 'Installing what rtproxy needs ...'
	@$(PIP) install --require-hashes -r requirements/runtime.lock
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime requirements/dev.lock
	@echo 'Installing what its tests need ...'
	@$(PIP) install --require-hashes -r requirements/dev.lock
	@touch $@

$(VENV)/.extension: $(VENV)/.runtime $(VENV)/.opus-$(OPUS) pyproject.toml $(RUST)
	@echo 'Building the extension (release, $(if $(OPUS_FEATURE),with,without) Opus) ...'
	@PATH="$(CURDIR)/$(BIN):$$PATH" MATURIN_PEP517_ARGS="--features 'python $(OPUS_FEATURE)'" \
		$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

# Changes when OPUS does: then the extension is built anew.
$(VENV)/.opus-$(OPUS): $(VENV)/.created
	@rm -f $(VENV)/.opus-*
	@touch $@
