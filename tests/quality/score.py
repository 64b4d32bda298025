#!/usr/bin/env python3
"""Scores Plumb's text of the documents that make.py made.

    score.py [--folder /tmp/quality] [--plumb PROGRAM] [--only WORDS] [--worst N] [--markdown FILE]

With `--plumb` the whole folder goes through `plumb files --json --text`; without it each document goes to the sealed child.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import worker
from compare import score, whole_rows

GOAL_MEDIAN, GOAL_LOW = 0.98, 0.93


def low(values):
    """The 10th percentile."""
    ordered = sorted(values)
    return ordered[int(0.1 * (len(ordered) - 1))]


def table(rows, heading):
    """Formats rows of (name, scores) as a Markdown table."""
    lines = [f"| {heading} | documents | median | 10th percentile | lowest | table rows whole | notes or heads in mid-sentence |", "|---|---|---|---|---|---|---|"]
    for name, found in rows:
        values = [one["score"] for one in found]
        broken = sum(one["broken"] for one in found)
        rows, whole = (sum(one["rows"][n] for one in found) for n in (0, 1))
        tables = f"{whole} of {rows}" if rows else "-"
        lines.append(f"| {name} | {len(found)} | {statistics.median(values):.3f} | {low(values):.3f} | {min(values):.3f} | {tables} | {broken} |")
    return "\n".join(lines)


def grouped(results, name):
    groups = defaultdict(list)
    for one in results:
        groups[name(one)].append(one)
    return sorted(groups.items())


def made_by(one):
    """The row a result belongs to. All encodings of plain text share one; a failing encoding shows among the worst."""
    return "txt, every encoding" if one["format"] == "txt" else f"{one['format']}, {one['producer']}"


def read_by_poppler(path):
    if path.suffix != ".pdf":
        return None
    done = subprocess.run(["pdftotext", "-enc", "UTF-8", path, "-"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    return {"text": done.stdout.decode(errors="replace").replace("\f", "\n"), "doubts": []}


def read_all(entries, options):
    if options.peer:
        return [read_by_poppler(options.folder / entry["path"]) for entry in entries]
    if options.plumb:
        found = worker.read_folder(options.folder, options.plumb)
        return [found.get(entry["path"]) for entry in entries]
    with ThreadPoolExecutor(1) as pool:
        return list(pool.map(lambda entry: worker.read_directly(options.folder / entry["path"]), entries))


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--folder", type=Path, default=Path("/tmp/quality"))
    options.add_argument("--plumb", help="the program `plumb`")
    options.add_argument("--peer", action="store_true", help="score pdftotext instead of Plumb")
    options.add_argument("--only", default="", help="only paths that contain one of these comma-separated words")
    options.add_argument("--worst", type=int, default=12, help="how many of the worst documents to show with their differences")
    options.add_argument("--markdown", type=Path, help="also write the tables to this file")
    options = options.parse_args()
    entries = [json.loads(line) for line in (options.folder / "index.jsonl").read_text(encoding="utf-8").splitlines()]
    entries = [entry for entry in entries if not options.only or any(word in entry["path"] for word in options.only.split(","))]
    began = time.monotonic()
    results = []
    for entry, read in zip(entries, read_all(entries, options)):
        if read is None:
            continue
        alike, broken, parts = score(read["text"], entry)
        rows = whole_rows(read["text"], entry)
        results.append({**entry, "rows": rows, "score": alike, "broken": broken, "parts": parts, "reason": read.get("reason", ""), "doubts": read["doubts"]})
    if not results:
        sys.exit("nothing was read")
    written = [
        table([("all", results)], "all"),
        table(grouped(results, made_by), "format, producer"),
        table(grouped(results, lambda one: one["language"]), "language"),
    ]
    print("\n\n".join(written))
    print(f"\n{len(results)} documents in {time.monotonic() - began:.1f} s; goal: median {GOAL_MEDIAN}, 10th percentile {GOAL_LOW}\n")
    for one in sorted(results, key=lambda one: one["score"])[: options.worst]:
        if one["score"] > 0.999:
            break
        doubts = f" doubts: {one['doubts']}" if one["doubts"] else ""
        print(f"{one['score']:.3f} {one['path']} {one['reason']}{doubts}")
        for want, got in one["parts"][:6]:
            print(f"      - {' '.join(want)[:110]!r}\n      + {' '.join(got)[:110]!r}")
    if options.markdown:
        options.markdown.write_text("\n\n".join(written) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
