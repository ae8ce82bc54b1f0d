# The commands people and CI share. Everything lives in .venv; nothing else on the machine is touched.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help demo test check torture bench docs serve lock wheel clean

PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(not (3,11) <= sys.version_info < (3,14))' 2>/dev/null && { echo $$p; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input -q

help:  ## What can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

$(VENV)/.python:
	@test -n "$(PYTHON)" || { echo "Tocsin needs CPython 3.11, 3.12 or 3.13; none was found. Install one (Debian, Ubuntu: apt install python3 python3-venv) or name it: make PYTHON=/path/to/python3.12"; exit 2; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "$(PYTHON) has no ensurepip, so no environment can be made. Install it (Debian, Ubuntu: apt install $$($(PYTHON) -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])'); Fedora: dnf install python3-pip) and run make again."; exit 2; }
	@echo "Creating the environment in $(VENV) with $$($(PYTHON) --version) ..."
	@$(PYTHON) -m venv $(VENV)
	@touch $@

# The default install, locked with hashes; its time and size are printed apart from the demo's.
$(VENV)/.default: $(VENV)/.python requirements/default.lock requirements/build.lock pyproject.toml
	@start=$$(date +%s); \
	$(PIP) install --no-compile --require-hashes -r requirements/default.lock && \
	size=$$(( $$(du -sb $(VENV) | cut -f1) / 1000000 + 1 )) && \
	$(PIP) install --require-hashes -r requirements/build.lock && \
	$(PIP) install --no-deps --no-build-isolation -e . && \
	echo "Installed in $$(( $$(date +%s) - start )) s; $$size MB unpacked (default install)."
	@touch $@

$(VENV)/.dev: $(VENV)/.default requirements/dev.lock
	@$(PIP) install --require-hashes -r requirements/dev.lock
	@touch $@

demo: $(VENV)/.default  ## Import the sample exports, find the planted campaign, write the report
	@rm -rf demo-desk
	@$(BIN)/tocsin demo demo-desk

test: $(VENV)/.dev  ## The whole test suite; parts this machine lacks are skipped by name, listed last
	@$(BIN)/python -m pytest $(PYTEST_ARGS)

check: $(VENV)/.dev  ## Lint, types, import contracts, docs in step
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/python -m pytest -q tests/house

torture: $(VENV)/.dev  ## Kills, power cuts, failing disks, flipped bits, fuzzing: hours; goes on where it was stopped (state in .torture/)
	@PYTHONPATH=tests $(BIN)/python -m torture.run $(TORTURE_ARGS)

bench: $(VENV)/.dev  ## Speed, memory and growth beside peers, measured in one run
	@$(BIN)/python bench/run.py $(BENCH_ARGS)

serve: $(VENV)/.default  ## Show the demo desk (or DESK=folder) in the browser, read-only, on 127.0.0.1
	@$(BIN)/tocsin serve --desk $${DESK:-demo-desk/desk}

docs: $(VENV)/.dev  ## Write the generated reference pages anew
	@$(BIN)/python docs/generate.py

wheel: $(VENV)/.default  ## Build the wheel into dist/
	@rm -rf dist && $(PIP) wheel --no-deps --no-build-isolation -w dist .

lock: ## Write the locks anew from pyproject.toml (needs uv; hashes, no index addresses)
	@for set in default:pyproject.toml build:requirements/build.in "dev:requirements/dev.in pyproject.toml"; do \
	  uv pip compile $${set#*:} --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header -q -o requirements/$${set%%:*}.lock; done

clean:  ## Remove the environment and what the commands made
	@rm -rf $(VENV) demo-desk dist build .bench
