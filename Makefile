# Everything a person does with a fresh clone: `make help` lists it.
# Needs Python 3.11 or newer, git, GNU make, and the package registries of Python and npm (or mirrors of them).

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?= python3
PORT ?= 5000
VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv
TEST_ARGS ?=
BARS ?=

LOCKS := requirements/bootstrap.txt requirements/dev.txt
ASSETS := static/vendor/.stamp
BROWSER := .browser/path

.PHONY: help
help: ## List what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /|/' | awk -F'|' '{ printf "  make %-14s %s\n", $$1, $$2 }'

.PHONY: setup
setup: $(VENV)/.installed $(ASSETS) translations ## Install everything from the lock files; again only where they changed

$(VENV)/.created: requirements/bootstrap.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Hefboom needs Python 3.11 or newer; say PYTHON=… to make")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.txt
	touch $@

$(VENV)/.installed: $(VENV)/.created $(LOCKS) setup.cfg pyproject.toml
	$(UV) pip sync --quiet --compile-bytecode --python $(BIN)/python --require-hashes $(LOCKS)
	$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	touch $@

$(ASSETS): static/build.py static/govuk.scss static/package.json static/package-lock.json | $(VENV)/.installed
	$(BIN)/python static/build.py
	touch $@

$(BROWSER): | $(VENV)/.installed
	$(BIN)/python -m tests.browser

.PHONY: translations
translations: $(VENV)/.installed ## Compile the Dutch and Swedish catalogues
	if compgen -G 'translations/*/LC_MESSAGES/*.po' > /dev/null; then $(BIN)/pybabel --quiet compile -d translations; fi

.PHONY: demo
demo: setup ## Start the product with an invented round (PORT=5000)
	PORT=$(PORT) $(BIN)/flask --app wsgi demo

.PHONY: test
test: setup $(BROWSER) ## Run the tests, browser included (TEST_ARGS=… goes to pytest)
	$(BIN)/python -m tests.run $(TEST_ARGS)

.PHONY: check
check: setup ## Style, types, layers, templates
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/djlint templates --lint --quiet

.PHONY: bars
bars: setup $(BROWSER) ## Measure the bars of the specification (BARS=tests/benchmarks … runs some of them again)
	$(BIN)/python -m benchmarks.bars $(BARS)

.PHONY: bench
bench: setup ## Run the benchmarks
	$(BIN)/python -m benchmarks.run

.PHONY: screenshots
screenshots: setup $(BROWSER) ## Take pictures of the main pages into docs/pictures
	$(BIN)/python -m benchmarks.screenshots

.PHONY: lock
lock: $(VENV)/.installed ## Lock the newest dependencies that the .in files allow, with hashes and without addresses
	for set in run dev; do $(UV) pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url requirements/$$set.in -o requirements/$$set.txt; done
	$(BIN)/python static/build.py lock

.PHONY: clean
clean: ## Remove what was built, not the data in var/
	rm -rf $(VENV) .browser static/vendor static/node_modules build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
