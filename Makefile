# make run: start 小哨 and open the group-chat page · make test: everything the tests need, then the tests

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# The tests' WeChat gateway is a Node.js program; the accessibility checker of the browser tests comes the same way.
NODE_IS_THERE := command -v node >/dev/null && command -v npm >/dev/null
GATEWAY := tests/gateway/node_modules/.ready
ACCESSIBILITY := tests/browser/node_modules/.ready

# The browser's driver is a Node.js program that wants libatomic, which a bare Debian lacks.
BROWSER_IS_THERE := command -v chromium >/dev/null && /sbin/ldconfig -p | grep -q libatomic.so.1

.PHONY: setup run test lint bench chaos

setup: $(VENV)/.ready

# Debian splits the venv module off; a bare machine has python3 and make only.
$(VENV)/.ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "需要 Python 3.11 以上"; exit 1; }
	@$(PYTHON) -m ensurepip --version >/dev/null 2>&1 || { apt-get update -q && apt-get install -y -q python3-venv; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@
# Built once here, so that the first start need not.
	@echo 准备匹配引擎……
	@-$(BIN)/xiaoshao ask 你好 >/dev/null

run: setup
	$(BIN)/xiaoshao run

tests/%/node_modules/.ready: tests/%/package.json tests/%/package-lock.json
	@$(NODE_IS_THERE) || { apt-get update -q && apt-get install -y -q nodejs npm; }
	cd tests/$* && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

test: setup $(GATEWAY) $(ACCESSIBILITY)
	@$(BROWSER_IS_THERE) || { apt-get update -q && apt-get install -y -q chromium fonts-noto-cjk libatomic1; }
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest

lint: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Bots killed with -9 at random moments, 2,000 times an engine; the tests do the same thirty times.
KILLS ?= 2000

chaos: setup
	$(BIN)/python -m tests.faults.chaos --kills $(KILLS)

# The other engines of docs/benchmarks.md are installed for this target only.
EVAL ?= ../shared/eval

bench: setup
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint requirements.lock --editable '.[bench]'
	$(BIN)/python -m benchmarks $(EVAL) --write
