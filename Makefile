# Every target is a verb of dev.py, which works without make: python3 dev.py up
PYTHON ?= python3
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help up down reset doctor logs test check soak bench protos lock clean

help: ## Say what there is
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

up: ## Install what is needed and run the whole product here; Ctrl-C stops it
	@$(PYTHON) dev.py up $(ARGS)

down: ## Stop a product that runs in another terminal
	@$(PYTHON) dev.py down

reset: ## Forget all data of the product on this machine
	@$(PYTHON) dev.py reset $(ARGS)

doctor: ## Ask every part whether it is well
	@$(PYTHON) dev.py doctor

logs: ## Show the logs; ARGS="pricing -f" follows one part
	@$(PYTHON) dev.py logs $(ARGS)

test: ## Run the checks and every test but the long ones; ARGS goes to pytest
	@$(PYTHON) dev.py test $(ARGS)

check: ## Run the fast checks: format, lint, imports, types, generated code
	@$(PYTHON) dev.py check

soak: ## Run the long tests: chaos, fuzzing, load
	@$(PYTHON) dev.py soak $(ARGS)

bench: ## Run the benchmark BENCH=name beside its baseline
	@$(PYTHON) dev.py bench $(BENCH) $(ARGS)

protos: ## Generate the Python of the protos again
	@$(PYTHON) dev.py protos

lock: ## Pin every dependency again
	@$(PYTHON) dev.py lock

clean: ## Remove what was installed and cached; the data in .state stays
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis build gongdan.egg-info
