# What a developer does; `make` lists it. Everything runs in .venv, which the first target makes.
BIN := .venv/bin

.PHONY: help check test bench notebooks docs dist clean
help: ## list these
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 10

$(BIN)/pytest: pyproject.toml
	python3 -m venv .venv && $(BIN)/pip install -q -e '.[dev]' && touch $@

check: $(BIN)/pytest ## ruff, mypy, and the data's own checks
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/eudigraph check

quick: $(BIN)/pytest ## the tests that need no browser, server, HermiT or notebook: below a minute on two cores
	$(BIN)/pytest -m "not (browser or server or oxigraph or virtuoso or hermit or notebook or slow)"

test: $(BIN)/pytest ## all tests, on all cores
	$(BIN)/pytest

bench: $(BIN)/pytest ## what the targets are about: explorer (in Chromium), networks, engines, server (some minutes each)
	$(BIN)/python benchmarks/explorer.py
	$(BIN)/python benchmarks/networks.py
	$(BIN)/python benchmarks/run.py --sizes 10000,100000
	$(BIN)/eudigraph build --no-hermit --out build/bench && $(BIN)/python benchmarks/server.py --store build/bench

notebooks: $(BIN)/pytest ## run the notebooks and keep their outputs, as after a change to the graph
	$(BIN)/python tests/test_notebooks.py

docs: $(BIN)/pytest ## data dictionary, pictures, the README's answers (needs Graphviz and Chromium), dependencies
	$(BIN)/python docs/make.py
	$(BIN)/python docs/dependencies.py

dist: $(BIN)/pytest ## sdist and wheel in dist/
	$(BIN)/python -m build

clean: ## what these targets made
	rm -rf .venv build dist .mypy_cache .ruff_cache .hypothesis
