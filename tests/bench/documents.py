"""Speed of reading documents beside `pdftotext` and LibreOffice; and a check that none is read twice."""

import gzip
import hashlib
import json
import os
import pathlib
import random
import re
import resource
import shutil
import subprocess
import sys
import time
import zipfile

import measure
import tree

HERE = pathlib.Path(__file__).parent
# Debian packages that contain PDFs.
PACKAGES = ("gnuplot-doc", "bash-doc", "debian-policy", "pari-doc", "r-doc-pdf", "developers-reference", "maint-guide", "sbcl-doc", "octave-doc")
MIN_BYTES, MAX_BYTES = 50_000, 2_500_000
OFFICE = 12
ROUNDS = 3


def pdfs():
    """Manuals from Debian's packages, fetched once."""
    folder = measure.cache("bench") / "pdf-1"
    if not folder.exists():
        part = folder.with_suffix(".part")
        shutil.rmtree(part, ignore_errors=True)
        unpacked = part / "unpacked"
        (part / "packages").mkdir(parents=True)
        subprocess.run(["apt-get", "download", "-qq", *PACKAGES], cwd=part / "packages", check=True, timeout=600, stderr=subprocess.DEVNULL)
        for package in sorted((part / "packages").glob("*.deb")):
            subprocess.run(["dpkg-deb", "-x", package, unpacked], check=True)
        kept = part / "kept"
        kept.mkdir()
        for path in sorted(unpacked.rglob("*.pdf*")):
            if path.is_symlink() or not path.is_file():
                continue
            content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
            if MIN_BYTES < len(content) < MAX_BYTES:
                # A manual may be in two places; the hash makes the name unique.
                (kept / f"{path.name.split('.')[0]}-{hashlib.sha256(content).hexdigest()[:8]}.pdf").write_bytes(content)
        os.replace(kept, folder)
        shutil.rmtree(part)
    return folder


def office(kind):
    """Documents written by LibreOffice, made once: reports of about 30 pages with tables, or sheets of 3,000 rows."""
    folder = measure.cache("bench") / f"{kind}-1"
    if folder.exists():
        return folder
    chance = random.Random(7)
    words = tree.vocabulary(chance)[:5_000]
    some = lambda least, most: " ".join(chance.choices(words, k=chance.randint(least, most)))
    part = folder.with_suffix(".part")
    shutil.rmtree(part, ignore_errors=True)
    source = part / "source"
    source.mkdir(parents=True)
    for number in range(OFFICE):
        if kind == "docx":
            parts = []
            for chapter in range(30):
                parts.append(f"<h1>{some(2, 5)}</h1>" + "".join(f"<p>{some(40, 90)}.</p>" for _ in range(6)))
                rows = "".join(f"<tr><td>{some(1, 2)}</td><td>{chance.randint(1, 99999)}</td><td>{some(2, 4)}</td></tr>" for _ in range(12))
                parts.append(f"<table border='1'>{rows}</table>")
            (source / f"report-{number:02}.html").write_text(f"<html><body>{''.join(parts)}</body></html>")
        else:
            rows = [f"{row},{some(1, 3)},{chance.randint(1, 9999)},{chance.random() * 1000:.2f},2026-{row % 12 + 1:02}-{row % 28 + 1:02},{some(2, 6)}\n" for row in range(3_000)]
            (source / f"sheet-{number:02}.csv").write_text("id,name,pieces,price,date,note\n" + "".join(rows))
    convert({"docx": "docx:MS Word 2007 XML", "xlsx": "xlsx:Calc MS Excel 2007 XML"}[kind], source, part / "kept", part / "profile")
    os.replace(part / "kept", folder)
    shutil.rmtree(part)
    return folder


def convert(to, source, folder, profile):
    """Converts all documents of a folder in one run of LibreOffice. Returns its time."""
    folder.mkdir(parents=True, exist_ok=True)
    writer = ["--infilter=HTML (StarWriter)"] if to.startswith("docx") else []
    command = ["soffice", f"-env:UserInstallation=file://{profile}", "--headless", *writer, "--convert-to", to, "--outdir", folder, *sorted(source.iterdir())]
    since = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=600)
    took = time.perf_counter() - since
    if len(list(folder.iterdir())) != len(list(source.iterdir())):
        raise RuntimeError("LibreOffice did not convert all of them")
    return took


def read(programs, home, folder):
    """Reads all documents of a folder. Returns their entries, the wall time and the CPU time."""
    home.mkdir(parents=True, exist_ok=True)
    out = home / "cpu.txt"
    command = [sys.executable, HERE / "cpu.py", out, programs / "plumb", "files", "--json", folder]
    since = time.perf_counter()
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, env=measure.environment(home), timeout=measure.TIMEOUT_SECONDS * 3)
    took = time.perf_counter() - since
    entries = [json.loads(line) for line in done.stdout.splitlines()]
    unread = [entry for entry in entries if entry["state"] != "extracted"]
    if unread or not entries:
        raise RuntimeError(f"not all were read: {unread[:3]}")
    return entries, took, float(out.read_text())


