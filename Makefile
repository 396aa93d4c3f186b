# BERT Explorer. `make` alone lists what there is to make.
PYTHON ?= python3
PORT ?= 8501
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help app test check browser screenshots benchmark train heads clean
.DEFAULT_GOAL := help

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

app: $(VENV)/.installed-app ## start the app on http://127.0.0.1:8501 (another port: make app PORT=8600)
	@echo "BERT Explorer: http://127.0.0.1:$(PORT) (Ctrl-C ends it; the first start takes a while)"
	@$(BIN)/python -m streamlit run app.py --server.address 127.0.0.1 --server.port $(PORT)

test: ## run the checks and all tests, those in a real browser included
	@$(MAKE) --no-print-directory --jobs 2 $(VENV)/.installed-dev browser
	@$(MAKE) --no-print-directory check
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile

check: $(VENV)/.installed-dev ## run ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/mypy

screenshots: $(VENV)/.installed-dev browser ## write pictures of every page to screenshots/
	$(BIN)/python -m tests.browser.screenshots

benchmark: $(VENV)/.installed-dev browser ## measure what the README reports (--json: python -m benchmarks --json)
	@$(BIN)/python -m benchmarks

TRAIN := $(BIN)/python -m bert_core train --corpus packaged
LONG := --tokens 500000000 --batch-tokens 65536 --body-rate 8e-4 --head-rate 8e-4 --weight-decay 0.05
SENSES := --tokens 400000 --batch-tokens 2048 --body-rate 1e-4 --head-rate 1e-4 --warmup 0.1 --seed 7
train: $(VENV)/.installed-app ## train the bundled model anew, into assets/model: on a GPU, see its card
	$(TRAIN) $(LONG) --warmup 0.03 --sense-weight 1 --sense-start 0.83 --output .training/a
	$(TRAIN) $(SENSES) --start .training/a --sense-weight 3 --guide-weight 2 --output .training/b
	$(BIN)/python -m bert_core average .training/a .training/b --output assets/model
	$(BIN)/python -m bert_core lens-train --output assets/lens
	@$(MAKE) --no-print-directory heads

heads: $(VENV)/.installed-app ## train the three task heads anew, into assets/heads
	$(BIN)/python -m bert_core head train --data spam --output assets/heads/spam
	$(BIN)/python -m bert_core head train --data sentiment --output assets/heads/sentiment
	$(BIN)/python -m bert_core head train --data factual --output assets/heads/factual

clean: ## remove the environment, the caches and the screenshots
	rm -rf $(VENV) .training screenshots test-results .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -type d -name __pycache__ -prune -exec rm -rf {} +

browser: # for the tests
	@sh tests/browser/install_chromium.sh $(PYTHON)

# The environment. A stamp file is newer than the requirements it was made from. Python compiles what
# is imported when it is: to compile all that is installed would take more than a minute.
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile
$(BIN)/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed: make app PYTHON=python3.12, say." >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
	  { echo "No virtual environment could be made (Debian, Ubuntu: install python3-venv)." >&2; exit 1; }

$(VENV)/.installed-app: requirements.txt | $(BIN)/pip
	@echo "Installing what requirements.txt names into $(VENV): minutes the first time"
	@$(PIP) -r requirements.txt
	@touch $@

$(VENV)/.installed-dev: requirements.txt requirements-dev.txt | $(BIN)/pip
	@echo "Installing what requirements-dev.txt names into $(VENV): minutes the first time"
	@$(PIP) -r requirements-dev.txt
	@touch $@ $(VENV)/.installed-app
