# Every target makes its own set-up. PYTHON picks the interpreter (3.11 to 3.13).
PYTHON ?= $(firstword $(foreach p,python3.11 python3.12 python3.13 python3,$(shell command -v $(p) 2>/dev/null)))
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready
RUN_DATE ?= $(shell date +%F)
PYTEST = $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder --run-date $(RUN_DATE)
ROOMS := foundation ingest feedback projection expectations publication outside orchestration

export DO_NOT_TRACK := 1
export DAGSTER_DISABLE_TELEMETRY := 1

.PHONY: setup setup-prefecture refresh history schedule test test-exhaustive test-all test-fast promises pages check bench wheelhouse clean

setup: $(STAMP)

$(STAMP): requirements.lock pyproject.toml setup.py
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $(STAMP)

# What several machines need beside, 110 MB (docs/prefecture.ja.md); no ordinary night imports it.
setup-prefecture: $(VENV)/.prefecture

$(VENV)/.prefecture: $(STAMP) requirements-prefecture.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps --only-binary :all: -r requirements-prefecture.lock
	touch $(VENV)/.prefecture

# A trial on the samples of 根室市 and 釜石市; a home with its own files runs `sousei refresh`.
refresh: setup history
	$(BIN)/sousei refresh --samples

history:
	install -d -m 0750 var var/dagster
	cp orchestration/dagster.yaml var/dagster/dagster.yaml

# The nightly job at 02:00 Asia/Tokyo, and a read-only page on 127.0.0.1:3000 that shows it. Ends with Ctrl-C.
schedule: export DAGSTER_HOME := $(CURDIR)/var/dagster
schedule: setup history
	$(BIN)/dagster-webserver -m sousei.orchestration.definitions --read-only --host 127.0.0.1 & trap "kill $$!" EXIT; \
	$(BIN)/dagster-daemon run -m sousei.orchestration.definitions

# All but the exhaustive part: some ten minutes on two cores. Of many alike cases
# (the marker `sampled`) some are in it, and of each promise at least one test. `make test-all` runs both, in one go.
test: setup
	$(PYTEST) -m "not exhaustive"

test-exhaustive: setup
	$(PYTEST) -m exhaustive

test-all: setup
	$(PYTEST)

# What a developer runs between two edits: rooms alone and rules over the whole, no night. Under two minutes.
test-fast: setup
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "not slow" tests/unit tests/contract

# What is promised, by which tests it is proved, and how they ended the last time (`make test-all`).
promises: setup
	@$(BIN)/python -m tests.promises

# Writes what the documents take from the program: the list of marts, the problems, the promises, the asset graph.
pages: setup
	$(BIN)/python -m tests.golden.pages

check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	mkdir -p build/typed/sousei && for room in $(ROOMS); do ln -sfn ../../../$$room build/typed/sousei/$$room; done
	$(BIN)/mypy
	PYTHONPATH=build/typed $(BIN)/lint-imports --no-cache --no-logo
	$(BIN)/sqlfluff lint --disable-progress-bar dbt_project/models dbt_project/tests dbt_project/macros publication/queries

# The folder that a machine without a network installs from (docs/operation.ja.md); for the Python of the set-up.
# WITH=prefecture: for several machines too (docs/prefecture.ja.md).
wheelhouse: setup
	$(BIN)/python -m wheelhouse $(if $(WITH),--with $(WITH))

# W1 to W8 with small sizes (`BENCH=--full` for those of the bars), then what has no bar among them.
bench: setup
	$(BIN)/python -m benchmarks $(BENCH)
	$(BIN)/python -m benchmarks.ingest
	$(BIN)/python -m benchmarks.faults
	$(BIN)/python -m benchmarks.papers

clean:
	rm -rf $(VENV) var build *.egg-info
