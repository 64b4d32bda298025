#!/usr/bin/env bash
# Measures how well Plumb reads: makes every format from our texts, scores the result, and compares real documents with other readers.
# Everything goes to a cache folder. PLUMB: the program `plumb`; without it the sealed worker of a debug build is run directly.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cache=${QUALITY_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/plumb-quality}
export PYTHONDONTWRITEBYTECODE=1
missing=()
for tool in soffice chromium xelatex lualatex pdflatex pdftotext pdftoppm qpdf zip; do
    command -v "$tool" >/dev/null || missing+=("$tool")
done
if [ ${#missing[@]} -gt 0 ]; then
    echo "These programs are missing: ${missing[*]}"
    echo "On Debian: apt-get install --no-install-recommends libreoffice-writer libreoffice-calc libreoffice-impress python3-uno chromium \\"
    echo "  texlive-xetex texlive-luatex texlive-latex-recommended texlive-lang-{german,french,spanish,polish,czechslovak,greek,cyrillic} lmodern \\"
    echo "  hyphen-{en-gb,de,fr,es,pl,ru,cs} fonts-noto-core fonts-noto-cjk fonts-liberation fonts-dejavu-core poppler-utils poppler-data qpdf zip"
    exit 1
fi
mkdir -p "$cache"
if [ ! -x "$cache/venv/bin/python" ]; then
    python3 -m venv "$cache/venv"
    "$cache/venv/bin/pip" -q install rapidfuzz zstandard msoffcrypto-tool
fi
python=$cache/venv/bin/python
# Made again if a text or a writer has changed.
makers=(-path '*/texts/*' -o -name '*.py' ! -name score.py ! -name compare.py ! -name debian.py ! -name worker.py ! -name make_fixtures.py)
if [ ! -f "$cache/made/index.jsonl" ] || [ -n "$(find "$here" -newer "$cache/made/index.jsonl" -type f \( "${makers[@]}" \) -print -quit)" ]; then
    rm -rf "$cache/made"
    "$python" "$here/make.py" "$cache/made"
fi
# A fresh home, so that nothing comes from an earlier run's cache.
export PLUMB_HOME=$cache/home
rm -rf "$PLUMB_HOME"
asked=(${PLUMB:+--plumb "$PLUMB"})
"$python" "$here/score.py" --folder "$cache/made" --markdown "$cache/quality.md" "${asked[@]}"
"$python" "$here/debian.py" --cache "$cache/debian" --markdown "$cache/debian.md" "${asked[@]}"
echo "The tables are in $cache/quality.md and $cache/debian.md."
