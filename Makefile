# Chợ Số. `make help` lists what there is.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PY := .venv/bin/python
FLASK := .venv/bin/flask --app wsgi
PORT ?= 8000
PACKAGES := traceability payments portal

.PHONY: help run test check bench faults sbom messages requirements system node contract format

help: ## List the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

.venv/run: requirements.txt
	python3 -m venv .venv
	.venv/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	touch $@

.venv/dev: requirements.txt requirements-dev.txt
	python3 -m venv .venv
	.venv/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	touch .venv/run $@

run: .venv/run ## Install, migrate, load the demo into an empty database, and run web, worker and sandboxes
	@PORT=$(PORT) $(PY) -m portal.run

system: ## Install what the tests need from Debian (Chromium, PostgreSQL, zbar)
	@bash tests/system.sh

node: .venv/dev ## Install the EVM node that the tests drive
	@bash tests/npm/install.sh

test: .venv/dev system node ## Run every test, on SQLite and PostgreSQL, with a real browser and a real EVM node
	$(PY) -m pytest -n 2 --dist loadfile

check: .venv/dev ## Format, lint, types, architecture, catalogues: seconds, no servers
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports --no-cache
	.venv/bin/djlint portal/templates --lint --quiet
	$(PY) -m translations.check

bench: .venv/dev system node ## Measure against peers in the same run; fails on a missed bar
	$(PY) -m benchmarks

faults: .venv/dev system ## Random faults under load, then 1,000 steps of payments, over a real portal; SEED=… replays
	$(PY) -m tests.faults.randomly $(if $(SEED),--seed $(SEED)) $(if $(MINUTES),--minutes $(MINUTES)) $(if $(STEPS),--steps $(STEPS))

sbom: .venv/dev ## List every pinned package in CycloneDX, into sbom.json
	$(PY) -m tests.bill_of_materials sbom.json

messages: .venv/dev ## Collect the messages and compile the catalogues
	$(PY) -m translations.collect

requirements: .venv/dev ## Pin and hash what the .in files ask for
	for name in requirements requirements-dev tests/npm/node; do .venv/bin/uv pip compile -q --generate-hashes --no-emit-index-url --no-annotate --no-header --python-version 3.11 $$name.in -o $$name.txt; done

contract: .venv/dev ## Compile the anchors' contract into the artefact that is shipped
	$(PY) -m tests.compile_contract

format: .venv/dev ## Format and fix what can be fixed
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix .
