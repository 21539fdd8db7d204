# make run    set everything up and start the simulated vehicle with its page
# make demo   set everything up for camera frames, render a street, label it, and open the review
# make test   set everything up, check style and types, run all tests
# make bench  measure, and write benchmarks/results/*.json
# make lint   style and types only
PYTHON ?= python3
VENV ?= .venv
MODEL ?= smollm2-135m-instruct
BIN := $(VENV)/bin
USER_READY := $(VENV)/.ready-to-run
FRAMES_READY := $(VENV)/.ready-for-frames
DEV_READY := $(VENV)/.ready-to-develop

.PHONY: run demo test bench lint format clean

run: $(USER_READY)
	@$(BIN)/codriver models pull $(MODEL) || echo "Going on without the language model; the grammar understands plain commands."
	@$(BIN)/codriver run $(ARGS)

demo: $(FRAMES_READY)
	@$(BIN)/codriver demo $(ARGS)

test: $(DEV_READY) lint
	$(BIN)/python -m pytest -n 2 --dist loadfile $(ARGS)

bench: $(DEV_READY)
	$(BIN)/python -m benchmarks $(ARGS)

lint: $(DEV_READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(DEV_READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf $(VENV) build .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "codriver needs Python 3.11 or newer; run make PYTHON=python3.11 …")'
	$(PYTHON) -m venv $(VENV)

$(USER_READY): pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(FRAMES_READY): pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable '.[perception]'
	@touch $@

$(DEV_READY): pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch $@ $(USER_READY) $(FRAMES_READY)
