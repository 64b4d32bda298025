#!/usr/bin/env bash
# Measures whole processes and workers, each beside a peer or a lower bound in the same run. See bench.py.
set -euo pipefail
cd "$(dirname "$0")/../.."
programs=${CARGO_TARGET_DIR:-target}/release
status=0
/usr/bin/python3 tests/bench/bench.py --programs "$programs" || status=$?
if [ -x "$programs/worker-bench" ]; then
    "$programs/worker-bench" || status=$?
fi
exit "$status"
