#!/bin/sh
# Copies pdfium, the PDF library, and its licences into a folder: libpdfium.so goes beside the built programs.
# It comes from a package that pip can download (4 MB, once); the checksum verifies it.
#
# scripts/pdfium.sh FOLDER
set -eu

[ $# = 1 ] || { echo "usage: $0 FOLDER" >&2; exit 2; }
folder=$1

version=5.15.2
case $(uname -m) in
x86_64)
    system=manylinux_2_17_x86_64
    sha256=dc31aea5b0fb9fefc9b537a65f4113980b2c40798445736a7e6565bc85161e37
    ;;
aarch64)
    system=manylinux_2_17_aarch64
    sha256=dd46e93c0c3a73f6cea8489baff6d77a5d0759dd53fbbce0aeb49c91830176fc
    ;;
*)
    echo "This script has no pdfium for $(uname -m): Plumb runs on x86-64 and ARM64." >&2
    exit 1
    ;;
esac
cache=${XDG_CACHE_HOME:-$HOME/.cache}/plumb-dev/pdfium
wheel=$cache/$version-$system.whl

is_right() { [ "$(sha256sum "$1" | cut -d ' ' -f 1)" = "$sha256" ]; }

mkdir -p "$cache" "$folder"
work=$(mktemp -d "$cache/.fetching.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM

if [ ! -f "$wheel" ] || ! is_right "$wheel"; then
    echo 'Fetching pdfium (4 MB, once)'
    python3 -m pip download --quiet --no-deps --no-cache-dir --disable-pip-version-check --only-binary :all: --platform "$system" \
        --dest "$work" "pypdfium2==$version"
    if ! is_right "$work"/*.whl; then
        echo 'The downloaded pdfium has a wrong checksum and was discarded. Run the script again.' >&2
        exit 1
    fi
    mv "$work"/*.whl "$wheel"
fi

python3 - "$wheel" "$work" <<'PYTHON'
import sys, zipfile

wheel, folder = zipfile.ZipFile(sys.argv[1]), sys.argv[2]
with open(f"{folder}/libpdfium.so", "wb") as library:
    library.write(wheel.read("pypdfium2_raw/libpdfium.so"))
with open(f"{folder}/libpdfium.licences.txt", "wb") as out:
    for name in sorted(wheel.namelist()):
        place, _, part = name.partition("/licenses/")
        if part and "android/" not in part and "v8_xfa/" not in part:
            out.write(b"==== %s ====\n\n%s\n\n" % (part.encode(), wheel.read(name).strip()))
PYTHON
# Replaced, not overwritten: a running program may have it loaded.
for file in libpdfium.so libpdfium.licences.txt; do
    cmp -s "$work/$file" "$folder/$file" || mv "$work/$file" "$folder/$file"
done
