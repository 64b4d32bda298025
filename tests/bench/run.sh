#!/usr/bin/env bash
# Speed of whole processes, each beside a peer or a floor in the same run. See bench.py.
set -euo pipefail
cd "$(dirname "$0")/../.."
exec /usr/bin/python3 tests/bench/bench.py --programs "${CARGO_TARGET_DIR:-target}/release"
