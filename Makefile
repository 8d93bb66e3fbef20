# The verbs of the project; `make` alone prints them.  What each one does stands in annotator/.
# Variables: CPYTHON=3.13.15 another pinned release; CPYTHON_TARBALL=/path a tarball you have;
# LABS=skip do not build and test the labs; PORT=8000 of `make serve`; PYTHON=/path to a Python.

VENV := .venv/bin/python

# The first Python that is recent and complete enough; a name on $PATH may be a dead shim.
define environment
@for python in $(PYTHON) python3 python3.13 python3.12 python3.11 /usr/bin/python3; do \
  if "$$python" -c 'import sys, ssl, lzma, sqlite3; sys.exit(sys.version_info < (3, 11))' \
    2>/dev/null; then exec "$$python" -m annotator.bootstrap; fi; done; \
echo 'error: Python 3.11 or later is needed, with ssl, lzma and sqlite3.' >&2; \
echo '  On Debian or Ubuntu, type: sudo apt-get install -y python3 python3-venv' >&2; exit 1
endef

.PHONY: help html test check labs epub serve bench screenshots soak clean distclean
.NOTPARALLEL:

help:
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1|\2/p' Makefile | \
	  while IFS='|' read -r verb text; do printf '%-16s %s\n' "$$verb" "$$text"; done

html: ## the site, in build/html: fetches and builds all it needs, does only what changed
	$(environment)
	@$(VENV) -m annotator.driver

test: ## the site, then all tests
	$(environment)
	@$(VENV) -m annotator.driver --for-tests
	@$(VENV) -m pytest $(ARGS)

check: ## lint, format and types
	$(environment)
	@$(VENV) -m ruff check .
	@$(VENV) -m ruff format --check .
	@$(VENV) -m mypy

labs: ## build and test every lab
	$(environment)
	@$(VENV) -m annotator.driver --labs-only

epub: ## the site, then the book as an EPUB, in build/epub
	$(environment)
	@$(VENV) -m annotator.driver --epub

serve: ## the site on this machine's http://127.0.0.1:8000, built anew on every change
	$(environment)
	@$(VENV) -m annotator.serve $(PORT)

bench: ## times and rates: how many links are right, how long things take
	$(environment)
	@$(VENV) -m annotator.driver --for-tests
	@$(VENV) -m tests.bench $(ARGS)

screenshots: ## a picture of each kind of page, in build/screenshots
	$(environment)
	@$(VENV) -m annotator.driver --for-tests
	@$(VENV) -m tests.e2e.screenshots

soak: ## what takes longer: cold builds compared, builds killed at random moments (an hour)
	$(environment)
	@$(VENV) -m tests.soak $(ARGS)

clean: ## removes build/
	rm -rf build docs/reference/python

distclean: clean ## removes .venv and the project's cache as well
	rm -rf .venv "$${XDG_CACHE_HOME:-$$HOME/.cache}/inside-cpython"