def plain(command, each):
    """Runs one process per document, one after another. Returns wall time and CPU time."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    since = time.perf_counter()
    for path in each:
        subprocess.run([*command, path, "-"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=measure.TIMEOUT_SECONDS)
    took = time.perf_counter() - since
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return took, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def pages_of(path):
    told = subprocess.run(["pdfinfo", path], check=True, capture_output=True, text=True, errors="replace").stdout
    return int(re.search(r"^Pages:\s+(\d+)", told, re.MULTILINE)[1])


def extraction(programs, folder):
    """Pages per second, and the ratio to LibreOffice."""
    source = pdfs()
    paths = sorted(source.iterdir())
    pages = sum(map(pages_of, paths))
    ours, theirs = [], []
    for number in range(ROUNDS):
        # A fresh home each time, so that nothing is cached.
        _, took, used = read(programs, folder / f"pdf-{number}", source)
        ours.append((took, used))
        theirs.append(plain(["pdftotext", "-q"], paths))
    what = f"{pages} pages of {len(paths)} PDFs"
    for which, clock in enumerate(("wall clock", "processor")):
        mine, peer = (pages / measure.median(times[which] for times in of) for of in (ours, theirs))
        line = f"{f'{what}, pages a second by the {clock}':<64} {mine:8.1f}     pdftotext {peer:8.1f}   ours/peer {mine / peer:6.2f}   wanted >= 1"
        print(line + ("" if mine >= peer else "  MISSED"), flush=True)

    if not shutil.which("soffice"):
        measure.tell("DOCX and XLSX", "not compared: there is no LibreOffice on this machine")
        return
    for kind, to in (("docx", "txt:Text"), ("xlsx", "csv")):
        source = office(kind)
        ours, theirs = [], []
        # LibreOffice's first start creates a profile, which is not part of reading.
        convert(to, source, folder / "converted", folder / "profile")
        for number in range(ROUNDS):
            ours.append(read(programs, folder / f"{kind}-{number}", source)[1])
            theirs.append(convert(to, source, folder / "converted", folder / "profile"))
        mine, peer = measure.median(ours), measure.median(theirs)
        measure.show(f"{OFFICE} {kind.upper()} read", mine, "LibreOffice, one start", peer, ">= 5", peer >= 5 * mine, faster=True)
        shutil.rmtree(folder / "converted")


def counting(programs, folder):
    """The same programs, with a log of each start of `plumb-extract`."""
    beside = folder / "programs"
    beside.mkdir()
    notes = folder / "starts.txt"
    for path in programs.iterdir():
        if path.is_file() and (path.name.startswith(("plumb", "lib")) or ".so" in path.name) and path.suffix not in (".d", ".rlib", ".rmeta", ".a"):
            # Copied, because a link to `plumb` would resolve to its original folder.
            shutil.copy(path, beside / path.name)
    real = beside / "plumb-extract"
    real.rename(beside / "plumb-extract-real")
    real.write_text(f'#!/bin/sh\necho start >> "{notes}"\nexec "{beside}/plumb-extract-real" "$@"\n')
    real.chmod(0o755)
    return beside, lambda: notes.read_text().count("\n") if notes.exists() else 0


def second_open(programs, folder):
    """Checks that a folder read before is not extracted again."""
    source = folder / "documents"
    source.mkdir()
    for path in sorted(pdfs().iterdir())[:20]:
        shutil.copy2(path, source)
    with zipfile.ZipFile(source / "inner.zip", "w") as packed:
        for path in sorted(pdfs().iterdir())[20:23]:
            packed.write(path, path.name)
    # A file changed just now may change again within the same time stamp, so Plumb does not trust the stamp yet.
    time.sleep(3)
    beside, starts = counting(programs, folder)
    first, again, of_first, of_again = [], [], [], []
    for number in range(ROUNDS):
        home = folder / str(number)
        home.mkdir()
        for times, counts in ((first, of_first), (again, of_again)):
            before = starts()
            since = time.perf_counter()
            subprocess.run([beside / "plumb", "files", "--json", source], check=True, stdout=subprocess.PIPE, env=measure.environment(home), timeout=measure.TIMEOUT_SECONDS)
            times.append(time.perf_counter() - since)
            counts.append(starts() - before)
    if not min(of_first):
        raise RuntimeError("the first opening started no reader: its starts are not counted")
    measure.show("21 documents opened again", measure.median(again), "the first time", measure.median(first))
    counted = f"{max(of_again)} (the first time {max(of_first)})   wanted 0{'' if max(of_again) == 0 else '  MISSED'}"
    measure.tell("   readers of documents that were started for that", counted)
