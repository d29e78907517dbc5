# Two commands set everything up: `make run` and `make test`. `make help` lists the rest.
SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help run up-local test lint check soak bench lock setup setup-distributed setup-dev clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 20

run: setup ## Set up if needed, start the product, open its page (HOST, PORT, DATA_DIR)
	@exec $(BIN)/quaestio serve --open

up-local: setup-distributed ## Start Redis, Celery workers, beat, Flower and the API, without containers
	@exec $(BIN)/python -m tools.up_local

# Most of the long tests wait for processes that they start: three at a time use two cores better. A file's
# tests stay together, so that they share its servers, in the order of tests/conftest.py: the longest first.
test: setup-dev ## Set up if needed, run every test
	@$(BIN)/python -m compileall -q backend celery_app # for where no process may write it
	@$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder

lint: setup-dev ## Format, lint, types, import contract
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@PYTHONPATH=clients/python $(BIN)/lint-imports

check: lint ## What `lint` does, and the quick tests (under 60 s)
	@$(BIN)/python -m pytest -q -n 2 --dist loadfile tests/unit tests/contract tests/architecture -m "not slow"

soak: setup-dev ## Kill processes many times and prove that nothing is lost (KILLS=200, SEED)
	@KILLS=$${KILLS:-200} $(BIN)/python -m pytest -q -s tests/faults

bench: setup-dev ## Run the benchmarks and write benchmarks/results
	@$(BIN)/python -m benchmarks

setup: ## Make .venv with what the product needs
	@tools/setup default

setup-distributed: ## Make .venv with what Celery workers need as well
	@tools/setup distributed

setup-dev: ## Make .venv with what its development needs
	@tools/setup dev

lock: ## Pin the newest versions that pyproject.toml allows (needs uv)
	uv pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  pyproject.toml requirements/model.in -o requirements/default.txt
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  pyproject.toml requirements/model.in --extra distributed --group dev -c requirements/default.txt \
	  -o requirements/dev.txt
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  pyproject.toml requirements/model.in --extra distributed -c requirements/dev.txt \
	  -o requirements/distributed.txt
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  pyproject.toml --extra sentence-transformers -c requirements/dev.txt --no-emit-package torch \
	  -o requirements/sentence-transformers.txt

clean: ## Remove what `make` made, but no data
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache build dist *.egg-info
