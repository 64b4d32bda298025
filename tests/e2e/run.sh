#!/usr/bin/env bash
# Drives the real window, and the page served by `plumb serve`. PLUMB_PROGRAMS names the folder of the built programs.
#
# tests/e2e/run.sh [TEST FILE...]     runs all tests if no file is named; writes screenshots to tests/e2e/screenshots
set -euo pipefail
cd "$(dirname "$0")"

if [ "${1:-}" != inside ]; then
    programs=${PLUMB_PROGRAMS:-../../target/release}
    for program in plumb plumb-app plumb-python plumb-extract scripted-server; do
        [ -x "$programs/$program" ] || { echo "$programs/$program is missing: build it first (make test does)." >&2; exit 1; }
    done
    PLUMB_PROGRAMS=$(cd "$programs" && pwd)
    # The caller's PATH may lack cargo's folder of installed programs.
    PATH=$PATH:${CARGO_HOME:-$HOME/.cargo}/bin
    export PLUMB_PROGRAMS PATH
    # Uses its own session bus, keychain and screen, so the user's desktop stays untouched.
    HOME=$(mktemp -d)
    export HOME
    trap 'rm -rf "$HOME"' EXIT
    unset DISPLAY WAYLAND_DISPLAY DBUS_SESSION_BUS_ADDRESS XDG_RUNTIME_DIR XDG_CONFIG_HOME XDG_DATA_HOME XDG_CACHE_HOME
    dbus-run-session -- xvfb-run -a -s '-screen 0 1280x800x24' ./run.sh inside "$@"
    exit
fi
shift

export NO_AT_BRIDGE=1 XDG_RUNTIME_DIR=$HOME
gnome-keyring-daemon --foreground --unlock --components=secrets <<<'' >/dev/null 2>&1 &
keychain=$!
# Tests end the programs they start. This folder holds the ids of programs left by tests that were killed.
export PLUMB_STARTED=$HOME/started
mkdir "$PLUMB_STARTED"
finish() {
    for left in "$PLUMB_STARTED"/*; do
        [ ! -e "$left" ] || kill -KILL -- "-${left##*/}" 2>/dev/null || true
    done
    kill "$keychain" 2>/dev/null || true
}
trap finish EXIT
[ $# -gt 0 ] || set -- window/*.test.js browser/*.test.js
# Runs one test at a time, because there is one screen with one window.
node --test --test-concurrency=1 --test-timeout=120000 \
    --test-reporter=spec --test-reporter-destination=stdout \
    --test-reporter=./harness/counts.js --test-reporter-destination=stdout "$@"
