# make run   installs what is needed, indexes the bundled documents and serves the chat
# make test  installs what is needed besides and passes the tests
# make lint  installs the same and checks style and types
# make clean removes the installation and the index
#
# On Linux without a GPU, TORCH_INDEX=https://download.pytorch.org/whl/cpu keeps CUDA away.

PYTHON ?= python3
TORCH_INDEX ?=
VENV := .venv
BIN := $(VENV)/bin
CPU_INDEX := https://download.pytorch.org/whl/cpu
# What the libraries take: with PyTorch for the processor, and with the CUDA that comes on Linux.
NEEDED_GB := $(if $(TORCH_INDEX),3,$(if $(filter Linux,$(shell uname -s)),8,3))

.PHONY: run test lint clean
.DELETE_ON_ERROR:

run: $(VENV)/.installed
	@$(BIN)/python app.py $(ARGS)

# Two files of tests at a time: much of a test is waiting for a process or a browser.
test: $(VENV)/.installed-for-tests
	@$(BIN)/python -m pytest --numprocesses 2 --dist loadfile $(ARGS)

lint: $(VENV)/.installed-for-tests
	@$(BIN)/ruff check --quiet . && $(BIN)/ruff format --quiet --check . && $(BIN)/mypy

clean:
	rm -rf $(VENV) store

# A stamp is written only after success, so that running make again repairs what was broken off.
$(VENV)/.installed: pyproject.toml constraints.txt
	$(call prepare)
	@$(BIN)/python -m pip install --quiet --constraint constraints.txt torch \
		$(if $(TORCH_INDEX),--index-url $(TORCH_INDEX)) || $(call failed)
	@$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable . || $(call failed)
	@touch $@

$(VENV)/.installed-for-tests: $(VENV)/.installed
	@echo "Installing what the tests need ..."
	@$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[test]' || $(call failed)
	@touch $@

SMALLER = $(if $(filter 8,$(NEEDED_GB)),$(COMMA) or without a GPU make run TORCH_INDEX=$(CPU_INDEX) (3 GB))
COMMA := ,

define prepare
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "Quoth needs Python 3.11 or newer, and $(PYTHON) is not: name one, as in make run PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "$(PYTHON) has no venv module: install it (on Debian and Ubuntu: apt install python3-venv) and run make again" >&2; exit 1; }
	@test -x $(BIN)/python || test "$$(df -Pm . | awk 'NR==2 {print $$4}')" -ge $(NEEDED_GB)000 || { \
		echo "The disk has less than $(NEEDED_GB) GB free, which Quoth's libraries need: make room and run make again$(SMALLER)" >&2; exit 1; }
	@echo "Installing into $(VENV) (a few minutes the first time) ..."
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV) || $(call failed)
	@$(BIN)/python -m pip install --quiet --upgrade pip || $(call failed)
endef

failed = { echo "The installation broke off; what is above says why. Run make again when that is mended: it goes on from here" >&2; exit 1; }
