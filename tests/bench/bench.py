"""Measures Plumb's programs beside a peer or a lower bound in the same run. Prints medians and ratios; for loops over text, the fastest pass.

On a busy machine the ratios mean more than the figures.
"""

import argparse
import os
import pathlib
import sys
import tempfile

import calls
import corpus
import documents
import first
import local
import measure
import text
import turns

MEASURES = {
    "turns": turns.engine_time,
    "first": first.first_turn,
    "memory": first.memory,
    "text": text.in_the_repl,
    "sub-calls": calls.sub_calls,
    "rate-limit": calls.rate_limit,
    "overhead": calls.overhead,
    "callbacks": calls.callbacks,
    "listing": corpus.listing,
    "searching": corpus.searching,
    "ranking": corpus.ranking,
    "watching": corpus.watching,
    "documents": documents.extraction,
    "second-open": documents.second_open,
    "local-model": local.speed,
}


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--programs", required=True, type=pathlib.Path, help="folder of the built programs")
    arguments.add_argument("--only", nargs="+", choices=MEASURES, default=list(MEASURES), help="run only these measures")
    given = arguments.parse_args()
    load, processors = os.getloadavg()[0], os.cpu_count()
    print(f"{processors} processors, load {load:.1f}{': busy, so figures are noisy' if load > processors / 2 else ''}", flush=True)
    broken = []
    # On the cache's disk: Plumb copies the text there, and a /tmp in memory would count as memory use.
    with tempfile.TemporaryDirectory(dir=measure.cache("bench")) as scratch:
        for name in given.only:
            folder = pathlib.Path(scratch) / name
            folder.mkdir()
            try:
                MEASURES[name](given.programs.resolve(), folder)
            except Exception as error:
                # One failing measure does not stop the others.
                print(f"{name}: not measured: {type(error).__name__}: {error}", flush=True)
                broken.append(name)
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()
