"""The engine's own cost per turn, beside other engines with the same script of trivial cells."""

import pathlib
import subprocess
import sys

import measure
import peers

HERE = pathlib.Path(__file__).parent
# The step from 2 to 52 turns excludes process start; the step from 52 to 102 shows whether later turns cost more.
FEW, SOME, MANY = 2, 52, 102


def used(programs, folder, turns, fence, last, command, environment):
    """CPU seconds of `command(base_url)` with a script that answers after `turns` turns, without the server's."""
    script = {"root": [measure.cell("x = 1", fence)] * (turns - 1) + [measure.cell(last, fence)]}
    out = folder / "cpu.txt"
    with measure.Server(programs, folder, script) as server:
        whole = [sys.executable, HERE / "cpu.py", out, *command(server.base_url)]
        done = subprocess.run(whole, cwd=folder, env=environment, capture_output=True, text=True, timeout=measure.TIMEOUT_SECONDS)
        if done.returncode != 0:
            words = done.stderr.strip().splitlines() or ["no reason given"]
            raise RuntimeError(f"the run failed: {words[-1]}")
        if server.requests() != turns:
            raise RuntimeError(f"{server.requests()} turns were made instead of {turns}")
    return float(out.read_text())


def plumb(programs, folder, turns):
    document = folder / "document"
    document.mkdir(exist_ok=True)
    (document / "text.txt").write_text("hello\n")
    command = lambda url: measure.question(programs, document, url, "--max-turns", str(turns))
    return used(programs, folder, turns, "repl", "FINAL('x')", command, measure.environment(folder))


def peer_run(name, python, programs, folder, turns):
    _, fence, last = peers.PEERS[name]
    command = lambda url: [python, HERE / "peer_loop.py", name, url, str(turns)]
    return used(programs, folder, turns, fence, last, command, peers.environment())


def engine_time(programs, folder):
    """CPU milliseconds per turn, and whether they grow. Runs of the engines alternate, so that noise affects all equally."""
    runs = {"Plumb": lambda turns: plumb(programs, folder, turns)}
    for name in peers.PEERS:
        try:
            runs[name] = lambda turns, name=name, python=peers.python(name): peer_run(name, python, programs, folder, turns)
        except (RuntimeError, OSError, subprocess.SubprocessError) as error:
            measure.tell(f"engine CPU per turn, {name}", f"not measured: {error}")
    early, late = {name: [] for name in runs}, {name: [] for name in runs}
    for _ in range(measure.ROUNDS):
        for name in list(runs):
            try:
                few, some, many = (runs[name](turns) for turns in (FEW, SOME, MANY))
            except (RuntimeError, OSError, subprocess.SubprocessError) as error:
                if name == "Plumb":
                    raise
                measure.tell(f"engine CPU per turn, {name}", f"not measured: {error}")
                del runs[name]
                continue
            early[name].append((some - few) / (SOME - FEW) * 1000)
            late[name].append((many - some) / (MANY - SOME) * 1000)
    first, second = measure.median(early["Plumb"]), measure.median(late["Plumb"])
    for span, ours, all_of in ((f"{FEW} to {SOME} turns", first, early), (f"{SOME} to {MANY} turns", second, late)):
        what = f"engine CPU per turn, {span}"
        if len(runs) == 1:
            measure.tell(what, f"{ours:.3f} ms, beside no peer   wanted < 2 ms{'' if ours < 2 else '  MISSED'}")
        for name in list(runs)[1:]:
            peer = measure.median(all_of[name])
            measure.show(what, ours, f"{name} {peers.PEERS[name][0]}", peer, "< 2 ms", ours < 2, "ms")
    what = f"engine CPU per turn, {SOME} to {MANY} turns"
    measure.show(what, second, f"ours, {FEW} to {SOME} turns", first, "<= 1.15", second <= 1.15 * first, "ms")
