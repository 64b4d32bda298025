#!/usr/bin/env bash
# Packs what `make build` built into a .deb and an .rpm. The window's helpers and the libraries of the local model lie beside it.
set -euo pipefail
cd "$(dirname "$0")/.."
programs=$(cd "${CARGO_TARGET_DIR:-target}/release" && pwd)
files=$(
    cd "$programs"
    for file in plumb plumb-python plumb-extract plumb-llama libllama.so.* libggml*.so* libpdfium.so $(ls libplumb-graphics.so 2>/dev/null); do
        printf '"/usr/bin/%s": "%s",' "$file" "$programs/$file"
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
