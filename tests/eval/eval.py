"""Asks the question set (tests/questions) with Plumb, beside plain retrieval if wanted, and reports scores by kind of question.

eval.py --plumb PROGRAM [--half tuning|held_out|all] [--seeds 1,2] [--kind KIND]... [--only ID] [--limit-seconds 180] [--mode MODE]
        [--model MODEL] [--with plain] [--out FOLDER] [--resume] [--show]     asks, then reports
eval.py --plumb PROGRAM --old                                                 asks the six questions of tests/fixtures/questions.toml
eval.py --report FOLDER...                                                    reports only
eval.py --judge-again FOLDER [--old]                                          judges the stored answers anew, then reports

FOLDER/results.jsonl holds one line per question. Started again with the same --out, the runner goes on where it stopped.
Seconds are those of the whole command, so Plumb's include loading the model; plain retrieval keeps it loaded.
Answers of the held-out half are written to files and never shown, so that nobody tunes on them by accident.
"""

import argparse
import datetime
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time

# The repository does not ignore Python's caches.
sys.dont_write_bytecode = True
import plain
import question_set
import report

DEFAULT_MODEL = "local:qwen2.5-coder-1.5b"
# Time that Plumb has to stop by itself after its limit.
GRACE_SECONDS = 60
# A program that never starts a run is not worth asking further.
MAX_NOT_STARTED = 3


class Plumb:
    """The program under test, started anew for each question."""

    def __init__(self, given):
        parts = ["plumb", given.mode, given.model if given.model != DEFAULT_MODEL else None]
        self.name, self.given = "-".join(re.sub(r"[^\w.]+", "_", part) for part in parts if part), given

    def close(self):
        pass

    def ask(self, question, place, home, seed):
        given = self.given
        command = [given.plumb, "ask", question, str(place), "--model", given.model, "--seed", str(seed), "--json", "--timeout", str(given.limit_seconds)]
        command += ["--mode", given.mode] if given.mode else []
        models = os.environ.get("PLUMB_MODELS") or str(plain.measure.cache("models"))
        environment = {**os.environ, "PLUMB_HOME": str(home), "PLUMB_MODELS": models}
        # Files, because a helper process that outlives a killed program would keep pipes open.
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as trace:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=trace, env=environment, start_new_session=True)
            try:
                exit_status = process.wait(given.limit_seconds + GRACE_SECONDS)
            except subprocess.TimeoutExpired:
                exit_status = None
            finally:
                end_group(process)
            texts = [(file.seek(0), file.read().decode(errors="replace"))[1] for file in (out, trace)]
        return outcome(exit_status, *texts)


def end_group(process):
    """Ends a program with its helpers."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


def outcome(exit_status, out, trace):
    """What Plumb printed, as the runner records it."""
    empty = {"answer": "", "citations": [], "trace": trace, "raw": out}
    if exit_status is None:
        return {**empty, "status": "killed", "error": f"no end within {GRACE_SECONDS} s after the limit"}
    try:
        raw = json.loads(out)
    except ValueError:
        last = (trace.strip().splitlines() or ["no message"])[-1]
        # 2: wrong usage.
        return {**empty, "status": report.NOT_STARTED if exit_status == 2 else "crashed", "error": f"exit status {exit_status}: {last}"}
    error = raw.get("error")
    citations = [{key: citation.get(key) for key in ("path", "place", "verified")} for citation in raw.get("citations") or []]
    return {
        "answer": raw.get("answer") or "",
        "citations": citations,
        "status": raw["status"] if raw.get("run_id") else report.NOT_STARTED,
        "error": f"{error.get('code')}: {error.get('message')}" if error else None,
        "trace": trace,
        "raw": raw,
    }


def line_of(question, seed, system, seconds, result, verdict):
    """One line of results.jsonl."""
    line = {"id": question["id"], "seed": seed, "system": system, "kind": question["kind"], "half": question["half"]}
    line |= question_set.kept(verdict)
    return line | {"seconds": round(seconds, 2)} | {key: result[key] for key in ("answer", "citations", "status", "error")}


def keep(out, line, question, result, verdict):
    """Appends the line and writes the transcript. Returns the transcript."""
    folder = out / "transcripts" / line["half"]
    folder.mkdir(parents=True, exist_ok=True)
    raw = result["raw"] if isinstance(result["raw"], str) else json.dumps(result["raw"], indent=1, ensure_ascii=False)
    words = f"{line['system']}, seed {line['seed']}: {'right' if line['right'] else 'wrong'}, score {line['score']:.2f}, {line['status']}: {verdict['why']}"
    parts = [question["question"], f"({question['answer']})", result["trace"].rstrip(), raw, words]
    transcript = "\n\n".join(parts) + "\n"
    (folder / f"{line['id']}-{line['seed']}-{line['system']}.txt").write_text(transcript)
    with (out / "results.jsonl").open("a") as file:
        file.write(json.dumps(line, ensure_ascii=False) + "\n")
    return transcript


def mend(results):
    """Cuts off a line that an interrupted run left unfinished."""
    if results.exists() and (text := results.read_bytes()) and not text.endswith(b"\n"):
        results.write_bytes(text[: text.rfind(b"\n") + 1])


def ask_all(given, out, chosen):
    """Asks what has no result yet. Each corpus and seed has its own PLUMB_HOME per system, kept like a user's."""
    mend(out / "results.jsonl")
    done = {(line["system"], line["id"], line["seed"]) for line in report.load(out) if line["status"] != report.NOT_STARTED}
    makers = {Plumb(given).name: lambda: Plumb(given)}
    if "plain" in given.beside:
        makers["plain"] = lambda: plain.Plain(given.plumb, given.model, given.limit_seconds + GRACE_SECONDS)
    wanted = [(system, question, seed) for seed, questions in chosen.questions.items() for question in questions for system in makers if is_chosen(given, question)]
    pending = [(system, question, seed) for system, question, seed in wanted if (system, question["id"], seed) not in done]
    print(f"{len(wanted)} answers wanted, {len(wanted) - len(pending)} there already; results in {out}", flush=True)
    # Only now, because the first use of the baseline compiles llama-cpp-python.
    systems = {name: makers[name]() for name in makers if any(name == system for system, _, _ in pending)}
    not_started = 0
    try:
        for number, (system, question, seed) in enumerate(pending, 1):
            home = out / "homes" / f"{system}-{seed}" / question["corpus"]
            home.mkdir(parents=True, exist_ok=True)
            since = time.perf_counter()
            result = systems[system].ask(question["question"], question["place"], home, seed)
            seconds = time.perf_counter() - since
            verdict = question_set.verdict(chosen.judge, question, result)
            line = line_of(question, seed, system, seconds, result, verdict)
            transcript = keep(out, line, question, result, verdict)
            tell(f"{number}/{len(pending)}", line, transcript if given.show else None)
            not_started = not_started + 1 if line["status"] == report.NOT_STARTED else 0
            if not_started == MAX_NOT_STARTED:
                sys.exit(f"Plumb did not start {MAX_NOT_STARTED} questions in a row. The last message: {line['error']}")
    finally:
        for system in systems.values():
            system.close()


