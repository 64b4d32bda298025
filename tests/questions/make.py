#!/usr/bin/env python3
"""Generates the question set: make.py --seed N --out DIR writes DIR/corpora/ and DIR/questions.json."""
import argparse
import json
from pathlib import Path

import code_base
import mail
import office
import reports
import tables

BUILDERS = (office.build, reports.build, code_base.build, mail.build, tables.build)


def build_all(seed):
    """The corpora at this seed, each with its files and questions."""
    return [build(seed) for build in BUILDERS]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    questions = []
    for corpus in build_all(arguments.seed):
        questions += corpus.questions
        for path, content in corpus.files.items():
            target = arguments.out / "corpora" / corpus.name / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
    text = json.dumps(questions, indent=1, ensure_ascii=False) + "\n"
    (arguments.out / "questions.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
