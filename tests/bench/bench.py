"""Measures Plumb's programs beside a peer or a floor in the same run, and prints medians and ratios.

Figures on a busy machine mean little; the ratios mean more.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import tempfile
import time

ROUNDS = 5


def seconds(command):
    since = time.perf_counter()
    # Into a pipe: GNU grep stops at its first match when it sees /dev/null.
    subprocess.run(command, check=True, stdout=subprocess.PIPE)
    return time.perf_counter() - since


class Server:
    """The scripted model server: it stands for the network."""

    def __init__(self, programs, folder, script):
        path = folder / "script.json"
        path.write_text(json.dumps(script))
        command = [programs / "scripted-server", path]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.base_url = json.loads(self.process.stdout.readline())["base_url"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()


def cell(code):
    usage = {"input_tokens": 100, "output_tokens": 10}
    return {"text": f"```repl\n{code}\n```", "usage": usage}


def ask(programs, folder, path, script, *options):
    """Runs one question; gives its whole time, the times of its cells and its events."""
    with Server(programs, folder, script) as server:
        events = folder / "events.jsonl"
        command = [programs / "plumb", "ask", "Bench?", path, "--mode", "rlm", "--base-url", server.base_url, "--json"]
        command += ["--events", events, *options]
        since = time.perf_counter()
        env = {**os.environ, "PLUMB_HOME": str(folder / "home")}
        done = subprocess.run(command, capture_output=True, text=True, env=env)
        whole = time.perf_counter() - since
        answer = json.loads(done.stdout)
        assert answer["status"] == "answered", done.stdout + done.stderr
        lines = [json.loads(line) for line in events.read_text().splitlines()]
        return whole, [e["elapsed_ms"] / 1000 for e in lines if e["type"] == "cell_finished"], lines


def show(what, ours, name, peer):
    print(f"{what:<52} {ours:8.3f} s   {name:<24} {peer:8.3f} s   ratio {ours / peer:5.2f}", flush=True)


def first_turn(programs, folder, log):
    """From nothing to the first prompt sent, beside reading the file once."""
    ours, floor = [], []
    for _ in range(ROUNDS):
        _, _, events = ask(programs, folder, log, {"root": [cell("FINAL('x')")]})
        at = {e["type"]: e["at_ms"] for e in events}
        ours.append((at["turn_started"] - at["run_started"]) / 1000)
        floor.append(seconds(["cat", log]))
    show("first turn over 200 MB, from the question", statistics.median(ours), "cat of the file", statistics.median(floor))


def grep(programs, folder, log):
    """grep() in the REPL when the text is frozen, beside GNU grep on the same file."""
    ours, peer = [], []
    for _ in range(ROUNDS):
        script = {"root": [cell("len(context)"), cell("print(grep('needle 77', limit=10).total)"), cell("FINAL('x')")]}
        _, cells, _ = ask(programs, folder, log, script)
        ours.append(cells[1])
        peer.append(seconds(["grep", "-c", "needle 77", log]))
    show("grep of a rare word over 200 MB in the REPL", statistics.median(ours), "GNU grep", statistics.median(peer))


def calls(programs, folder, log):
    """Sub-calls of 200 ms, beside the floor that their number and the cap allow."""
    for cap, number in ((8, 64), (32, 256), (128, 512)):
        code = f"r = llm_query_batched([f'Q{{i}}' for i in range({number})])\nprint(len(r))"
        rule = {"regex": "^Q\\d", "replies": [{"text": "a", "latency_ms": 200, "usage": {"input_tokens": 5, "output_tokens": 1}}]}
        script = {"root": [cell(code), cell("FINAL('x')")], "rules": [rule]}
        ours = [ask(programs, folder, log, script, "--concurrency", str(cap))[1][0] for _ in range(3)]
        show(f"{number} sub-calls of 200 ms, {cap} at once", statistics.median(ours), "floor", -(-number // cap) * 0.2)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--programs", required=True, type=pathlib.Path)
    programs = arguments.parse_args().programs.resolve()
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        log = folder / "log.txt"
        with log.open("w") as out:
            for i in range(2_500_000):
                out.write(f"{i:08} a line of a long log with some words, needle {i % 100_000}, and its end\n")
        first_turn(programs, folder, log)
        grep(programs, folder, log)
        calls(programs, folder, log)


if __name__ == "__main__":
    main()
