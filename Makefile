# The commands of the project. `make help` lists them.

VENV := .venv
RUN := $(VENV)/bin/python -m
DEMO := build/demo
MINUTES := 5
SOURCES := $(shell find src -name '*.py' -not -path '*/__pycache__/*') requirements/lock.txt requirements/torch.txt

.DEFAULT_GOAL := help
.PHONY: help demo test test-slow lint format bench-tables bench-sequences bench-grids lock runtime dev clean

help:  ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "make %-14s %s\n", $$1, $$2}'

demo: $(DEMO)/report.html  ## compare the five families on the bundled Adult table (8 minutes on 2 cores)
	@echo "the report: $(CURDIR)/$(DEMO)/report.html   (once more: make -B demo)"

$(DEMO)/report.html: $(SOURCES)
	@scripts/setup.sh runtime
	@$(VENV)/bin/fivefold compare adult --minutes $(MINUTES) --out $(DEMO)

test: dev  ## the quick tests and the examples in the documentation of the code
	@$(RUN) pytest -q

test-slow: dev  ## fuzzing at length and long trainings
	@$(RUN) pytest -q -m slow

lint: dev  ## ruff, mypy and the floors of the house
	@$(RUN) ruff check .
	@$(RUN) ruff format --check .
	@$(RUN) mypy
	@$(VENV)/bin/lint-imports --no-logo

format: dev  ## let ruff put the code in form
	@$(RUN) ruff check --fix .
	@$(RUN) ruff format .

bench-tables: dev  ## measure the families against named peers (hours; peers get their own environment)
	@$(VENV)/bin/python benchmarks/tables/run.py $(if $(HOLDOUT),--holdout $(HOLDOUT))

bench-sequences: dev  ## training, generation, molecules, ... beside named peers (about 90 CPU minutes)
	@for script in training generation molecules latents revealing understanding exams architectures; do \
	  $(VENV)/bin/python benchmarks/sequences/$$script.py || exit 1; \
	done
	@$(VENV)/bin/python benchmarks/sequences/page.py

bench-grids: dev  ## five families and named peers: TASK=mnist, emoji, weather or tracks, DATA=its folder (hours; peers get their own environment)
	@$(VENV)/bin/python benchmarks/grids/run.py --task $(or $(TASK),mnist) --data $(DATA) --seeds 3

lock:  ## resolve requirements/*.txt again (needs uv)
	@scripts/lock.sh

runtime:
	@scripts/setup.sh runtime

dev:
	@scripts/setup.sh dev

clean:  ## remove everything that make made
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +
