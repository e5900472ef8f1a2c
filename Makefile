# dlcode from a checkout: python3 (3.11 or later), python3-venv and make are all that a machine needs.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --quiet --disable-pip-version-check --no-input

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test bench wheel clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-6s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(VENV)/installed ## install into .venv and run the main job: prove, refuse, match, and one round trip
	@$(BIN)/python -m dlcode.demo

test: $(VENV)/installed-for-tests ## lint, types, import rules and every test
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/mypy
	$(BIN)/python -m pytest

bench: $(VENV)/installed-for-tests ## the pytest-benchmark suites
	$(BIN)/python -m pytest bench/ --benchmark-only

wheel: $(VENV)/installed-for-tests ## build the wheel into dist/
	@rm -rf build dist
	@$(PIP) wheel --no-deps --wheel-dir dist .
	@rm -rf build
	@ls dist/*.whl

clean: ## remove what building and testing made
	rm -rf $(VENV) build dist *.egg-info .benchmarks .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache

# An installation stands for the pyproject.toml it was made from; when that changes it is made again from nothing.
$(VENV)/installed: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "dlcode needs Python 3.11 or later; name one: make PYTHON=python3.11")'
	@echo "installing dlcode into $(VENV) (once)" >&2
	@$(PYTHON) -m venv --clear $(VENV)
	@$(PIP) install --editable .
	@touch $@

$(VENV)/installed-for-tests: $(VENV)/installed
	@echo "installing the test tools into $(VENV) (once)" >&2
	@$(PIP) install --editable '.[test]'
	@touch $@