def is_chosen(given, question):
    halves = (given.half == "all") or question["half"] == given.half
    return halves and (not given.kind or question["kind"] in given.kind) and given.only in (None, question["id"])


def tell(number, line, transcript):
    """Prints one result. Of the held-out half only the score, without the question's name."""
    held_out = line["half"] != "tuning"
    name = "(held out)" if held_out else line["id"]
    verdict = "right" if line["right"] else "wrong"
    print(f"{number:>9}  {line['system']:<8} seed {line['seed']}  {line['kind']:<13} {name:<40} {line['score']:.2f} {verdict} {line['seconds']:7.1f} s  {line['status']}", flush=True)
    if transcript and not held_out:
        print("\n".join("        " + text for text in transcript.splitlines()), flush=True)


def output_folder(given):
    """The folder given, else the newest one (--resume), else a new one."""
    root = plain.measure.cache("eval-old" if given.old else "eval") if not given.out else None
    if root and given.resume:
        earlier = sorted(root.glob("2*"))
        if not earlier:
            sys.exit(f"Nothing to resume in {root}.")
        return earlier[-1]
    out = pathlib.Path(given.out).resolve() if given.out else root / f"{datetime.datetime.now():%Y-%m-%d-%H%M%S}"
    out.mkdir(parents=True, exist_ok=True)
    return out


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plumb", help="the program")
    parser.add_argument("--half", choices=["tuning", "held_out", "all"], default="all")
    parser.add_argument("--seeds", help="seeds of the corpora and the model [default: 1; with --old: 1,2,3]")
    parser.add_argument("--kind", action="append", help="only this kind; may be repeated")
    parser.add_argument("--only", metavar="ID", help="only this question")
    parser.add_argument("--limit-seconds", type=int, default=180)
    parser.add_argument("--mode", help="as in plumb ask")
    parser.add_argument("--model", default=DEFAULT_MODEL)
    parser.add_argument("--with", dest="beside", action="append", choices=["plain"], default=[], help="ask this system too")
    parser.add_argument("--out", help="folder of corpora, results and transcripts")
    parser.add_argument("--resume", action="store_true", help="go on in the newest folder")
    parser.add_argument("--show", action="store_true", help="print transcripts of the tuning half")
    parser.add_argument("--old", action="store_true", help="the six questions of tests/fixtures/questions.toml")
    parser.add_argument("--questions", type=pathlib.Path, default=question_set.ROOT / "tests/questions", help="folder of make.py and judge.py")
    parser.add_argument("--report", nargs="+", type=pathlib.Path, metavar="FOLDER")
    parser.add_argument("--judge-again", type=pathlib.Path, metavar="FOLDER")
    given = parser.parse_args(arguments)
    if given.report:
        return print(report.table(given.report))
    if given.judge_again:
        question_set.judge_again(given.judge_again, given.questions, given.old)
        return print(report.table([given.judge_again]))
    if not given.plumb:
        parser.error("--plumb is needed")
    # A path, since a bare name would be looked up elsewhere.
    given.plumb = str(pathlib.Path(given.plumb).resolve())
    out = output_folder(given)
    seeds = [int(seed) for seed in (given.seeds or ("1,2,3" if given.old else "1")).split(",")]
    chosen = question_set.written_down(seeds) if given.old else question_set.generated(seeds, out, given.questions)
    ask_all(given, out, chosen)
    print(f"\n{report.table([out])}\n\nresults and transcripts in {out}")


if __name__ == "__main__":
    # A runner that is told to end must end the program it waits for.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    main()
