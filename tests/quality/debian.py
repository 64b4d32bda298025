#!/usr/bin/env python3
"""Fetches the documents in debian.txt and compares Plumb's text with that of pdftotext or LibreOffice.

    debian.py [--cache FOLDER] [--plumb PROGRAM] [--low 0.9] [--markdown FILE]

The other readers are no yardstick: they only flag outliers for a person to check. `alike` is the similarity of the words in order, `words`
the similarity in any order: if `words` is high and `alike` low, only the order differs.
"""

import argparse
import gzip
import shutil
import subprocess
import tempfile
import unicodedata
from collections import Counter
from pathlib import Path

from rapidfuzz.distance import Indel

import worker
from compare import tokens
from office import Office

LIST = Path(__file__).parent / "debian.txt"
TEXT = {".ott": "txt", ".odt": "txt", ".docx": "txt", ".ots": "csv", ".ods": "csv", ".xlsx": "csv", ".xls": "csv"}


def listed():
    for line in LIST.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            package, path = line.split()
            yield package, path


def fetch(package, cache):
    """Returns the unpacked package from the cache, fetching it if needed."""
    folder = cache / package
    if folder.exists():
        return folder
    with tempfile.TemporaryDirectory(dir=cache) as held:
        done = subprocess.run(["apt-get", "download", package], cwd=held, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        if done.returncode == 0:
            subprocess.run(["dpkg", "-x", next(Path(held).glob("*.deb")), str(folder)], check=True)
    return folder


def document(package, path, cache):
    """Copies the document to the documents folder under a short name. `None` if the package has changed since."""
    source = fetch(package, cache) / path.lstrip("/")
    if not source.exists():
        return None
    target = cache / "documents" / f"{package}--{source.name.removesuffix('.gz')}"
    if not target.exists():
        target.parent.mkdir(exist_ok=True)
        if source.suffix == ".gz":
            target.write_bytes(gzip.decompress(source.read_bytes()))
        else:
            shutil.copy(source, target)
    return target


def read_by_another(path, office, folder):
    """The text that pdftotext or LibreOffice reads; `None` if neither can."""
    if path.suffix == ".pdf":
        done = subprocess.run(["pdftotext", "-enc", "UTF-8", path, "-"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
        return done.stdout.decode(errors="replace")
    if path.suffix in (".pptx", ".otp", ".odp"):
        made = office.convert([path], "pdf", folder)
        return read_by_another(made[0], office, folder) if made else None
    if path.suffix not in TEXT:
        return None
    # A CSV holds one sheet: -1 exports all, each to its own file.
    target = "csv:Text - txt - csv (StarCalc):124,34,76,1,,0,false,true,false,false,false,-1" if TEXT[path.suffix] == "csv" else "txt"
    with tempfile.TemporaryDirectory(dir=folder) as held:
        office.convert([path], target, held)
        made = sorted(Path(held).iterdir())
        return "\n".join(one.read_text(encoding="utf-8", errors="replace") for one in made).replace("|", " ") if made else None


def same_words(a, b):
    common = sum((Counter(a) & Counter(b)).values())
    return 2 * common / max(1, len(a) + len(b))


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--cache", type=Path, default=Path.home() / ".cache" / "plumb-quality" / "debian")
    options.add_argument("--plumb", help="the program `plumb`; without it the sealed worker is run directly")
    options.add_argument("--low", type=float, default=0.9, help="list documents with a lower similarity")
    options.add_argument("--markdown", type=Path)
    options = options.parse_args()
    options.cache.mkdir(parents=True, exist_ok=True)
    office = Office(options.cache)
    found, missing = [], []
    for package, path in listed():
        held = document(package, path, options.cache)
        found.append(held) if held else missing.append(path)
    folder = options.cache / "documents"
    whole = worker.read_folder(folder, options.plumb) if options.plumb else {}
    rows = []
    for path in found:
        ours = whole.get(path.name) if options.plumb else worker.read_directly(path)
        other = options.cache / "others" / f"{path.name}.txt"
        if not other.exists():
            other.parent.mkdir(exist_ok=True)
            read = read_by_another(path, office, options.cache)
            other.write_text("" if read is None else read, encoding="utf-8")
        ours = ours or {"text": "", "reason": "not read", "doubts": []}
        # Compatibility forms are normalised: pdftotext keeps ligatures and Arabic presentation forms.
        a, b = (tokens(unicodedata.normalize("NFKC", text)) for text in (other.read_text(encoding="utf-8"), ours["text"]))
        alike = Indel.normalized_similarity(a, b) if a else None
        rows.append((path.name, len(b), alike, same_words(a, b) if a else None, "; ".join([ours.get("reason") or "", *ours["doubts"]]).strip("; ")))
    compared = [row for row in rows if row[2] is not None]
    print(f"{len(rows)} documents, {len(compared)} compared, {len(missing)} missing {missing or ''}")
    lines = ["| document | words | alike | words | doubts |", "|---|---|---|---|---|"]
    lines += [
        f"| {name} | {count} | {'-' if alike is None else f'{alike:.3f}'} | {'-' if words is None else f'{words:.3f}'} | {doubts} |"
        for name, count, alike, words, doubts in sorted(rows, key=lambda row: 2 if row[2] is None else row[2])
    ]
    shown = [line for line, row in zip(lines[2:], sorted(rows, key=lambda row: 2 if row[2] is None else row[2])) if row[2] is None or row[2] < options.low]
    print("\n".join([*lines[:2], *shown]))
    if options.markdown:
        options.markdown.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
