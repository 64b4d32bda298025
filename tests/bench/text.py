"""A gigabyte of text in the REPL: time until it is available, and speed of code over it, beside plain Python and ripgrep."""

import json
import os
import shutil
import subprocess

import measure

SIZE = 1 << 30
RARE, FREQUENT = r"needle 77\d", r"job 77\d"

# The same program runs in a cell and in plain Python: each task once to warm up, then twice.
TASKS = """
import json, re, time

def pieces():
    return (context[k * 5_000_000 : k * 5_000_000 + 1_000_000] for k in range(200))

def timed(task):
    found, took = task(), []
    for _ in range(2):
        since = time.perf_counter()
        task()
        took.append(time.perf_counter() - since)
    return {"found": found, "took": took}

print(json.dumps({
    "re.findall of a rare pattern": timed(lambda: len(re.findall(RARE, context))),
    "re.findall of a frequent pattern": timed(lambda: len(re.findall(FREQUENT, context))),
    "find() of what is not there": timed(lambda: context.find("not there at all")),
    "200 slices of 1 MB, counted": timed(lambda: sum(len(piece) + piece.count("a") for piece in pieces())),
}))
""".replace("RARE", repr(RARE)).replace("FREQUENT", repr(FREQUENT))

PEER = "import sys, time\nsince = time.perf_counter()\ncontext = open(sys.argv[1]).read()\nprint(time.perf_counter() - since)\n" + TASKS

# Whole lines, like those of grep(), by the fastest way in plain Python; without the line numbers that grep() adds.
SEARCHES = """
import json, re, time

def matching(pattern):
    return [context[context.rfind("\\n", 0, m.start()) + 1 : context.find("\\n", m.end())] for m in re.finditer(pattern, context)]

def took(task):
    since = time.perf_counter()
    found = task()
    return found, time.perf_counter() - since

times = {}
for pattern in (RARE, FREQUENT):
    times[pattern] = {"grep": [], "re": []}
    for _ in range(2):
        (hits, seconds), (lines, peer) = took(lambda: grep(pattern)), took(lambda: matching(pattern))
        assert hits.total == len(lines) and [hit.text for hit in hits] == lines[: len(hits)]
        times[pattern]["grep"].append(seconds)
        times[pattern]["re"].append(peer)
print(json.dumps(times))
""".replace("RARE", repr(RARE)).replace("FREQUENT", repr(FREQUENT))


def log():
    """A log of a gigabyte, written once and kept. One line in a hundred matches FREQUENT, about 35 in all match RARE."""
    path = measure.cache("bench") / "log-1.txt"
    if path.exists():
        # Warms the page cache.
        with path.open("rb") as text:
            while text.read(1 << 22):
                pass
        return path
    part = path.with_suffix(".part")
    written = line = 0
    with part.open("w", encoding="ascii") as out:
        while written < SIZE:
            lines = []
            for line in range(line, line + 100_000):
                some = line * 2654435761 % 4294967296
                lines.append(f"{line:09} INFO worker {some % 97} finished job {some % 1000:03} of client {some:010} in {some % 7919} ms\n")
            line += 1
            lines[-1] = f"{line:09} WARN worker 7 found needle {770 + line // 100_000 % 40} in the hay\n"
            written += out.write("".join(lines))
    os.replace(part, path)
    return path


def in_the_repl(programs, folder):
    path = log()
    cells = ["len(context)", "len(context)", TASKS, SEARCHES, "FINAL('x')"]
    script = {"root": [measure.cell(code) for code in cells]}
    ready, touch, again, read = [], [], [], []
    ours, theirs, searches, rg = {}, {}, {}, {RARE: [], FREQUENT: []}
    for number in range(measure.ROUNDS):
        home = folder / str(number)
        home.mkdir()
        run = measure.ask(programs, home, path, script)
        ready.append(run.until("cell_finished"))
        touch.append(run.cells()[0])
        again.append(run.cells()[1])
        plain = subprocess.run(["/usr/bin/python3", "-c", PEER, path], check=True, capture_output=True, text=True, timeout=measure.TIMEOUT_SECONDS)
        seconds, tasks = map(json.loads, plain.stdout.splitlines())
        read.append(seconds)
        for into, taken in ((ours, run.printed(2)), (theirs, tasks)):
            for task, result in taken.items():
                into.setdefault(task, []).append(result)
        for pattern, took in run.printed(3).items():
            for way, seconds in took.items():
                searches.setdefault((pattern, way), []).extend(seconds)
        for pattern in rg if shutil.which("rg") else ():
            rg[pattern] += [measure.seconds(["rg", "-c", pattern, path]) for _ in range(2)]

    median, show = measure.median, measure.show
    show("1 GB ready: start of the process to end of len(context)", median(ready), "Python's open().read()", median(read), "< 3 s", median(ready) < 3)
    show("   of this, the cell len(context) itself", median(touch), "Python's open().read()", median(read), "< 3 s", median(touch) < 3)
    show("   a second cell len(context)", median(again), "Python's open().read()", median(read))
    # For loops over the same bytes the fastest pass counts; slower ones measure other load on the machine.
    for task in ours:
        if len({result["found"] for result in ours[task] + theirs[task]}) != 1:
            raise RuntimeError(f"{task}: Plumb's REPL and Python find different things")
        mine, peer = (min(t for result in results[task] for t in result["took"]) for results in (ours, theirs))
        show(f"{task}, 1 GB, fastest pass", mine, "plain Python", peer, ">= 0.95", peer >= 0.95 * mine, faster=True)
    for pattern, kind in ((RARE, "rare"), (FREQUENT, "frequent")):
        mine, peer = min(searches[pattern, "grep"]), min(searches[pattern, "re"])
        what = f"grep() of a {kind} pattern over 1 GB, fastest pass"
        show(what, mine, "re.finditer and its lines", peer, ">= 5", peer >= 5 * mine, faster=True)
        if rg[pattern]:
            show(what, mine, "rg -c", min(rg[pattern]), "<= 1.3", mine <= 1.3 * min(rg[pattern]))
        else:
            measure.tell(what, "not compared with ripgrep: there is no rg on this machine")
