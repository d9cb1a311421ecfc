# Firstcall. `make run` and `make test` need Python 3.11+ and make, nothing else.
# Paths are relative on purpose: a checkout may lie in a folder with spaces in its name.

PORT ?= 8000
TIME_SCALE ?= 1
PYTHON ?= python3
TESTS ?=

.PHONY: run test test-browser bench lint venv venv-dev help

help:
	@echo 'make run [PORT=8000] [TIME_SCALE=1]   start everything; Ctrl-C stops it'
	@echo 'make test                             the tests that need no browser'
	@echo 'make test-browser                     the tests in Chromium'
	@echo 'make bench                            benchmarks, into var/bench.json'
	@echo 'make lint                             style, types, import rules, migrations'

# `exec`, so that a signal to make's child reaches Python and no shell in between.
run: venv
	@PORT='$(PORT)' TIME_SCALE='$(TIME_SCALE)' DEMO="$${DEMO:-1}" exec .venv/bin/python manage.py run

test: venv-dev
	@exec .venv/bin/python -m pytest -n 3 --dist loadscope --no-loadscope-reorder $(TESTS)

test-browser: venv-dev
	@sh .ci/chromium
	@exec .venv/bin/python -m pytest -n 2 --dist loadfile -o addopts="--strict-markers --strict-config -ra" tests/browser $(TESTS)

bench: venv-dev
	@exec .venv/bin/python manage.py bench

lint: venv-dev
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports
	@.venv/bin/djlint templates --lint --quiet
	@.venv/bin/python manage.py makemigrations --check --dry-run

venv:
	@PYTHON='$(PYTHON)' sh .ci/venv requirements.txt

venv-dev:
	@PYTHON='$(PYTHON)' sh .ci/venv requirements-dev.txt
