# The front door. `make setup` comes first in all of them; a second one installs nothing and takes seconds.

.PHONY: setup demo test bench docs clean

setup:
	@tools/setup.sh

demo: setup
	@exec .venv/bin/belvedere demo $(ARGS)

test: setup
	@tools/test.sh

bench: setup
	@set -e; for file in benchmarks/bench_*.py; do \
		claim=$$(basename "$$file" .py); echo "== $$claim"; .venv/bin/python -m "benchmarks.$$claim"; done

docs: setup
	@.venv/bin/python -m pip install -qq -e '.[docs]' -c constraints.txt
	@.venv/bin/python -m tools.build_docs
	@.venv/bin/python -m mkdocs build --strict

clean:
	rm -rf .venv ui/node_modules ui/dist belvedere/server/static site dist test-results .mypy_cache .ruff_cache .pytest_cache
