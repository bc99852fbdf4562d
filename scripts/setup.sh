#!/usr/bin/env bash
# Make .venv as the locks say: `scripts/setup.sh runtime` for the package alone, `... dev` with the tools for tests.
# Each part leaves a stamp with the checksum of what it was made from; with fresh stamps nothing is done.
set -euo pipefail
cd "$(dirname "$0")/.."

part=${1:-runtime}
python=${PYTHON:-python3}
venv=.venv
log=build/setup.log

say() { echo "$*" >&2; }
checksum() { { pwd; cat "$@"; } | cksum; }
fresh() { [ -f "$venv/stamp-$1" ] && [ "$(checksum "${@:2}")" = "$(cat "$venv/stamp-$1")" ]; }
stamp() { checksum "${@:2}" > "$venv/stamp-$1"; }

lock=(requirements/torch.txt requirements/lock.txt)
package=(pyproject.toml src/fivefold/__init__.py)
dev=(requirements/dev.txt)

is_done() {
    [ ! -e "$venv/unfinished" ] && [ -x "$venv/bin/python" ] && fresh lock "${lock[@]}" &&
        fresh package "${package[@]}" && { [ "$part" = runtime ] || fresh dev "${dev[@]}"; }
}

quietly() {
    "$@" >> "$log" 2>&1 || {
        tail -n 15 "$log" >&2
        say "set-up failed at: $*  (whole log: $log; run make again to restart)"
        exit 1
    }
}

pip_install() { quietly "$venv/bin/python" -m pip install --disable-pip-version-check --no-compile "$@"; }

check_python() {
    command -v "$python" > /dev/null || { say "python3 is missing: sudo apt install python3 python3-venv"; exit 2; }
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
        say "$python is $("$python" -V 2>&1): 3.11 or later is needed; name one with: make PYTHON=python3.12 ..."
        exit 2
    }
    "$python" -c 'import venv, ensurepip' 2> /dev/null || {
        say "python3-venv is missing: sudo apt install python3-venv"
        exit 2
    }
}

make_runtime() {
    if [ -e "$venv/unfinished" ] || ! [ -x "$venv/bin/python" ] || ! fresh lock "${lock[@]}"; then
        say "setting up .venv: about a minute the first time"
        rm -rf "$venv"
        mkdir "$venv"
        touch "$venv/unfinished"
        quietly "$python" -m venv "$venv"
        pip_install --no-deps --require-hashes -r requirements/lock.txt
        pip_install -r requirements/torch.txt
        stamp lock "${lock[@]}"
        rm "$venv/unfinished"
    fi
    if ! fresh package "${package[@]}"; then
        pip_install --no-deps --no-build-isolation --editable .
        stamp package "${package[@]}"
    fi
}

make_dev() {
    fresh dev "${dev[@]}" && return
    say "adding the tools for tests to .venv"
    touch "$venv/unfinished"
    pip_install --no-deps --require-hashes -r requirements/dev.txt
    stamp dev "${dev[@]}"
    rm "$venv/unfinished"
}

is_done && exit 0
trap 'say "set-up interrupted: the next make starts it again"; exit 130' INT TERM
mkdir -p build
if command -v flock > /dev/null; then  # two makes at once take turns
    exec 9> build/setup.lock
    flock 9
    is_done && exit 0
fi
: > "$log"
check_python
make_runtime
[ "$part" = runtime ] || make_dev
