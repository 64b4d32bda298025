#!/usr/bin/env bash
# Packs what `make build` built into a .deb and an .rpm. The window's helpers and the libraries of the local model lie beside it. The local model is
# built anew: for every kind of processor, not for this machine's alone.
set -euo pipefail
cd "$(dirname "$0")/.."
programs=$(cd "${CARGO_TARGET_DIR:-target}/release" && pwd)
# In a folder of its own: both builds put libraries of the same names beside the program.
every=${programs%/*}/every-processor
echo 'Building the local model for every kind of processor (once: about 10 minutes on two cores)'
cargo build --release --locked -p plumb-llama --features every-processor --target-dir "$every"
files=$(
    cd "$programs"
    for file in plumb plumb-python plumb-extract libpdfium.so plumb-meaning.gguf $(ls libplumb-graphics.so 2>/dev/null); do
        printf '"/usr/bin/%s": "%s",' "$file" "$programs/$file"
    done
    cd "$every/release"
    for file in plumb-llama libllama.so.0 libggml.so.0 libggml-base.so.0 libggml-cpu-*.so; do
        printf '"/usr/bin/%s": "%s",' "$file" "$every/release/$file"
    done
    printf '"/usr/share/doc/plumb/libpdfium.licences.txt": "%s",' "$programs/libpdfium.licences.txt"
)
files="{${files%,}}"
config="{\"bundle\": {\"linux\": {
  \"deb\": {\"files\": $files, \"recommends\": [\"tesseract-ocr\", \"libvulkan1\"]},
  \"rpm\": {\"files\": $files, \"recommends\": [\"tesseract\", \"vulkan-loader\"]}}}}"
cd src-tauri
npx --yes @tauri-apps/cli@2 bundle --bundles deb,rpm --config "$config"
echo "Packages: $programs/bundle"
