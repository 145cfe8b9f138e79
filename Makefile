# Two commands do everything, each from a fresh clone:
#   make sample   set up, run the main job on the sample, verify the result
#   make test     set up, lint, types, tests
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
AUDIT := cyclonedx-bom pip-audit

.PHONY: sample test lint bench race floors bom audit lock clean

sample: $(VENV)/installed
	$(BIN)/babelmill run configs/sample.yaml
	$(BIN)/babelmill verify out/sample

test: $(VENV)/installed-dev lint
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile

# The packages under their names, for tools that do not follow an editable install: mypy, editors (pyright's extraPaths).
build/names: pyproject.toml
	mkdir -p $@/babelmill
	for part in configs pipeline transforms; do ln -sfn "../../../$$part" "$@/babelmill/$$part"; done
	for file in __init__.py __main__.py beam.py py.typed; do ln -sf "../../../pipeline/api/$$file" "$@/babelmill/$$file"; done
	touch $@

lint: $(VENV)/installed-dev build/names
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/hadolint docker/Dockerfile docker/launcher.Dockerfile

bench: $(VENV)/installed-dev
	$(BIN)/python -m tests.benchmarks.job $(CORPUS)

# Our stages beside other people's tools, each in an environment below build/race; the table of RESULTS.md.
race: $(VENV)/installed-dev
	$(BIN)/python -m tests.benchmarks.race $(CORPUS)

# Instructions of each stage against tests/benchmarks/floors/floors.json; RECORD=--record writes them there.
floors: $(VENV)/installed-dev
	$(BIN)/python -m tests.benchmarks.floors $(RECORD)

$(VENV)/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(INSTALL) --editable .
	touch $@

$(VENV)/installed-dev: $(VENV)/installed
	$(INSTALL) --editable '.[dev]'
	touch $@

# In an environment of their own, so that they list what runs and not themselves.
$(VENV)-audit/installed: constraints.txt
	$(PYTHON) -m venv $(VENV)-audit
	$(VENV)-audit/bin/pip install --quiet --disable-pip-version-check --constraint constraints.txt $(AUDIT)
	touch $@

# Every installed package with its version and licence, as CycloneDX.
bom: $(VENV)/installed $(VENV)-audit/installed
	mkdir -p build
	$(VENV)-audit/bin/cyclonedx-py environment --pyproject pyproject.toml --output-reproducible \
	    --output-file build/bom.cdx.json $(BIN)/python

# Known weaknesses of the locked versions, as the package index knows them: fails too where it cannot be asked.
audit: $(VENV)-audit/installed
	$(VENV)-audit/bin/pip-audit --strict --requirement constraints.txt --no-deps --disable-pip

# Write the versions that a fresh resolution gives to constraints.txt.
lock:
	rm -rf $(VENV)-lock && $(PYTHON) -m venv $(VENV)-lock
	$(VENV)-lock/bin/pip install --quiet '.[dev]' $(AUDIT)
	$(VENV)-lock/bin/pip freeze --exclude babelmill > constraints.txt
	rm -rf $(VENV)-lock

clean:
	rm -rf $(VENV) $(VENV)-audit out build *.egg-info
