#!/usr/bin/env bash
# Fuzzes every reader for a while, with seeds made from the fixtures. Findings go to `artifacts` and make the command fail.
#
# crates/extract/fuzz/run.sh [SECONDS FOR EACH [TARGET...]]     300 seconds, all targets
set -euo pipefail
cd "$(dirname "$0")"
seconds=${1:-300}
[ $# -eq 0 ] || shift
[ $# -gt 0 ] || set -- pdf zip docx pptx xlsx odf epub ole rtf html notebook mail mailbox tar compressed plain
cache=${XDG_CACHE_HOME:-$HOME/.cache}/plumb-dev/fuzz
export CARGO_TARGET_DIR=$cache
cargo +nightly fuzz build --fuzz-dir .
programs=$cache/x86_64-unknown-linux-gnu/release
[ -d "$programs" ] || programs=$(dirname "$(find "$cache" -type f -name rtf -perm -u+x | head -1)")
../../../scripts/pdfium.sh "$programs"
python3 seeds.py "$cache/corpus"
failed=()
for target in "$@"; do
    echo "== $target"
    mkdir -p "artifacts/$target"
    "$programs/$target" -max_total_time="$seconds" -rss_limit_mb=2048 -timeout=30 -max_len=200000 -print_final_stats=1 -verbosity=0 \
        -artifact_prefix="artifacts/$target/" "$cache/corpus/$target" > "$cache/$target.log" 2>&1 || failed+=("$target")
    grep -E "number_of_executed_units|ERROR|panicked" "$cache/$target.log" || true
done
[ ${#failed[@]} -eq 0 ] || { echo "Fuzzing found failures in: ${failed[*]}. The inputs are in artifacts/." >&2; exit 1; }
