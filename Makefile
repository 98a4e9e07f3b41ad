# Everything a fresh machine needs: Python 3.11 and make. `make demo` and `make test` do all set-up themselves.
SHELL := /bin/bash
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
UV_VERSION := 0.13.9
MUTMUT_VERSION := 3.8.1
UV = $(shell command -v uv || echo $(CURDIR)/$(BIN)/uv)
PLUGINS := channeladvisor warehouseos shipping karrio easypost shipstation parcel_files
MEMBERS := core plugins/channeladvisor plugins/wms_warehouseos plugins/shipping
READY := $(VENV)/.ready

.PHONY: demo test test-slow conformance lint format bench mutants docs contract lock build clean setup

setup: $(READY)

$(READY): requirements.lock core/pyproject.toml $(wildcard plugins/*/pyproject.toml)
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@command -v uv >/dev/null || $(BIN)/python -m pip install --quiet uv==$(UV_VERSION)
	@VIRTUAL_ENV=$(VENV) $(UV) pip install --quiet --require-hashes -r requirements.lock
	@VIRTUAL_ENV=$(VENV) $(UV) pip install --quiet --no-deps --no-build-isolation $(MEMBERS:%=-e %)
	@touch $@

demo: setup ## Run the main job against simulators on this machine
	@$(BIN)/crossdock demo

lint: setup ## Style, types, and the direction of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

test: setup ## The default suite; it waits for sockets a part of its time, so there is one tester more than cores
	$(BIN)/pytest -n $$(($$(getconf _NPROCESSORS_ONLN) + 1)) --dist worksteal -m "not slow"

test-slow: setup ## Long campaigns: many kills, many seeds, and many times as many examples for every law
	$(BIN)/pytest -m "slow or hypothesis" --hypothesis-profile thorough

conformance: setup ## Put every plugin through the kit, and write down which laws it kept
	$(BIN)/pytest -q -n $$(getconf _NPROCESSORS_ONLN) --crossdock-evidence $(PLUGINS:%=--crossdock-plugin %)

bench: setup ## Speed and memory beside a hand-written floor
	-$(UV) pip install --quiet --python $(BIN)/python --target .bench-peers 'dlt[sqlalchemy]' requests
	$(BIN)/python -m bench

mutants: setup ## Small changes of the translations, of which the kit must notice nine in ten; SAMPLE=300 draws so many of each, AGAIN=1 only survivors
	$(UV) pip install --quiet --python $(BIN)/python --target .mutants-tool --constraint requirements.lock mutmut==$(MUTMUT_VERSION)
	PYTHONPATH=$(CURDIR)/.mutants-tool:$(CURDIR) $(BIN)/python -m mutation $(SAMPLE:%=--sample %) $(AGAIN:%=--again)

docs: setup ## Regenerate the reference pages
	$(BIN)/python docs/generate.py

contract: setup ## Write down the contract that is about to be released
	PYTHONPATH=tests $(BIN)/python -m contracts.release

build: setup ## Four wheels in dist/
	$(UV) build --all-packages --wheel --out-dir dist

lock:
	$(UV) pip compile core/pyproject.toml $(wildcard plugins/*/pyproject.toml) --group dev --extra postgres --extra sftp --python-version 3.11 --universal \
	  --generate-hashes --no-emit-index-url --no-header --no-annotate --no-emit-package crossdock \
	  --no-emit-package crossdock-channeladvisor --no-emit-package crossdock-warehouseos --no-emit-package crossdock-shipping \
	  --quiet -o requirements.lock

clean:
	rm -rf $(VENV) dist .demo .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache docs/_build
