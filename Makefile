# What a developer does; `make` lists it. Everything runs in .venv, which the first target makes.
BIN := .venv/bin

.PHONY: help check quick test bench notebooks docs constraints release clean
help: ## list these
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 13

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

constraints: $(BIN)/pytest ## pin anew, with hashes, what CI installs: .ci/requirements.txt (on Python 3.11, Linux)
	CUSTOM_COMPILE_COMMAND="make constraints" $(BIN)/pip-compile -q --upgrade --extra test --generate-hashes \
	  --strip-extras --unsafe-package eudigraph --no-annotate --no-emit-options --no-emit-index-url \
	  --no-emit-find-links --no-emit-trusted-host --output-file .ci/requirements.txt pyproject.toml
	sed -i '/^$$/,$$d' .ci/requirements.txt # a warning that this project itself is not pinned

release: $(BIN)/pytest ## sdist, wheel, what they need (SBOM) and checksums in dist/, if version and changelog agree
	$(BIN)/python docs/release.py

clean: ## what these targets made
	rm -rf .venv build dist .mypy_cache .ruff_cache .hypothesis
