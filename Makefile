# Set-up is stamped (tools/setup.py): a second run of any target starts its work at once.
PYTHON ?= python3
SETUP = $(PYTHON) tools/setup.py
BIN = .venv/bin
export SOLCX_BINARY_PATH = $(CURDIR)/.solcx

.DEFAULT_GOAL = help
.PHONY: help demo build test test-deep test-faults coverage mutate gas bench check check-style check-types check-imports check-contracts check-snippets lock clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-16s %s\n", $$1, $$2}'

demo: ## one order, from tag read to consumer proof, on the embedded chain (needs Python alone)
	@$(SETUP) runtime
	@$(BIN)/lading demo

build: ## compile the contracts and write the artifacts that ship
	@$(SETUP) dev node compiler
	@$(BIN)/python scripts/build.py

test: ## set up everything, then every test: forge, pytest beside ape, the SDK on web3 7 and on web3 8
	@$(SETUP) lanes node compiler
	@$(BIN)/python tools/run_tests.py

gas: ## measure what each verb costs, on Anvil, into tests/gas/gas.json
	@$(SETUP) dev node
	@$(BIN)/python tests/gas/measure.py

bench: ## ours beside its peers, measured in one run, into build/bench.json (one of them: ONLY=epc.decode)
	@$(SETUP) bench node
	@$(BIN)/python tests/bench/run.py $(ONLY)

test-deep: ## 10,000 runs of each fuzz test and invariant, a million hostile inputs, in parts: MINUTES=9, and again
	@$(SETUP) dev node compiler
	@$(BIN)/python tools/deep.py $(if $(MINUTES),--minutes $(MINUTES))

test-faults: ## relays killed 200 times at every step, servers stopped, disks full, nodes that lie: in parts, MINUTES=9
	@$(SETUP) dev node
	@$(BIN)/python tools/faults.py $(if $(MINUTES),--minutes $(MINUTES))

coverage: ## every branch of the vault and its operators, by the forge tests; tools/coverage.exceptions.toml
	@$(SETUP) dev node compiler
	@$(BIN)/python tools/coverage.py

mutate: ## change the vault and its operators in small ways: do the forge tests notice? MINUTES=9 PART=file SURVIVORS=1
	@$(SETUP) dev node compiler
	@$(BIN)/python tools/mutate.py $(if $(MINUTES),--minutes $(MINUTES)) $(if $(PART),--part $(PART)) $(if $(SURVIVORS),--survivors)

check: check-style check-types check-imports check-contracts check-snippets ## every check that is not a test

check-style: ## ruff
	@$(SETUP) dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

check-types: ## mypy --strict on the package
	@$(SETUP) dev
	$(BIN)/mypy

check-imports: ## the one-way rule of the layout
	@$(SETUP) dev
	$(BIN)/lint-imports

check-contracts: ## slither, each finding fixed or explained in slither.triage.toml
	@$(SETUP) dev node compiler
	$(BIN)/python tools/slither_check.py

check-snippets: ## the code in README and docs, executed
	@$(SETUP) dev node compiler
	$(BIN)/python tools/snippets.py

lock: ## resolve every environment anew
	@$(SETUP) dev
	tools/lock.sh

clean: ## remove what make has made
	rm -rf .venv .venv-web3-7 .venv-web3-8 .venv-bench node_modules .solcx build dist .pytest_cache .mypy_cache .ruff_cache .build
	rm -rf .import_linter_cache .hypothesis pysdk/lading.egg-info
	find pysdk scripts tests tools -name __pycache__ -type d -prune -exec rm -rf {} +
