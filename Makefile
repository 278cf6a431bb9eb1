# `make demo` and `make test` work on a machine with Python 3.11 and nothing else.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PLUGINS := $(wildcard plugins/*)
READY := $(VENV)/.ready

.PHONY: setup install demo test test-fast bench lint format docs site notebooks clean

setup: $(READY)

$(READY): pyproject.toml constraints.txt $(PLUGINS:=/pyproject.toml)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]' $(PLUGINS:%=--editable %)
	touch $@

install:  ## install rlzoo and all its packages into the active environment
	$(PYTHON) -m pip install --constraint constraints.txt . $(PLUGINS:%=./%)

demo: setup  ## train DQN with a hard target on CartPole-v1, ten seeds at once
	$(BIN)/rlzoo demo

test: setup  ## run all tests
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder

test-fast: setup  ## run the fast tests, in less than three minutes
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder -m "not slow"

bench: setup  ## find what has become slower than the stored baseline
	$(BIN)/python benchmarks/bench.py

lint: setup  ## check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: setup  ## run every example in the docs
	$(BIN)/python -m pytest README.md docs

site: setup  ## build the documentation site in build/site
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build
	@echo build/site/index.html

notebooks: setup  ## run the notebooks, and store their outputs
	$(BIN)/python -m website.notebooks

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache
