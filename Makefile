# Two commands, each of which sets up all it needs on a machine that has Python (3.11 or newer, with venv) and make:
#
#   make lab     JupyterLab on the quickstart
#   make test    every test, the browser ones included
#
# The rest is for those who change the code; `make help` lists it.

VENV := .venv
LITE := .venv-lite
BIN  := $(VENV)/bin

# Each candidate is started, because a name on PATH may be a shim with nothing behind it, and Debian ships Python without venv.
FIT = -c 'import ensurepip, sys, venv; sys.version_info < (3, 11) and sys.exit(1); print("%d.%d" % sys.version_info[:2], sys.executable)'
# 3.11 first: it is the oldest that is promised, and the one every version in constraints.txt was tried on.
PYTHON ?= $(shell for python in python3.11 python3 python3.12 python3.13 python3.14; do \
	$$python $(FIT) 2>/dev/null && break; done | cut -d' ' -f2)
# For the run without torch: the newest there is, pyenv's shelf included.
NEWEST ?= $(shell for python in python3.14 python3.13 python3.12 python3.11 python3 \
	$${PYENV_ROOT:-$$HOME/.pyenv}/versions/3.1[1-4].*/bin/python; do $$python $(FIT) 2>/dev/null; done | sort -rV | head -1 | cut -d' ' -f2)

PIP_FLAGS := --quiet --disable-pip-version-check --constraint constraints.txt
INSTALL    = $(1)/bin/python -m pip install $(PIP_FLAGS) --build-constraint constraints.txt
NO_PYTHON  = "nbperf needs Python 3.11 or newer with venv (on Debian and Ubuntu: apt-get install python3 python3-venv)"

# Jupyter refuses to run as root unless told so; in a container there is often nobody else.
AS_ROOT := $(if $(filter 0,$(shell id -u)),--allow-root)

.DEFAULT_GOAL := help
.PHONY: help lab test lint types front bench words test-lite wheel clean

help:  ## this list
	@awk -F ':.*##' '/^[a-z-]+:.*##/ { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

lab: $(VENV)/lab.stamp  ## JupyterLab on the quickstart (LAB_ARGS=--no-browser and the like are passed on)
	$(BIN)/jupyter lab --ip=127.0.0.1 --LabApp.default_url=/lab/tree/notebooks/00_quickstart.ipynb $(AS_ROOT) $(LAB_ARGS)

test: $(VENV)/tests.stamp  ## every test, the browser ones included (TEST_ARGS="-k words" and the like are passed on)
	@$(BIN)/python tests/browser/chromium.py --install
	NBPERF_BROWSER=required $(BIN)/python -m pytest $(TEST_ARGS)

test-lite: $(LITE)/tests.stamp  ## the tests that need neither torch nor a browser, on the newest Python here
	$(LITE)/bin/python -m pytest -m "not browser and not slow" $(TEST_ARGS)

lint: $(VENV)/lint.stamp  ## ruff
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: $(VENV)/lint.stamp  ## mypy, strict, and TypeScript's own
	$(BIN)/mypy
	$(BIN)/python -m pytest -q tests/panels/test_front.py -k types

front: $(VENV)/tests.stamp  ## the browser part of the panels anew, in place
	$(BIN)/python hatch_build.py

bench: $(VENV)/bench.stamp  ## what a cell, a traced line and a live panel cost beside other tools; how often equal code is called different
	$(BIN)/python -m tests.benchmarks.cost
	$(BIN)/python -m tests.benchmarks.memtrace
	$(BIN)/python -m tests.benchmarks.false_differences
	$(BIN)/python -m tests.benchmarks.panels

words: $(VENV)/tests.stamp  ## collect the sentences from the code and compile the catalogue
	$(BIN)/python tests/words.py

wheel: $(VENV)/tests.stamp  ## dist/nbperf-*.whl
	$(BIN)/python -m build --wheel --no-isolation

clean:  ## remove what make and the tools made, the environments too
	rm -rf $(VENV) $(LITE) dist build nbperf/panels/static nbperf/panels/front/node_modules tests/browser/shots .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find nbperf tests -name __pycache__ -prune -exec rm -rf {} +

# Environments. A stamp is newer than what was asked for when all of it is installed, so that a second call is quick.
$(VENV)/pip.stamp: constraints.txt
	@test -n "$(PYTHON)" || { echo $(NO_PYTHON) >&2; exit 1; }
	@test -x $(BIN)/python || { echo "Making $(VENV) with $(PYTHON)"; $(PYTHON) -m venv $(VENV); }
	@$(BIN)/python -m pip install $(PIP_FLAGS) pip
	@touch $@

FRONT := $(wildcard nbperf/panels/front/*.json nbperf/panels/front/src/*) hatch_build.py

# pip runs hatch_build.py, which builds the browser part of the panels when its sources are new.
$(VENV)/lab.stamp: $(VENV)/pip.stamp pyproject.toml $(FRONT)
	@echo "Installing nbperf, JupyterLab and PyTorch into $(VENV): some minutes the first time"
	@$(call INSTALL,$(VENV)) --editable ".[all]"
	@touch $@

$(VENV)/tests.stamp: $(VENV)/lab.stamp
	@$(call INSTALL,$(VENV)) --group tests --group trackers
	@touch $@

$(VENV)/lint.stamp: $(VENV)/tests.stamp
	@$(call INSTALL,$(VENV)) --group lint --group types
	@touch $@

$(VENV)/bench.stamp: $(VENV)/tests.stamp
	@$(call INSTALL,$(VENV)) --group bench
	@touch $@

$(LITE)/tests.stamp: constraints.txt pyproject.toml $(FRONT)
	@test -n "$(NEWEST)" || { echo $(NO_PYTHON) >&2; exit 1; }
	@test -x $(LITE)/bin/python || { echo "Making $(LITE) with $(NEWEST)"; $(NEWEST) -m venv $(LITE); }
	@$(LITE)/bin/python -m pip install $(PIP_FLAGS) pip
	@$(call INSTALL,$(LITE)) --editable . --group tests
	@touch $@
