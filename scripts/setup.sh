#!/usr/bin/env bash
# Installs what building Plumb (setup.sh build) or also testing it (setup.sh test) needs, and is not there yet.
set -euo pipefail
cd "$(dirname "$0")/.."
purpose=${1:-build}

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
wanted=$(awk -v purpose="$purpose" '$1 == "build" || ($1 == "test" && purpose == "test") {print $2}' scripts/apt-packages.txt)
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

if [ "$purpose" = test ]; then
    if [ ! -d tests/e2e/node_modules ] || [ tests/e2e/package-lock.json -nt tests/e2e/node_modules/.package-lock.json ]; then
        say 'Installing the packages of the window tests (under a minute)'
        npm --prefix tests/e2e ci --no-audit --no-fund --loglevel=error
    fi
    for tool in cargo-nextest:0.9.143 tauri-driver:2.1.0; do
        name=${tool%%:*}
        # Any version of nextest runs the tests; tauri-driver speaks to one version of the protocol.
        if ! command -v "$name" >/dev/null && [ ! -x "${CARGO_HOME:-$HOME/.cargo}/bin/$name" ]; then
            say "Installing $name (about 2 minutes)"
            cargo install --quiet --locked "$name" --version "${tool##*:}"
        fi
    done
fi
