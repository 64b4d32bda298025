"""Runs Plumb against the scripted model server and prints measurements."""

import dataclasses
import json
import os
import pathlib
import statistics
import subprocess
import time
import urllib.request

ROUNDS = 5
# Longer than any run takes, so that one that hangs does not block the rest.
TIMEOUT_SECONDS = 180

median = statistics.median


def cache(name):
    """A folder outside the repository for files that are made once and kept."""
    root = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    folder = pathlib.Path(root) / "plumb-dev" / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


class Piped:
    """A process driven through its pipes, which exits when its input closes."""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


class Server(Piped):
    """The scripted model server, in place of the network."""

    def __init__(self, programs, folder, script):
        path = folder / "script.json"
        path.write_text(json.dumps(script))
        command = [programs / "scripted-server", path]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.base_url = json.loads(self.process.stdout.readline())["base_url"]

    def requests(self):
        """How many completions were requested."""
        with urllib.request.urlopen(f"{self.base_url}/stats") as answer:
            return json.load(answer)["requests"]


def reply(text):
    return {"text": text, "usage": {"input_tokens": 100, "output_tokens": 10}}


def cell(code, fence="repl"):
    return reply(f"```{fence}\n{code}\n```")


def question(programs, path, base_url, *options):
    """The command that asks about `path`."""
    return [programs / "plumb", "ask", "Bench?", path, "--mode", "rlm", "--base-url", base_url, "--json", *options]


def environment(folder):
    return {**os.environ, "PLUMB_HOME": str(folder / "home")}


@dataclasses.dataclass
class Run:
    """An answered question."""

    # Seconds since the epoch just before the process started; events use the same clock.
    started: float
    events: list

    def cells(self):
        """Seconds that each cell took."""
        return [e["elapsed_ms"] / 1000 for e in self.events if e["type"] == "cell_finished"]

    def printed(self, number):
        """Output of cell `number`, counted from 0, parsed as JSON."""
        return json.loads([e["outcome"]["output"] for e in self.events if e["type"] == "cell_finished"][number])

    def until(self, kind):
        """Seconds from the start of the process to the first event of this kind."""
        return next(e["at_ms"] for e in self.events if e["type"] == kind) / 1000 - self.started


def ask(programs, folder, path, script, *options, watch=lambda pid: None):
    """Runs one question to its answer. Calls `watch` with the process id after the start."""
    events = folder / "events.jsonl"
    events.unlink(missing_ok=True)
    with Server(programs, folder, script) as server:
        command = question(programs, path, server.base_url, "--events", events, *options)
        started = time.time()
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        with subprocess.Popen(command, env=environment(folder), **pipes) as process:
            watch(process.pid)
            try:
                out, err = process.communicate(timeout=TIMEOUT_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
    if process.returncode != 0 or json.loads(out)["status"] != "answered":
        raise RuntimeError(f"no answer: {out} {err}")
    run = Run(started, [json.loads(line) for line in events.read_text().splitlines()])
    errors = [e["outcome"]["error"] for e in run.events if e["type"] == "cell_finished" and e["outcome"].get("error")]
    if errors:
        raise RuntimeError(f"a cell failed: {errors[0]}")
    return run


def seconds(command):
    """Seconds that a command runs. Its output is discarded, but really written."""
    since = time.perf_counter()
    # To a pipe: GNU grep stops at its first match if the output is /dev/null.
    subprocess.run(command, check=True, stdout=subprocess.PIPE, timeout=TIMEOUT_SECONDS)
    return time.perf_counter() - since


def show(what, ours, name, peer, wanted="", met=None, unit="s", faster=False):
    """Prints one comparison. With `faster` the ratio says how many times faster Plumb is, not how many times slower."""
    ratio, words = (peer / ours, "peer/ours") if faster else (ours / peer, "ours/peer")
    line = f"{what:<64} {ours:8.3f} {unit:<2}  {name:<26} {peer:8.3f} {unit:<2}  {words} {ratio:6.2f}"
    if wanted:
        line += f"   wanted {wanted}{'' if met else '  MISSED'}"
    print(line, flush=True)


def tell(what, words):
    """Prints one line without a comparison."""
    print(f"{what:<64} {words}", flush=True)
