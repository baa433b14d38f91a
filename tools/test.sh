#!/usr/bin/env bash
# Everything that must hold, part by part with its time; the first part that fails ends it.
set -euo pipefail
cd "$(dirname "$0")/.."
exec </dev/null # nothing here may wait for an answer
python=.venv/bin/python
times=""

part() {
    local name=$1 start=$SECONDS
    shift
    printf '\n== %s\n' "$name"
    if ! "$@"; then
        printf '\nfailed: %s, after %s s; the parts behind it were not run%s\n' "$name" $((SECONDS - start)) "$times" >&2
        exit 1
    fi
    times+=$(printf '\n%6s s  %s' $((SECONDS - start)) "$name")
}

part "ruff check" .venv/bin/ruff check .
part "ruff format" .venv/bin/ruff format --check .
part "mypy --strict" .venv/bin/mypy --strict belvedere hatch_build.py tools
part "pytest" "$python" -m pytest -q --ignore=tests/browser
part "tsc" "$python" hatch_build.py npm run check
part "vitest" "$python" hatch_build.py npm test
part "browser" "$python" -m pytest -q tests/browser
printf '\nall parts passed in %s s%s\n' "$SECONDS" "$times"
