# Two commands do everything on a fresh machine: `make demo` shows four releases, `make test` runs every test.
# Virtual environments are made from hash-pinned locks, which are complete (so --no-deps: pip would look at newer
# versions for `name[extra]` and refuse them for want of a hash); big binaries are cached in ~/.cache/pointsman by version.

PYTHON ?= $(shell for p in python3.14 python3.13 python3.12 python3.11 python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
PIP_FLAGS = --disable-pip-version-check --quiet --require-hashes --no-deps
DEMO = .venv-demo
DEV = .venv
DEMO_FOLDER ?= demo-report

DIST ?= dist

.PHONY: help demo shop test test-fast crash lint docs gen bench wheel release-dry-run setup lock clean

help:
	@echo "make demo    good and bad releases, by blue-green and by a canary, under load, on this machine (needs only Python 3.11+)"
	@echo "make shop    the shop of the demo, open for releases of your own until Ctrl-C: docs/local-testing.md"
	@echo "make test    every test this machine can run; with CI=true nothing may be left out"
	@echo "make crash   every release killed and disturbed at each API request; writes the table of docs/reliability.md"
	@echo "make lint    types, style, layers, generated files, workflows"
	@echo "make docs    the documentation as a site, in build/site"
	@echo "make gen     write again what is generated from src/pointsman/entry/spec.py"
	@echo "make bench   ratios against a plain kubectl script; start-up; API requests; the judge against its peers"
	@echo "make release-dry-run"
	@echo "             a release up to where it would be public: wheel, image, size, bill of materials, lock, the steps on that image"
	@echo "make setup   the environment for development (.venv)"

demo: $(DEMO)/ready
	exec env PYTHONPATH="$(CURDIR)/src" $(DEMO)/bin/python -P -m pointsman.demo --folder "$(DEMO_FOLDER)"

shop: $(DEMO)/ready
	exec env PYTHONPATH="$(CURDIR)/src" $(DEMO)/bin/python -P -m pointsman.demo --open --folder "$(DEMO_FOLDER)"

$(DEMO)/ready: requirements-local.lock | python
	$(PYTHON) -m venv $(DEMO)
	$(DEMO)/bin/python -m pip install $(PIP_FLAGS) -r requirements-local.lock
	@touch $@

setup: $(DEV)/ready

$(DEV)/ready: requirements-dev.lock pyproject.toml | python
	$(PYTHON) -m venv $(DEV)
	$(DEV)/bin/python -m pip install $(PIP_FLAGS) -r requirements-dev.lock
	$(DEV)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# Where the cluster cannot be built, its tests are skipped and listed at the end; with CI=true that is a failure.
# Five workers, for most tests wait most of the time; tests/conftest.py says who takes what. A part of the tests, with
# the programs it needs besides the cluster: `make test TESTS=tests/crash PROGRAMS=kubernetes`, as .github/workflows/test.yml.
test: setup
	$(DEV)/bin/python -m tests.cluster.harness build $(PROGRAMS) || [ "$$CI" != true ]
	$(DEV)/bin/python -m pytest -n 5 $(TESTS)

test-fast: setup
	$(DEV)/bin/python -m pytest tests/unit tests/steps tests/stateful tests/contract

crash: setup
	$(DEV)/bin/python -m tests.cluster.harness build
	$(DEV)/bin/python -m tests.crash --report docs/reliability.md

lint: setup
	$(DEV)/bin/ruff check src tests release .mkdocs
	$(DEV)/bin/ruff format --check src tests release .mkdocs
	$(DEV)/bin/mypy
	$(DEV)/bin/lint-imports
	$(DEV)/bin/python -m pointsman.gen --check
	$(DEV)/bin/zizmor --offline --no-progress --config .github/zizmor.yml actions .github/workflows examples/github/*.yml

docs: setup
	NO_MKDOCS_2_WARNING=1 $(DEV)/bin/mkdocs build --quiet
	@echo "build/site/index.html"

gen: setup
	$(DEV)/bin/python -m pointsman.gen

bench: setup
	$(DEV)/bin/python -m tests.cluster.harness build
	$(DEV)/bin/python -m tests.bench
	$(DEV)/bin/python -m tests.bench.judge --runs 100 --jobs 2

# Built by what the lock names, and started once: a wheel is a folder to Python.
wheel: setup
	rm -f $(DIST)/*.whl
	$(DEV)/bin/python -m pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation --wheel-dir $(DIST) .
	PYTHONPATH="$$(echo $(DIST)/*.whl)" $(DEV)/bin/python -P -m pointsman --version

release-dry-run: setup
	$(DEV)/bin/python -m tests.cluster.harness build
	$(DEV)/bin/python -m tests.release

# The locks carry hashes and no addresses; `uv` is only needed here.
LOCK = env -u PIP_FIND_LINKS uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-emit-find-links \
	--no-header --python-version 3.11
lock:
	$(LOCK) pyproject.toml -o libexec/requirements.lock
	$(LOCK) --extra local pyproject.toml -o requirements-local.lock
	$(LOCK) --extra local --group dev pyproject.toml -o requirements-dev.lock

clean:
	rm -rf $(DEMO) $(DEV) build dist demo-report .pytest_cache .mypy_cache .ruff_cache .hypothesis

.PHONY: python
python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed; none was found on PATH" >&2; exit 2; }
