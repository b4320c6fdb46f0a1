# Three commands matter: `make book`, `make check` and `make test`. Each sets up what it lacks.
# Every path is relative, so the clone may stand anywhere, spaces included.

PYTHON ?= python3
PORT ?= 8000
PY := .venv/bin/python
HTML := _build/html
PDF := _build/lifecost.pdf
# Whatever a page may come from: text, code (the API page quotes docstrings) and data.
SOURCES := _config.yml _toc.yml CHANGELOG.md CITATION.cff $(shell find book lifecost -type f -not -path '*/.*' -not -path '*/__pycache__/*')

# A stamp is newer than what it installed from, or the install runs again.
BOOK_READY := .venv/.book-ready
TEST_READY := .venv/.test-ready

PIP_INSTALL := $(PY) -m pip install -qq --no-input --disable-pip-version-check
# A notebook counts as one test scope, so its cells stay on one worker, in order. Which scope is
# first, tests/conftest.py says.
EVERYTHING := --nbval --nbval-current-env --nbval-cell-timeout 600 --nbval-kernel-startup-timeout 600 \
	--dist loadscope --no-loadscope-reorder
# What needs no site, no browser and no kernel. nbval would take seconds to import.
UNITS := -p no:nbval --dist worksteal README.md lifecost book/lifebook tests/unit
# Jupyter's own switch to its present folder layout; without it, a deprecation warning.
export JUPYTER_PLATFORM_DIRS = 1

.DEFAULT_GOAL := help
# Goals are met in the order in which they are named, save by `make test`, which names these.
ifneq ($(MAKECMDGOALS),lint site)
.NOTPARALLEL:
endif
.PHONY: help book lite pdf site serve check test lint bench audit places rehearse links grades \
	notebooks problems fit lab lock audit-deps oracle clean

help: ## List these targets
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile | expand -t 18

book: $(HTML)/index.html ## Build the book and say where it stands
	@$(PY) -c 'import pathlib; page = pathlib.Path("$<").resolve(); print(f"The book stands at $<\nOpen {page.as_uri()} or run: make serve")'

# All pages or none: left to itself, Sphinx neither copies a changed style sheet nor repeats the
# warnings of a page that it kept. So make decides whether to build, and a failed build is removed.
$(HTML)/index.html: $(BOOK_READY) $(SOURCES) _build/.address
	@echo "Building the book ..."
# What Sphinx remembers of earlier builds would show in the search index: equal trees, equal bytes.
	@rm -rf $(HTML) _build/.doctrees
	@.venv/bin/jupyter-book build --all --quiet --nitpick --warningiserror --keep-going . >/dev/null || \
		{ rm -rf $(HTML); echo "The book was not built: see the warnings above." >&2; exit 1; }
	@$(PY) -m tools.slides $(HTML)
	@rm -f $(HTML)/.buildinfo # a hash of the folder that it was built in
	@touch $@

# What the pages are told of their own address; the file is new only when that is.
_build/.address: $(BOOK_READY) FORCE
	@mkdir -p _build; $(PY) book/theme/address.py > $@.new; cmp -s $@.new $@ || cp $@.new $@
FORCE:

lite: _build/lite/index.html ## Build the chapters with a kernel that runs in the browser

_build/lite/index.html: $(TEST_READY) $(SOURCES) _build/.address
	@echo "Building the chapters with a kernel for the browser ..."
	@$(PY) -m tools.lite
	@touch $@

site: book lite pdf ## Put together what is published: the book, its kernel for browsers, the PDF
	@$(PY) -m tools.complete

serve: book ## Serve the book on localhost (PORT=8000)
	@echo "Serving http://localhost:$(PORT)/ (Ctrl-C ends it)"
	@$(PY) -m http.server --bind 127.0.0.1 --directory $(HTML) $(PORT)

pdf: $(PDF) ## Typeset the book for paper
	@echo "The PDF stands at $<"

$(PDF): $(TEST_READY) $(HTML)/index.html
	@$(PY) -m tools.chromium
	@echo "Printing the book ..."
	@$(PY) -m tools.pdf $@

check: $(TEST_READY) lint ## Check style, types and units: a minute, with no site and no browser
	@$(PY) -m pytest -q -n auto $(UNITS) $(ARGS)

test: $(TEST_READY) ## Check everything: style, types, units, notebooks, pages
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=line lint site
	@$(PY) -m tools.chromium
	@$(PY) -m tools.firefox
	@$(PY) -m pytest -n auto $(EVERYTHING) $(ARGS)

bench: $(TEST_READY) ## Measure the speed of the formulas and of the explorers
	@$(PY) -m pytest --benchmark-only tests/bench.py $(ARGS)
	@$(PY) -m tools.chromium
	@$(PY) -m tools.speed

audit: $(TEST_READY) book ## Measure the pages with Lighthouse (ARGS: which)
	@$(PY) -m tools.audit $(ARGS)

places: $(TEST_READY) site ## Run the chapters in each place, with times and sizes (ARGS: names)
	@$(PY) -m tools.chromium
	@$(PY) -m tools.places $(ARGS)

