#!/usr/bin/env bash
# Installs what is needed and not there yet: to build Plumb (build), to build the library for graphics cards (graphics), to check formatting and
# lints (lint), to test (test).
#
# scripts/setup.sh build [graphics] [lint] [test]
set -euo pipefail
cd "$(dirname "$0")/.."
purposes=" $* "
has() { [[ $purposes == *" $1 "* ]]; }

say() { printf '\033[1m%s\033[0m\n' "$*"; }
stop() { printf '%s\n' "$*" >&2; exit 1; }

# Rust and Node are the user's own; we only say how to get them.
rust=$(rustc --version 2>/dev/null | awk '{print $2}' || true)
[ -n "$rust" ] || stop 'Rust 1.95 or newer is needed, and there is none. Get it with rustup: https://rustup.rs'
[ "$(printf '1.95.0\n%s\n' "$rust" | sort -V | head -n 1)" = 1.95.0 ] || stop "Rust 1.95 or newer is needed; this is $rust. Update it: rustup update"
node=$(node --version 2>/dev/null || true)
[ -n "$node" ] || stop 'Node 20 or newer is needed, and there is none. Get it from https://nodejs.org'
major=${node#v}
[ "${major%%.*}" -ge 20 ] || stop "Node 20 or newer is needed; this is $node. Get a newer one from https://nodejs.org"

# Debian's packages.
wanted=$(awk -v purposes="$purposes" 'index(purposes, " " $1 " ") {print $2}' scripts/apt-packages.txt)
if command -v apt-get >/dev/null; then
    missing=$(for package in $wanted; do dpkg-query -W -f='${db:Status-Status}\n' "$package" 2>/dev/null | grep -q '^installed$' || echo "$package"; done)
    if [ -n "$missing" ]; then
        say "Installing Debian packages (about 2 minutes, 600 MB):" $missing
        root=''
        [ "$(id -u)" = 0 ] || root=sudo
        $root apt-get update -qq
        # The tests start a server for ssh of their own; the machine must not get one that it did not ask for.
        if grep -qx openssh-server <<<"$missing" && [ ! -e /etc/systemd/system/ssh.service ]; then
            $root mkdir -p /etc/systemd/system
            $root ln -s /dev/null /etc/systemd/system/ssh.service
            echo 'openssh-server is installed for a test; its service stays off (systemctl unmask ssh brings it back).'
        fi
        DEBIAN_FRONTEND=noninteractive $root apt-get install -y -qq --no-install-recommends $missing >/dev/null
    fi
else
    echo 'This is not Debian or a relative of it. Plumb is built and tested on Debian 12; elsewhere these must be there (Debian names):'
    echo "$wanted" | sed 's/^/  /'
fi

# The pages' packages.
if [ ui/package-lock.json -nt ui/node_modules/.package-lock.json ] || [ ! -d ui/node_modules ]; then
    say 'Installing the packages of the user interface (under a minute)'
    npm --prefix ui ci --no-audit --no-fund --loglevel=error
fi

if has lint || has test; then
    tools=${XDG_CACHE_HOME:-$HOME/.cache}/plumb-dev/tools
    if ! cmp -s scripts/tools.txt "$tools/tools.txt"; then
        say 'Installing cargo-nextest, cargo-shear and typos (20 MB, a few seconds)'
        mkdir -p "${tools%/*}"
        work=$(mktemp -d "$tools.XXXXXX")
        trap 'rm -rf "$work"' EXIT
        python3 -m pip install --quiet --no-deps --no-cache-dir --disable-pip-version-check --root-user-action ignore --only-binary :all: \
            --require-hashes --requirement scripts/tools.txt --target "$work/new"
        cp scripts/tools.txt "$work/new"
        rm -rf "$tools"
        mv "$work/new" "$tools"
    fi
fi

if has test; then
    if [ ! -d tests/e2e/node_modules ] || [ tests/e2e/package-lock.json -nt tests/e2e/node_modules/.package-lock.json ]; then
        say 'Installing the packages of the window tests (under a minute)'
        npm --prefix tests/e2e ci --no-audit --no-fund --loglevel=error
    fi
    if ! command -v tauri-driver >/dev/null && [ ! -x "${CARGO_HOME:-$HOME/.cargo}/bin/tauri-driver" ]; then
        say 'Building tauri-driver, which drives the window in its tests (about 2 minutes)'
        # It passes messages on and does nothing else: optimising it would take most of the time.
        CARGO_PROFILE_RELEASE_OPT_LEVEL=0 cargo install --quiet --locked tauri-driver --version 2.1.0
    fi
fi
