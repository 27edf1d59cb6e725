# make demo    sets up, then turns a photo and a few notes into a posted reel
# make test    sets up, then runs every check and test
# make up      runs the product: web, the three worker clusters, tick (DATA=folder for other data)
# make check   the quick half of `make test`: formatting, lint, types, import contracts, migrations
# make bench   prints the numbers we quote (BENCH="--only speed" for some of them)
# make bench-publishing  many posts through real workers that are killed, and platforms that fail (half an hour)
# make bench-engines  a reel from the dashboard with every engine, against the double (a quarter of an hour)
# make bench-timing  six ways to choose the hour of a post, simulated (about five minutes)
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:

# The first Python in sight that the locked packages have wheels for.
PYTHON ?= $(shell for p in python3.11 python3.12 python3; do \
  $$p -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 13))' \
  >/dev/null 2>&1 && echo $$p && break; done)
BIN := .venv/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
APPS := studio creators scripts_gen avatar publishing
DATA ?=
export UNDERSTUDY_DATA := $(if $(DATA),$(abspath $(DATA)),$(UNDERSTUDY_DATA))
ifeq ($(UNDERSTUDY_DATA),)
unexport UNDERSTUDY_DATA
endif

.PHONY: help setup demo up test check format bench bench-timing bench-publishing bench-engines lock clean browser databases pytest

help:
	@sed -n 's/^# make /make /p' Makefile

# --- setting up ---------------------------------------------------------------------------------

setup: .venv/ready

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "Understudy needs Python 3.11 or 3.12 with venv (Debian: apt install python3-venv)." >&2; exit 2; }
	@echo "Making .venv with $(PYTHON)"
	@$(PYTHON) -m venv .venv

# torch comes first and with its own needs: the CPU build where pip finds one, CUDA where it does not.
.venv/ready: requirements.lock | .venv/bin/python
	@echo "Installing the locked packages (about two minutes the first time)"
	@$(PIP) install torch==2.13.0 --constraint requirements.lock
	@$(PIP) install --no-deps --requirement requirements.lock
	@touch $@

.venv/ready-to-test: requirements-test.lock .venv/ready
	@echo "Installing what the checks and tests need"
	@$(PIP) install --no-deps --requirement requirements-test.lock
	@touch $@

lock:  ## resolve pyproject.toml anew, in an environment of its own
	@rm -rf .venv-lock && $(PYTHON) -m venv .venv-lock
	@.venv-lock/bin/python -m pip --quiet install torch==2.13.0 packaging
	@.venv-lock/bin/python -m pip --quiet install '.[agency,whisper,dev]'
	@.venv-lock/bin/python benchmarks/lock.py
	@rm -rf .venv-lock

# --- using --------------------------------------------------------------------------------------

demo: .venv/ready
	@rm -rf demo
	@UNDERSTUDY_DATA="$(CURDIR)/demo" $(BIN)/python manage.py migrate --verbosity 0
	@UNDERSTUDY_DATA="$(CURDIR)/demo" $(BIN)/python manage.py demo $(if $(PHOTO),--photo "$(PHOTO)")

up: .venv/ready
	@$(BIN)/python manage.py migrate --verbosity 0
	@$(BIN)/python manage.py check
	@$(BIN)/python manage.py setup_code
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/honcho start || test $$? = 130

bench: .venv/ready
	@$(BIN)/python -m benchmarks $(BENCH)

bench-timing: .venv/ready
	@OPENBLAS_NUM_THREADS=1 $(BIN)/python -m benchmarks.timing $(BENCH)

bench-publishing: .venv/ready-to-test
	@$(BIN)/python -m benchmarks.publishing $(BENCH)

bench-engines: .venv/ready-to-test
	@$(BIN)/python -m benchmarks.engines $(BENCH)

# --- checking -----------------------------------------------------------------------------------

check: .venv/ready-to-test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy $(APPS) manage.py
	$(BIN)/djlint --check --lint templates
	$(BIN)/lint-imports --no-cache
	UNDERSTUDY_DATA="$$(mktemp -d)" $(BIN)/python manage.py makemigrations --check --dry-run

format: .venv/ready-to-test
	$(BIN)/ruff check --fix --quiet . || true
	$(BIN)/ruff format .
	$(BIN)/djlint --quiet --reformat templates || true

test: check browser pytest databases

# Chromium for the browser tests: Debian's and Ubuntu's package where we may install it.
browser:
	@command -v chromium chromium-browser google-chrome >/dev/null || \
	  { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && echo "Installing chromium" && \
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null; } || \
	  echo "No Chromium here and none could be installed: the browser tests will be skipped."

# One thread each: two workers on two cores, and torch's idle threads would spin in each other's way.
pytest databases: export OMP_NUM_THREADS := 1

pytest: .venv/ready-to-test
	$(BIN)/pytest -n 2 --dist loadgroup

# The same code on PostgreSQL and with Redis as the queue's broker, where they run.
databases: .venv/ready-to-test
	@$(BIN)/python -m tests.databases

clean:
	rm -rf .venv .venv-lock demo build .pytest_cache .mypy_cache .ruff_cache
