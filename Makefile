# Each of these sets itself up on a fresh machine with python3 >= 3.11, make and git.
#   make demo    search KELT-9 on the sample archive, download two light curves, open and draw them
#   make test    the whole suite, on up to four cores; polars has one thread in each, since all cores are busy (make stress gives it all)
#   make stress  the same with more repetitions: more kills, more files, more examples (tests/helpers/sizes.py); then the suite
#                with astroquery's newest pre-release and with the oldest polars (tests/helpers/matrix.py)
#   make live    asks the real services each thing that we assume of them (docs/mast-contract.md), and prints a report: two minutes;
#                with RECORD=1, first records their answers for the recorded tests anew
#   make lint    ruff, mypy --strict, pyright; side by side with --jobs 2
#   make bench   against astroquery, lightkurve, curl and others, side by side: 15 minutes or so
#   make docs    the site, in site/: half a minute, of which most is for pictures and the API reference

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
CORES := --numprocesses auto --maxprocesses 4 --dist worksteal
READY := $(VENV)/ready

.PHONY: demo test stress live lint ruff mypy pyright bench docs clean

demo: $(READY)
	$(BIN)/tess-source demo --to demo-data

test: $(READY)
	POLARS_MAX_THREADS=1 $(BIN)/python -m pytest -q $(CORES)

stress: $(READY)
	TESS_SOURCE_STRESS=1 $(BIN)/python -m pytest -q $(CORES)
	$(BIN)/python tests/helpers/matrix.py -- $(CORES)

live: $(READY)
ifdef RECORD
	$(BIN)/python -m pytest -q -m vcr --record-mode=rewrite
	$(BIN)/python -m pytest -q -m vcr
endif
	$(BIN)/python -m pytest -q -m live tests/live

lint: ruff mypy pyright

ruff: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

mypy: $(READY)
	$(BIN)/mypy

pyright: $(READY)
	$(BIN)/pyright --project pyproject.toml

bench: $(READY)
	$(BIN)/python -m bench --all

docs: $(READY)
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

$(READY): pyproject.toml constraints.txt .ci/install.py
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "tess-source needs Python 3.11 or newer; try: make PYTHON=python3.12")'
	@echo 'setting up $(VENV): once, a minute or so'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -W ignore .ci/install.py
	touch $@

clean:
	rm -rf $(VENV) .matrix site build dist demo-data
