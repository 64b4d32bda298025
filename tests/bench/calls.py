"""Calls from the REPL back into Plumb: sub-calls to a model, and cheap calls one after another."""

import json
import os
import pathlib
import subprocess
import sys
import time

import measure
import peers

MODEL_SECONDS = 0.2
CHEAP = 20_000

# Two processes that exchange 100 bytes: the lower bound for a call from Python to another process and back.
FLOOR = """
import os, subprocess, sys, time
rounds = int(sys.argv[1])
echo = "import os\\nwhile message := os.read(0, 100): os.write(1, message)"
with subprocess.Popen([sys.executable, "-S", "-c", echo], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0) as other:
    to, back, message = other.stdin.fileno(), other.stdout.fileno(), b"x" * 100
    os.write(to, message), os.read(back, 100)
    since = time.perf_counter()
    for _ in range(rounds):
        os.write(to, message)
        os.read(back, 100)
    print(time.perf_counter() - since)
    other.stdin.close()
"""


# Plumb's calls without Plumb: one connection, streams read to their end, one after another.
BARE = """
import http.client, json, sys, time, urllib.parse
url, rounds = urllib.parse.urlsplit(sys.argv[1]), int(sys.argv[2])
connection = http.client.HTTPConnection(url.netloc)
times = []
for number in range(rounds):
    since = time.perf_counter()
    message = {"role": "user", "content": f"Q{number}"}
    body = json.dumps({"model": "m", "stream": True, "stream_options": {"include_usage": True}, "messages": [message]})
    connection.request("POST", url.path + "/chat/completions", body, {"content-type": "application/json"})
    assert b"[DONE]" in connection.getresponse().read()
    times.append(time.perf_counter() - since)
print(sorted(times)[rounds // 2])
"""


def document(folder):
    path = folder / "document"
    path.mkdir(exist_ok=True)
    (path / "text.txt").write_text("hello\n")
    return path


def timed(code):
    """A cell that prints how long this code takes."""
    return measure.cell(f"import time\nsince = time.perf_counter()\n{code}\nprint(time.perf_counter() - since)")


def in_cell(programs, folder, code, *options, **script):
    """Seconds that `code` takes in a cell. An earlier cell starts the worker."""
    script = {"root": [measure.cell("x = 1"), timed(code), measure.cell("FINAL('x')")], **script}
    return measure.ask(programs, folder, document(folder), script, *options).printed(1)


