# A thin shell over tools/workbench, which says what each command does.
PYTHON ?= python3
export ARGS DAY LANES ON PORT RESET ZONE
export CALLER_FOLDER := $(PWD)

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-all days pytest bench pictures i18n lint clean

help:
	@echo 'make setup             fetch Odoo 19 and make the virtual environment'
	@echo 'make demo              serve both addons with demo data (PORT=8070, RESET=1)'
	@echo 'make test              run what a change can break, in two lanes (LANES=1: in one)'
	@echo 'make test-all          run also what takes long, and what downloads'
	@echo 'make days              play the tests that look at the calendar on other days (ARGS=monday: then)'
	@echo 'make pytest ARGS=...   run chosen tests in the same environment (ON=alone: without the gateway)'
	@echo 'make bench             compare with Odoo alone (ARGS=inbox: only that)'
	@echo 'make pictures          take the pictures of docs/ anew, in front of a browser'
	@echo 'make i18n              renew i18n/ of both addons; fails while a translation is missing'
	@echo 'make lint              run ruff and pylint-odoo'
	@echo 'make clean             remove what was built in this checkout'

PYTHON_MISSING = Python 3.10 or newer is needed: \
    install the package python3, or name one with PYTHON=

# exec: a signal to make must reach the command itself, not a shell around it.
setup demo test test-all days pytest bench pictures i18n lint clean:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null \
	    || { echo '$(PYTHON_MISSING)' >&2; exit 1; }
	@PYTHONPATH='$(CURDIR)/tools' PYTHONDONTWRITEBYTECODE=1 exec $(PYTHON) -m workbench $@
