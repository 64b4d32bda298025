"""The questions that the runner asks, with their judge: the generated set of tests/questions or the six old ones."""

import dataclasses
import importlib.util
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import tomllib

import report

ROOT = pathlib.Path(__file__).resolve().parents[2]


@dataclasses.dataclass
class Set:
    """Questions by seed, each with the "place" to ask about, and their judge."""

    questions: dict
    judge: object


def written_down(seeds):
    """The six old questions, which were written before any prompt was tuned."""
    asked = tomllib.loads((ROOT / "tests/fixtures/questions.toml").read_text())["question"]
    asked = [{**q, "half": "tuning", "kind": "written", "corpus": "repository", "place": ROOT / q["path"]} for q in asked]
    return Set({seed: asked for seed in seeds}, judge_written)


def judge_written(question, answer, citations):
    """Right if the answer matches every expected pattern and at least one citation opens."""
    matches = all(re.search(pattern, answer, re.IGNORECASE) for pattern in question["expect"])
    opening = [citation for citation in citations if citation["verified"] != "not_found"]
    named = any(os.path.normpath(question["cite"]).endswith(citation["path"]) for citation in opening)
    right = matches and bool(opening)
    return {"score": float(right), "right": right, "opens": bool(opening), "cited": named, "why": f"all patterns match: {matches}"}


def make(source, seed, out):
    """Makes the corpora and questions of one seed in a new folder under `out`."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix=f"making-{seed}-", dir=out))
    subprocess.run([sys.executable, "-B", str(source / "make.py"), "--seed", str(seed), "--out", str(folder)], check=True)
    folder.chmod(0o755)
    return folder


def questions_in(folder):
    asked = json.loads((folder / "questions.json").read_text())
    return [{**q, "place": folder.resolve() / "corpora" / q["corpus"] / q.get("path", "")} for q in asked]


def load_judge(source):
    spec = importlib.util.spec_from_file_location("judge", source / "judge.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.judge


def generated(seeds, out, source):
    """The generated set. Makes each seed's corpora once, so that a resumed run asks about the same files."""
    folders = {seed: out / f"seed-{seed}" for seed in seeds}
    for seed, folder in folders.items():
        if not folder.exists():
            make(source, seed, out).rename(folder)
    return Set({seed: questions_in(folder) for seed, folder in folders.items()}, load_judge(source))


def verdict(judge, question, result):
    """The judge's verdict. A judge that fails costs no answer: --judge-again repeats it."""
    try:
        return judge(question, result["answer"], result["citations"])
    except Exception as error:  # noqa: BLE001
        print(f"the judge failed: {error!r}; mend it, then use --judge-again", file=sys.stderr)
        return {"score": 0.0, "right": False, "opens": False, "why": f"the judge failed: {error!r}"}


def kept(found):
    """The parts of a verdict that a result line holds."""
    return {key: found[key] for key in ("score", "right", "opens", "cited") if key in found}


def contents(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def judge_again(out, source, old):
    """Judges stored answers with the present judge and questions, except where a question's words or files changed."""
    lines = report.load(out)
    before, now, judge = {}, {}, judge_written if old else load_judge(source)
    for seed in sorted({line["seed"] for line in lines}):
        if old:
            before[seed] = now[seed] = {q["id"]: q for q in written_down([seed]).questions[seed]}
            continue
        with tempfile.TemporaryDirectory() as scratch:
            made, used = make(source, seed, scratch), out / f"seed-{seed}"
            before[seed] = {q["id"]: q for q in questions_in(used)}
            asked = questions_in(made)
            same = {name: contents(made / "corpora" / name) == contents(used / "corpora" / name) for name in {q["corpus"] for q in asked}}
            now[seed] = {q["id"]: q for q in asked if same[q["corpus"]]}
    changed = stale = 0
    for line in lines:
        question, earlier = now[line["seed"]].get(line["id"]), before[line["seed"]].get(line["id"])
        if question is None or earlier is None or question["question"] != earlier["question"]:
            stale += 1
            continue
        found = kept(verdict(judge, question, line))
        changed += any(line.get(key) != value for key, value in found.items())
        line |= found
    fresh = out / "results.jsonl.new"
    fresh.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines))
    fresh.rename(out / "results.jsonl")
    print(f"{changed} of {len(lines)} verdicts changed; {stale} kept because the question or its files changed")
