# Shortcuts for developers. Users need only `python3 start.py`.
PY := .venv/bin/python
BIN := .venv/bin

.PHONY: help check lint types test lock fuzz faults load schema messages

help:  ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/ —/'

check: lint types  ## what should pass before every commit, under 90 seconds
	python3 start.py test -q tests/architecture tests/engine

lint:  ## style, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types:  ## strict typing where the house asks for it
	$(BIN)/mypy

test:  ## all tests on a throw-away database
	python3 start.py test

lock:  ## renew the locked requirements from the .in files
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --system-certs --no-header --no-emit-index-url --no-emit-find-links -o requirements.txt requirements.in
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --system-certs --no-header --no-emit-index-url --no-emit-find-links -c requirements.txt -o requirements-dev.txt requirements-dev.in

fuzz:  ## thousands of hostile requests per API operation (minutes)
	FUZZ_EXAMPLES=1000 python3 start.py test -q tests/fuzz

faults:  ## kills processes, the broker and the database in the middle of work (minutes)
	$(PY) -m tools.faults

load:  ## a bounded load on a private instance (two minutes)
	$(PY) -m tools.load

schema:  ## write the OpenAPI schema that CI compares with
	$(PY) manage.py spectacular --file api-schema.yml --validate --fail-on-warn

messages:  ## collect texts for translation
	$(PY) manage.py makemessages --all --ignore .venv --ignore var --ignore node_modules
