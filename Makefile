# BERT Explorer. `make` alone lists what there is to make.
PYTHON ?= python3
PORT ?= 8501
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help app test check screenshots benchmark train clean
.DEFAULT_GOAL := help

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

app: $(VENV)/.installed-app ## start the app on http://127.0.0.1:8501 (another port: make app PORT=8600)
	@echo "BERT Explorer: http://127.0.0.1:$(PORT) (Ctrl-C ends it)"
	@$(BIN)/python -m streamlit run app.py --server.address 127.0.0.1 --server.port $(PORT)

test: $(VENV)/.installed-dev ## run the checks and all tests, those in a real browser included
	@sh tests/browser/install_chromium.sh $(BIN)/python
	@$(MAKE) --no-print-directory check
	$(BIN)/python -m pytest

check: $(VENV)/.installed-dev ## run ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/mypy

screenshots: $(VENV)/.installed-dev ## write pictures of every page to screenshots/
	@sh tests/browser/install_chromium.sh $(BIN)/python
	$(BIN)/python -m tests.browser.screenshots

benchmark: $(VENV)/.installed-dev ## measure what the README reports (--json: python -m benchmarks --json)
	@sh tests/browser/install_chromium.sh $(BIN)/python
	@$(BIN)/python -m benchmarks

train: $(VENV)/.installed-app ## train the bundled model anew, into assets/model
	$(BIN)/python -m bert_core train --corpus packaged --output assets/model
	$(BIN)/python -m bert_core train --corpus packaged --start bundled --output assets/model \
	  --tokens 27000000 --head-rate 6e-4 --warmup 0.03

clean: ## remove the environment, the caches and the screenshots
	rm -rf $(VENV) screenshots test-results .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -type d -name __pycache__ -prune -exec rm -rf {} +

# The environment. A stamp file is newer than the requirements it was made from.
$(BIN)/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed: make app PYTHON=python3.12, say." >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
	  { echo "No virtual environment could be made (Debian, Ubuntu: install python3-venv)." >&2; exit 1; }

$(VENV)/.installed-app: requirements.txt | $(BIN)/pip
	@echo "Installing what requirements.txt names into $(VENV): minutes the first time"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/.installed-dev: requirements.txt requirements-dev.txt | $(BIN)/pip
	@echo "Installing what requirements-dev.txt names into $(VENV): minutes the first time"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@ $(VENV)/.installed-app
