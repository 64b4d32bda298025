"""Asks the questions in questions.toml with the built-in model at three seeds and counts correct answers.

An answer is correct if it matches every expected pattern and at least one citation opens.
eval.py --plumb PROGRAM [--out FOLDER] [--seeds 1,2,3] [--only ID]
"""

import argparse
import json
import os
import pathlib
import re
import statistics
import subprocess
import tempfile
import tomllib

ROOT = pathlib.Path(__file__).resolve().parents[2]


def ask(plumb, home, question, seed, model):
    command = [plumb, "ask", question["question"], str(ROOT / question["path"]), "--model", model, "--seed", str(seed), "--json"]
    models = os.environ.get("PLUMB_MODELS") or os.path.expanduser("~/.cache/plumb-dev/models")
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "PLUMB_HOME": home, "PLUMB_MODELS": models})
    return json.loads(done.stdout), done.stderr


def judge(question, result):
    right = all(re.search(pattern, result["answer"], re.IGNORECASE) for pattern in question["expect"])
    opening = [c for c in result["citations"] if c["verified"] != "not_found"]
    cited = os.path.normpath(question["cite"])
    named = any(cited.endswith(c["path"]) for c in opening)
    return right and bool(opening), right, bool(opening), named


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--plumb", required=True)
    arguments.add_argument("--out", default=None)
    arguments.add_argument("--seeds", default="1,2,3")
    arguments.add_argument("--only")
    arguments.add_argument("--questions", default=str(ROOT / "tests/fixtures/questions.toml"))
    arguments.add_argument("--model", default="local:qwen2.5-coder-1.5b")
    given = arguments.parse_args()
    questions = tomllib.loads(pathlib.Path(given.questions).read_text())["question"]
    questions = [q for q in questions if given.only in (None, q["id"])]
    out = pathlib.Path(given.out or tempfile.mkdtemp(prefix="plumb-eval-"))
    out.mkdir(parents=True, exist_ok=True)
    scores = []
    with tempfile.TemporaryDirectory() as home:
        for seed in map(int, given.seeds.split(",")):
            score = 0
            for question in questions:
                result, trace = ask(given.plumb, home, question, seed, given.model)
                good, right, opens, named = judge(question, result)
                score += good
                seconds = result.get("elapsed_ms", 0) / 1000
                verdict = "right" if good else "wrong"
                print(f"seed {seed}  {question['id']:<18} {verdict}  {seconds:6.1f} s  cites the expected document: {named}", flush=True)
                print(f"        {result['answer']!r}", flush=True)
                transcript = [question["question"], "", trace, "", json.dumps(result, indent=1, ensure_ascii=False), "", verdict]
                (out / f"{question['id']}-{seed}.txt").write_text("\n".join(transcript))
            scores.append(score)
            print(f"seed {seed}: {score} of {len(questions)}", flush=True)
    print(f"median: {statistics.median(scores)} of {len(questions)}; transcripts in {out}")


if __name__ == "__main__":
    main()