links: $(BOOK_READY) ## Check the links that leave the book (asks each address)
	@echo "Asking every address that the book links to, one at a time ..."
	@rm -rf _build/links
	@.venv/bin/jupyter-book build --all --quiet --builder linkcheck --path-output _build/links . >/dev/null || \
		{ echo "Some links lead nowhere: see the warnings above." >&2; exit 1; }
	@echo "All of them lead somewhere."

lint: $(TEST_READY) ## Check style, types, spelling and prose
	@echo "Checking style, types, spelling and prose ..."
	@$(PY) -m ruff check --quiet .
	@$(PY) -m ruff format --quiet --check .
	@$(PY) -m mypy --no-error-summary
	@$(PY) -m codespell_lib
	@$(PY) -m tools.prose

grades: $(TEST_READY) ## Measure how hard the chapters' sentences are to read
	@$(PY) -m tools.prose --grades

notebooks: $(BOOK_READY) ## Run the chapters again and keep their outputs
	@$(PY) -m tools.execute $(ARGS)

problems: $(BOOK_READY) ## Make an exam with numbers of its own, for nbgrader (SEED=17)
	@$(PY) -m tools.problems $(SEED)

fit: $(BOOK_READY) ## Fit the time of an operation to published times, and print the errors
	@$(PY) -m lifebook.measure.fit

lab: $(BOOK_READY) ## Open the chapters in JupyterLab
	@$(PY) -m nbformat.sign book/*.ipynb >/dev/null
	@$(PY) -m jupyterlab --notebook-dir=book

# Resolved once for every supported Python and platform; ARGS=--upgrade takes newer versions.
LOCK = $(PY) -m uv pip compile --quiet --universal --python-version 3.11 --fork-strategy fewest \
	--annotation-style line --custom-compile-command "make lock" $(ARGS) pyproject.toml
lock: $(TEST_READY) ## Pin the requirements again (ARGS=--upgrade)
	@$(LOCK) --extra book --output-file requirements.txt
	@$(LOCK) --extra dev --constraints requirements.txt --output-file requirements-dev.txt
	@$(LOCK) --extra live --constraints requirements.txt --output-file binder/requirements.txt
	@for file in requirements.txt binder/requirements.txt; do \
		printf '%s\n' '# The library and the book'"'"'s package, so that one file is all that a reader or Binder installs.' '-e .' '-e ./book' >> $$file; done

rehearse: $(TEST_READY) site ## Install what Binder would, and run the chapters there (ARGS: names)
	@$(PY) -m tools.chromium
	@$(PY) -m tools.rehearse $(ARGS)

# Each file by itself, as it is installed; the package itself is no pin.
audit-deps: $(TEST_READY) ## Ask PyPI about known vulnerabilities of what is pinned (network)
	@mkdir -p _build
	@for file in requirements.txt requirements-dev.txt; do \
		grep -v '^-e' $$file > _build/pins.txt && \
		$(PY) -m uv tool run pip-audit==2.10.1 --strict --no-deps --disable-pip --progress-spinner off \
			--requirement _build/pins.txt $(ARGS) || exit 1; done

# The library is large and the measuring long, so neither is part of the tests: they read its record.
oracle: .venv-oracle/.ready ## Measure configurations with the transformers library (ARGS: types)
	@PYTHONPATH=tests .venv-oracle/bin/python -m oracle $(ARGS)

.venv-oracle/.ready: tests/oracle/requirements.txt | $(PY)
	@echo "Installing the library to measure with into .venv-oracle (once) ..."
	@$(PY) -m venv .venv-oracle
	@.venv-oracle/bin/python -m pip install -qq --no-input --disable-pip-version-check -r $<
	@touch $@

clean: ## Remove everything that make made, the environment included
	@rm -rf .venv .venv-oracle _build .mypy_cache .pytest_cache .ruff_cache .hypothesis .benchmarks
	@find lifecost tests book -name __pycache__ -prune -exec rm -rf {} +

# The environment. Each missing prerequisite is one line that says what to install.
$(PY):
	@command -v "$(PYTHON)" >/dev/null || \
		{ echo "No Python at '$(PYTHON)': install Python 3.11 or later, or name yours: make PYTHON=/path/to/python3" >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "'$(PYTHON)' is $$("$(PYTHON)" --version 2>&1): install Python 3.11 or later, or name yours: make PYTHON=python3.12" >&2; exit 1; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "'$(PYTHON)' cannot make an environment: install its venv module (Debian and Ubuntu: apt install python3-venv)" >&2; exit 1; }
	@"$(PYTHON)" -m venv --clear .venv

$(BOOK_READY): requirements.txt pyproject.toml | $(PY)
	@echo "Installing the pinned requirements into .venv (once, a minute or two) ..."
	@$(PIP_INSTALL) -r requirements.txt
	@touch $@

$(TEST_READY): $(BOOK_READY) requirements-dev.txt
	@echo "Installing the test tools into .venv (once) ..."
	@$(PIP_INSTALL) -r requirements-dev.txt
	@touch $@
