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

# Two functions at once, one on each core; what the first one said is printed when both have ended.
both() {
    local said failed=0 first
    said=$(mktemp)
    set -m # without it a background job ignores Ctrl-C, which tests send to what they start
    "$1" >"$said" 2>&1 &
    first=$!
    set +m
    trap 'kill -- "-$first" 2>/dev/null' EXIT
    "$2" || failed=1
    wait "$first" || failed=1
    trap - EXIT
    cat "$said"
    rm -f "$said"
    return $failed
}

types() { .venv/bin/mypy --strict belvedere hatch_build.py tools; }
page() { "$python" hatch_build.py npm run check && "$python" hatch_build.py npm test; }
trainings_and_clients() { "$python" -m pytest -q -p no:cacheprovider tests/recipes tests/wandb; }
all_else() { "$python" -m pytest -q --ignore=tests/browser --ignore=tests/recipes --ignore=tests/wandb; }

part "ruff check" .venv/bin/ruff check .
part "ruff format" .venv/bin/ruff format --check .
part "mypy --strict, tsc and vitest" both types page
part "pytest" both trainings_and_clients all_else
part "browser" "$python" -m pytest -q tests/browser
printf '\nall parts passed in %s s%s\n' "$SECONDS" "$times"
