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

# Trainings and real clients on one core, the rest on the other; what the first half said is printed when both ended.
pytest_halves() {
    local said failed=0 first
    said=$(mktemp)
    set -m # without it a background job ignores Ctrl-C, which tests send to what they start
    "$python" -m pytest -q -p no:cacheprovider tests/recipes tests/wandb >"$said" 2>&1 &
    first=$!
    set +m
    trap 'kill -- "-$first" 2>/dev/null' EXIT
    "$python" -m pytest -q --ignore=tests/browser --ignore=tests/recipes --ignore=tests/wandb || failed=1
    wait "$first" || failed=1
    trap - EXIT
    cat "$said"
    rm -f "$said"
    return $failed
}

part "ruff check" .venv/bin/ruff check .
part "ruff format" .venv/bin/ruff format --check .
part "mypy --strict" .venv/bin/mypy --strict belvedere hatch_build.py tools
part "pytest" pytest_halves
part "tsc" "$python" hatch_build.py npm run check
part "vitest" "$python" hatch_build.py npm test
part "browser" "$python" -m pytest -q tests/browser
printf '\nall parts passed in %s s%s\n' "$SECONDS" "$times"
