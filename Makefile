# Two commands: `make demo` shows what evalkit does, `make test` proves that it does it.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin

.PHONY: help demo test slow train check foreign docs bench clean setup

help: ## what there is
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

demo: $(VENV)/.demo ## from a spreadsheet to a judged model, on real models, without a key
	$(BIN)/evalkit demo

test: $(VENV)/.test ## set up and run the tests (not the slow ones)
	$(BIN)/python -m pytest -m "not slow and not local" -n auto

slow: $(VENV)/.test ## the slow tests: the local model, the built wheel, kills
	$(BIN)/evalkit local setup
	EVALKIT_REQUIRE_LOCAL=1 $(BIN)/python -m pytest -m "slow or local" -n auto

train: $(VENV)-train/.made ## optional: a real training of the local model (torch; minutes), and whether it got better
	$(VENV)-train/bin/evalkit local setup
	EVALKIT_REQUIRE_TRAIN=1 $(VENV)-train/bin/python -m pytest tests/jobs/training tests/jobs/providers/test_local.py

check: $(VENV)/.check ## linters, types, layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

foreign: ## optional: the clients and loaders of providers and trainers judge what we write for them
	$(PYTHON) -m venv $(VENV)-foreign
	$(VENV)-foreign/bin/python -m pip install -q --disable-pip-version-check "pip>=25.1"
	$(VENV)-foreign/bin/python -m pip install -q --disable-pip-version-check -e ".[local,fast,xlsx,zstd,parquet]" --group test --group foreign --group foreign-trainers
	$(VENV)-foreign/bin/python -m pip install -q --disable-pip-version-check --no-deps trl==1.16.0 llamafactory==0.9.5 together==1.5.35
	$(VENV)-foreign/bin/python -m pytest tests/foreign

docs: $(VENV)/.docs ## the pages as a site, in build/docs; a warning is an error
	$(BIN)/python -m sphinx -n -W --keep-going -q -b html docs build/docs
	@echo build/docs/index.html

bench: $(VENV)/.test ## measurements against named peers
	for file in benchmarks/bench_*.py; do $(BIN)/python $$file || exit 1; done

setup: $(VENV)/.check ## everything a developer needs

$(VENV)/.made:
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.demo: $(VENV)/.made pyproject.toml
	$(BIN)/python -m pip install -q --disable-pip-version-check -e ".[local,fast]"
	$(BIN)/evalkit local setup
	@touch $@

$(VENV)/.test: $(VENV)/.made pyproject.toml
	$(BIN)/python -m pip install -q --disable-pip-version-check "pip>=25.1"
	$(BIN)/python -m pip install -q --disable-pip-version-check -e ".[local,fast,xlsx,zstd,parquet]" --group test --group check --group bench
	@touch $@

# torch first and alone: else pip takes a build with gigabytes of CUDA. Where this one has them too:
# make train TORCH="torch --index-url https://download.pytorch.org/whl/cpu"
TORCH ?= torch==2.13.0
$(VENV)-train/.made: pyproject.toml
	$(PYTHON) -m venv $(VENV)-train
	$(VENV)-train/bin/python -m pip install -q --disable-pip-version-check "pip>=25.1"
	$(VENV)-train/bin/python -m pip install -q --disable-pip-version-check $(TORCH)
	$(VENV)-train/bin/python -m pip install -q --disable-pip-version-check -e ".[local,train]" --group test
	@touch $@

$(VENV)/.docs: $(VENV)/.made pyproject.toml
	$(BIN)/python -m pip install -q --disable-pip-version-check "pip>=25.1"
	$(BIN)/python -m pip install -q --disable-pip-version-check --group docs
	@touch $@

$(VENV)/.check: $(VENV)/.test
	@touch $@

clean: ## remove what was made
	rm -rf $(VENV) $(VENV)-foreign $(VENV)-train dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis
