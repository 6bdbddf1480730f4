# The mall from a shell. Everything else: `.venv/bin/poe` and `.venv/bin/python manage.py help`.
#   make run                 open the mall at http://127.0.0.1:8000 (PORT=8010 for another port)
#   make run TORCH=cpu       on Linux: without 5 GB of GPU libraries
#   make run PYTHON=python3.12
#   make stack               the mall on PostgreSQL, Redis and OpenSearch, without Docker (PORT=8010, ENGINE=embedded)
#   make opensearch          a search server for the mall, without Docker (PORT=9210, VERSION=2.19.6, HEAP=2g)
SHELL := /bin/sh
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3 python; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null && echo $$p && break; done)
PORT ?= 8000
HOST ?= 127.0.0.1
TORCH ?=
export TORCH

.PHONY: help install run stack opensearch test check clean

help:
	@echo "make run     open the mall: installs, sets up, seeds and starts everything (PORT=8000, TORCH=cpu)"
	@echo "make opensearch  a search server for the mall, without Docker (PORT=9200, VERSION=3.6.0, HEAP=1g)"
	@echo "make stack   the same on real servers: PostgreSQL, Redis, OpenSearch, web, worker, clock (PORT=8000)"
	@echo "make test    everything: lint, types, the whole test suite, browser tests included"
	@echo "make check   the quick part: lint, types, layers, translations, unit tests"
	@echo "make clean   throw away the demo mall's data (var/); make run makes it anew"

install:
	@test -n "$(PYTHON)" || { echo "The mall needs Python 3.11, 3.12 or 3.13, and none was found."; \
		echo "Install one of them, or name it: make run PYTHON=/path/to/python3.12"; exit 2; }
	@"$(PYTHON)" mall/ops/install.py

run: install
	@exec .venv/bin/python manage.py run_mall --host "$(HOST)" --port "$(PORT)"

stack: ENGINE ?= opensearch
stack: install
	@exec .venv/bin/python -m mall.ops.run_stack --port "$(PORT)" --engine "$(ENGINE)"

opensearch: PORT = 9200
opensearch: VERSION ?= 3.6.0
opensearch: HEAP ?= 1g
opensearch: install
	@exec .venv/bin/python -m mall.ops.opensearch --version "$(VERSION)" --port "$(PORT)" --heap "$(HEAP)" \
		--data "var/opensearch/$(VERSION)"

check: install
	@PATH="$(CURDIR)/.venv/bin:$$PATH" .venv/bin/poe check

test: install
	@PATH="$(CURDIR)/.venv/bin:$$PATH" .venv/bin/poe check-code
	@PATH="$(CURDIR)/.venv/bin:$$PATH" .venv/bin/poe test

clean:
	@rm -rf var staticfiles .mypy_cache .ruff_cache .pytest_cache .import_linter_cache test-results
	@echo "The demo mall's data are gone; .venv is kept."
