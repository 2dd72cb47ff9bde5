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
