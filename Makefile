# Two commands do everything, each from a fresh clone:
#   make sample   set up, run the main job on the sample, verify the result
#   make test     set up, lint, types, tests
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: sample test lint bench lock clean

sample: $(VENV)/installed
	$(BIN)/babelmill run configs/sample.yaml
	$(BIN)/babelmill verify out/sample

test: $(VENV)/installed-dev lint
	$(BIN)/python -m pytest

lint: $(VENV)/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/hadolint docker/Dockerfile docker/launcher.Dockerfile

bench: $(VENV)/installed-dev
	$(BIN)/python -m tests.benchmarks.job $(CORPUS)

$(VENV)/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(INSTALL) --editable .
	touch $@

$(VENV)/installed-dev: $(VENV)/installed
	$(INSTALL) --editable '.[dev]'
	touch $@

# Write the versions that a fresh resolution gives to constraints.txt.
lock:
	rm -rf $(VENV)-lock && $(PYTHON) -m venv $(VENV)-lock
	$(VENV)-lock/bin/pip install --quiet '.[dev]'
	$(VENV)-lock/bin/pip freeze --exclude babelmill > constraints.txt
	rm -rf $(VENV)-lock

clean:
	rm -rf $(VENV) out build *.egg-info
