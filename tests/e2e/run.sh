#!/usr/bin/env bash
# Drives the real window and the page that `plumb serve` shows. PLUMB_PROGRAMS names the folder of the built programs.
#
# tests/e2e/run.sh [TEST FILE...]     all of them where none is named; screenshots are left in tests/e2e/screenshots
set -euo pipefail
cd "$(dirname "$0")"

if [ "${1:-}" != inside ]; then
    programs=${PLUMB_PROGRAMS:-../../target/release}
    for program in plumb plumb-app plumb-python plumb-extract scripted-server; do
        [ -x "$programs/$program" ] || { echo "$programs/$program is missing: build it first (make test does)." >&2; exit 1; }
    done
    PLUMB_PROGRAMS=$(cd "$programs" && pwd)
    # Where cargo puts what it installs may not be on the path of the caller.
    PATH=$PATH:${CARGO_HOME:-$HOME/.cargo}/bin
    export PLUMB_PROGRAMS PATH
    # A session bus, a keychain and a screen of its own: nothing of the user's desktop is touched.
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
# The tests end what they start; what a test that had to be ended has left is noted in this folder, by its id.
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
# One after another: there is one screen, and one window on it.
node --test --test-concurrency=1 --test-timeout=120000 \
    --test-reporter=spec --test-reporter-destination=stdout \
    --test-reporter=./harness/counts.js --test-reporter-destination=stdout "$@"
