#!/usr/bin/env python3
"""Lays out the development set for tests/eval/eval.py: make.py --seed N --out DIR copies corpora/ and questions.json. The seed changes nothing."""
import argparse
import shutil
from pathlib import Path

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--out", type=Path, required=True)
    out = parser.parse_args().out
    here = Path(__file__).resolve().parent
    shutil.copytree(here / "corpora", out / "corpora", dirs_exist_ok=True)
    shutil.copy(here / "questions.json", out / "questions.json")
