#!/usr/bin/env bash
# Builds what lets the local model use a graphics card, llama.cpp's library for Vulkan, into a folder: libplumb-graphics.so beside the programs that
# were built there (3 minutes on two cores, once for each version). It is built apart from the rest because Debian's headers need a hand, and only where
# there is a card, for tests and for packages. Where it is missing, the processor does the work.
#
# scripts/vulkan.sh FOLDER
set -euo pipefail
cd "$(dirname "$0")/.."
[ $# = 1 ] || { echo "usage: $0 FOLDER" >&2; exit 2; }
folder=$1

for tool in cmake glslc; do
    command -v "$tool" >/dev/null || { echo "There is no $tool, so the local model will not use graphics cards."; exit 0; }
done
[ -e /usr/include/vulkan/vulkan.hpp ] || { echo "Vulkan's headers are not here, so the local model will not use graphics cards."; exit 0; }

host=$(rustc -vV | sed -n 's/^host: //p')
source=$(cargo metadata --quiet --format-version 1 --locked --filter-platform "$host" | python3 -c '
import json, os, sys
of = [p for p in json.load(sys.stdin)["packages"] if p["name"] == "llama-cpp-sys-2"]
print(os.path.dirname(of[0]["manifest_path"]))')
key=$(cat scripts/vulkan.sh scripts/vulkan-headers/vulkan/vulkan.hpp "$source/Cargo.toml" | sha256sum | cut -c 1-16)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/plumb-dev/vulkan
built=$cache/$key.so

if [ ! -f "$built" ]; then
    echo 'Building the library for graphics cards (3 minutes on two cores, once)'
    mkdir -p "$cache"
    work=$(mktemp -d "$cache/.building.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    trap 'exit 1' INT TERM
    cmake -S "$source/llama.cpp" -B "$work" -DCMAKE_BUILD_TYPE=Release -DBUILD_SHARED_LIBS=ON -DGGML_BACKEND_DL=ON -DGGML_VULKAN=ON -DGGML_CPU=OFF \
        -DLLAMA_BUILD_{TESTS,EXAMPLES,TOOLS,SERVER,COMMON,APP}=OFF -DCMAKE_CXX_FLAGS="-isystem $PWD/scripts/vulkan-headers" \
        -DCMAKE_SKIP_BUILD_RPATH=ON >"$work/log" 2>&1 &&
        cmake --build "$work" --target ggml-vulkan --parallel "$(nproc)" >>"$work/log" 2>&1 || { tail -n 30 "$work/log" >&2; exit 1; }
    strip --strip-unneeded -o "$work/stripped.so" "$work/bin/libggml-vulkan.so"
    mv "$work/stripped.so" "$built"
fi
mkdir -p "$folder"
# Moved, not written: a program may have it loaded.
if ! cmp -s "$built" "$folder/libplumb-graphics.so"; then
    cp "$built" "$folder/.libplumb-graphics.so"
    mv "$folder/.libplumb-graphics.so" "$folder/libplumb-graphics.so"
fi