def sub_calls(programs, folder):
    """Sub-calls of 200 ms, beside the lower bound set by their number and the cap."""
    answer = {"text": "a", "latency_ms": int(MODEL_SECONDS * 1000), "usage": {"input_tokens": 5, "output_tokens": 1}}
    rule = {"regex": "^Q\\d", "replies": [answer]}
    number = 1000
    for cap in (8, 32, 128, number):
        code = f"r = llm_query_batched([f'Q{{i}}' for i in range({number})])"
        options = "--concurrency", str(cap), "--max-calls", str(number)
        ours = measure.median(in_cell(programs, folder, code, *options, rules=[rule]) for _ in range(3))
        floor = -(-number // cap) * MODEL_SECONDS
        wanted, met = ("< 0.5 s", ours < 0.5) if cap >= number else ("<= 1.05", ours <= 1.05 * floor)
        measure.show(f"{number} sub-calls of 200 ms, {cap} at once", ours, "number / cap x 200 ms", floor, wanted, met)
        if cap == 128:
            bare = measure.median(bare_batch(programs, folder, rule, number, cap) for _ in range(3))
            measure.show("   beside a client that only sends and receives", ours, "curl", bare)
    beside_peers(programs, folder, ours, number)


def bare_batch(programs, folder, rule, number, cap):
    """Seconds that curl takes for the same requests at the same concurrency: the cost of the server and the local network."""
    with measure.Server(programs, folder, {"rules": [rule]}) as server:
        body = {"model": "m", "stream": True, "stream_options": {"include_usage": True}, "messages": [{"role": "user", "content": "Q1"}]}
        command = ["curl", "-s", "--stderr", os.devnull, "-Z", "--parallel-immediate", "--parallel-max", str(cap), "-o", "/dev/null", "-d", json.dumps(body)]
        took = measure.seconds([*command, "-H", "content-type: application/json", f"{server.base_url}/chat/completions?[1-{number}]"])
        if server.requests() != number:
            raise RuntimeError(f"curl made {server.requests()} requests instead of {number}")
    return took


# Each peer's code for many sub-calls at once.
BATCHES = {"rlms": "llm_query_batched([f'Q{i}' for i in range(%d)])", "minrlm": "sub_llm_batch([(f'Q{i}', 'x') for i in range(%d)])"}


def peer_batch(name, programs, folder, number):
    """Seconds of a peer's whole run with a cell that makes `number` sub-calls at once."""
    _, fence, last = peers.PEERS[name]
    answer = {"text": "a", "latency_ms": int(MODEL_SECONDS * 1000), "usage": {"input_tokens": 5, "output_tokens": 1}}
    cells = [measure.cell(f"r = {BATCHES[name] % number}", fence), measure.cell(last, fence)]
    with measure.Server(programs, folder, {"root": cells, "rules": [{"regex": "Q\\d", "replies": [answer]}]}) as server:
        command = [peers.python(name), pathlib.Path(__file__).with_name("peer_loop.py"), name, server.base_url, "4"]
        since = time.perf_counter()
        pipes = {"capture_output": True, "text": True, "timeout": measure.TIMEOUT_SECONDS}
        subprocess.run(command, cwd=folder, env=peers.environment(), check=True, **pipes)
        took = time.perf_counter() - since
        if server.requests() < number:
            raise RuntimeError(f"{server.requests()} requests were made instead of {number}")
    return took


def beside_peers(programs, folder, ours, number):
    """The same sub-calls by other engines, each at its own default concurrency."""
    for name in BATCHES:
        try:
            # The part that is not the batch: process start and turns.
            rest = peer_batch(name, programs, folder, 1) - MODEL_SECONDS
            theirs = peer_batch(name, programs, folder, number) - rest
        except (RuntimeError, OSError, subprocess.SubprocessError) as error:
            measure.tell(f"{number} sub-calls of 200 ms, {name}", f"not measured: {error}")
            continue
        measure.show(f"{number} sub-calls of 200 ms, as fast as each does", ours, f"{name} {peers.PEERS[name][0]}", theirs)


def rate_limit(programs, folder):
    """A thousand sub-calls to a server with a token bucket, beside the time that the bucket needs to fill."""
    answer = {"text": "a", "usage": {"input_tokens": 5, "output_tokens": 1}}
    number, rate, burst = 1000, 100, 100
    code = f"r = llm_query_batched([f'Q{{i}}' for i in range({number})])"
    for retry_after in (True, False):
        bucket = {"rate": rate, "burst": burst, "retry_after": retry_after}
        options = "--concurrency", "128", "--max-calls", str(number)
        ours = in_cell(programs, folder, code, *options, rules=[{"regex": "^Q\\d", "replies": [answer]}], bucket=bucket)
        floor, how = (number - burst) / rate, "a wait named" if retry_after else "no wait named"
        what = f"{number} sub-calls at {rate} a second, {how}"
        measure.show(what, ours, "the bucket filling", floor, "<= 1.2", ours <= 1.2 * floor)


def overhead(programs, folder):
    """A sequential sub-call to a server that answers at once, with its two events on disk, beside a bare client's call."""
    answer = {"text": "a", "usage": {"input_tokens": 5, "output_tokens": 1}}
    rules, number = [{"regex": "^Q\\d", "replies": [answer]}], 500
    ours, bare = [], []
    for _ in range(measure.ROUNDS):
        took = in_cell(programs, folder, f"for i in range({number}): llm_query(f'Q{{i}}')", "--max-calls", str(number), rules=rules)
        ours.append(took / number * 1000)
        with measure.Server(programs, folder, {"rules": rules}) as server:
            command = [sys.executable, "-c", BARE, server.base_url, str(number)]
            out = subprocess.run(command, check=True, capture_output=True, text=True, timeout=measure.TIMEOUT_SECONDS).stdout
        bare.append(float(out) * 1000)
    took, floor = measure.median(ours), measure.median(bare)
    measure.show("a sub-call in turn, answered at once", took, "a bare client", floor, "< 1 ms more", took - floor < 1, "ms")


def callbacks(programs, folder):
    """Cheap calls one after another. With a pattern, Plumb must parse that as well."""
    kinds = {"files('nothing-*')": [], "files()": []}
    floor = []
    for _ in range(measure.ROUNDS):
        for code, ours in kinds.items():
            ours.append(in_cell(programs, folder, f"for _ in range({CHEAP}): {code}"))
        plain = [sys.executable, "-c", FLOOR, str(CHEAP)]
        floor.append(float(subprocess.run(plain, check=True, capture_output=True, text=True, timeout=measure.TIMEOUT_SECONDS).stdout))
    for code, ours in kinds.items():
        took = measure.median(ours)
        measure.show(f"{CHEAP} callbacks in turn, {code}", took, "100 bytes over two pipes", measure.median(floor), "< 1 s", took < 1)
