# Everything a contributor does with this project. `make` alone lists it.
# Needs only make and Python 3.11 or newer: `make setup PYTHON=python3.12` picks another interpreter.

.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PIP := $(BIN)/python -m pip --disable-pip-version-check

# Arguments for pytest, for instance: make test ARGS='tests/decisions -x'
ARGS ?=
# Tests at once. Two suit a small machine; each may start servers and browsers of its own.
WORKERS ?= 2

RECORD := .cache/requirements.json
SOURCES := $(shell find src tests -name '*.py' 2>/dev/null) docs/reference/requirements.md

.PHONY: help setup demo test check bench docs requirements lock clean

help: ## List these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY) ## Make the virtual environment (.venv) from the lock; instant when nothing changed

$(READY): pyproject.toml requirements.lock
	@command -v "$(PYTHON)" >/dev/null 2>&1 || { \
	  echo "setup: there is no '$(PYTHON)' here. Install Python 3.11 or newer, or say which one: make setup PYTHON=python3.12" >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "setup: Pilotage needs Python 3.11 or newer; '$(PYTHON)' is $$("$(PYTHON)" -V 2>&1). Say which one to use: make setup PYTHON=python3.12" >&2; exit 1; }
	@if ! $(BIN)/python -m pip --version >/dev/null 2>&1; then \
	  echo "setup: making $(VENV) with $$("$(PYTHON)" -V)"; \
	  "$(PYTHON)" -m venv --clear $(VENV) || { \
	    echo "setup: '$(PYTHON)' cannot make a virtual environment. On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }; \
	fi
	@echo "setup: installing what requirements.lock names, checked by hash"
	@$(PIP) install -qq --require-hashes --requirement requirements.lock || { \
	  echo "setup: a locked package could not be installed (pip says why above). Check the network or the package index, then run make setup again." >&2; exit 1; }
	@$(PIP) install -qq --no-deps --no-build-isolation --editable . || { \
	  echo "setup: the dependencies are in place, but Pilotage itself could not be installed (pip says why above)." >&2; exit 1; }
	@touch $@
	@echo "setup: ready. Try: $(BIN)/pilotage --help"

demo: setup ## Watch two releases of a small real shop: one completes, one is rolled back by itself
	@$(BIN)/pilotage demo $(ARGS)

test: check ## Check, then run every test (or some: make test ARGS='tests/decisions -x')
ifeq ($(strip $(ARGS)),)
	@mkdir -p .cache
	@$(BIN)/python -m pytest tests src --doctest-modules --ignore-glob='*/migrations/*' --numprocesses $(WORKERS) --dist loadgroup -rs \
	  --cov --cov-report=term-missing:skip-covered --requirements-record=$(RECORD)
else
	@$(BIN)/python -m pytest -rs $(ARGS)
endif

check: setup ## Style, types, the five floors, and whether the docs still tell the truth
	@$(BIN)/ruff check --quiet . || { echo "check: ruff found the above; many it mends itself: $(BIN)/ruff check --fix ." >&2; exit 1; }
	@$(BIN)/ruff format --check --quiet . || { \
	  echo "check: these files are not formatted; run $(BIN)/ruff format ." >&2; $(BIN)/ruff format --check . >&2; exit 1; }
	@$(BIN)/mypy --no-error-summary
	@mkdir -p .cache
	@$(BIN)/lint-imports --no-logo --cache-dir .cache/import-linter > .cache/lint-imports.txt 2>&1 || { cat .cache/lint-imports.txt >&2; exit 1; }
	@$(BIN)/python -m tools.reference_docs --check

bench: setup ## Measure: ticks against history, ticks a second, simulated weeks, start-up
	@$(BIN)/python -m bench $(ARGS)

docs: setup ## Write the generated pages of docs/ again
	@$(BIN)/python -m tools.reference_docs

requirements: setup $(RECORD) ## Which of the listed requirements do passing tests show, and which are missing
	@$(BIN)/python -m tools.requirements_report --record $(RECORD)

# The last full `make test` leaves this behind; when code is newer, only the marked tests run again.
$(RECORD): $(READY) $(SOURCES)
	@mkdir -p $(@D)
	@echo "requirements: running the tests that name a requirement"
	@# 1: some failed, which the report says; 5: no test is marked.
	@status=0; $(BIN)/python -m pytest tests -m requirement --numprocesses $(WORKERS) --dist loadgroup -q --no-header \
	  --requirements-record=$@ > $(@D)/requirements.log 2>&1 || status=$$?; \
	if [[ $$status != [015] ]]; then cat $(@D)/requirements.log >&2; exit $$status; fi

lock: setup ## Resolve the dependencies again and write requirements.lock, with hashes
	@$(BIN)/uv pip compile pyproject.toml --quiet --all-extras --group dev --universal --python-version 3.11 \
	  --generate-hashes --no-annotate --no-emit-index-url --custom-compile-command "make lock" \
	  $(ARGS) --output-file requirements.lock
	@echo "lock: written. Run make setup to install it, and commit it with the change that needed it."

clean: ## Remove what was built and cached here, the virtual environment too
	@rm -rf $(VENV) .cache .hypothesis .mypy_cache .pytest_cache .ruff_cache build dist htmlcov .coverage*
	@find src tests tools -name __pycache__ -type d -prune -exec rm -rf {} +
