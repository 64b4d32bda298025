"""Time to the first prompt over a gigabyte of text, and the memory of a run over it."""

import socket
import subprocess
import time

import measure
from memory import Memory
from text import RARE, log


def arrival(programs, folder, path):
    """Seconds from the start of the process until its first prompt reaches the server."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(60)
        command = measure.question(programs, path, f"http://127.0.0.1:{listener.getsockname()[1]}/v1")
        since = time.perf_counter()
        with subprocess.Popen(command, env=measure.environment(folder), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            try:
                connection, _ = listener.accept()
                with connection:
                    connection.settimeout(60)
                    received = b""
                    while b"Bench?" not in received:
                        piece = connection.recv(1 << 16)
                        if not piece:
                            raise RuntimeError("the connection ended before the prompt had come")
                        received += piece
                    return time.perf_counter() - since
            finally:
                # The answer does not matter.
                process.kill()


def first_turn(programs, folder):
    path = log()
    ours, small, floor = [], [], []
    little = folder / "little.txt"
    little.write_text("hello\n")
    for number in range(measure.ROUNDS):
        # A fresh home each time, so that nothing of the text is cached.
        homes = [folder / f"{name}-{number}" for name in ("large", "small")]
        for home in homes:
            home.mkdir()
        with open("/dev/null", "wb") as nothing:
            since = time.perf_counter()
            subprocess.run(["cat", path], check=True, stdout=nothing)
            floor.append(time.perf_counter() - since)
        ours.append(arrival(programs, homes[0], path))
        small.append(arrival(programs, homes[1], little))
    took = measure.median(ours)
    what = "first prompt over 1 GB, from the start of the process"
    measure.show(what, took, "cat of it to /dev/null", measure.median(floor), "< 1 s", took < 1)
    measure.show(what, took, "the same over 6 bytes", measure.median(small))


def memory(programs, folder):
    """Memory of a run that touches the whole text. Mapped file pages belong to the page cache and to no process."""
    path = log()
    grep = f"print(grep(r{RARE!r}).total)"
    script = {"root": [measure.cell("len(context)"), measure.cell("context.count('needle')"), measure.cell(grep), measure.cell("FINAL('x')")]}
    peaks = []
    for number in range(3):
        home = folder / str(number)
        home.mkdir()
        with Memory() as watched:
            measure.ask(programs, home, path, script, watch=watched.watch)
        peaks.append(watched.most)
    peak = {key: measure.median(most[key] for most in peaks) for key in peaks[0]}
    own = peak["own"]
    what = "peak memory of the process tree over 1 GB, its own"
    measure.show(what, own, "page cache it has mapped", peak["files"], "< 200 MB", own < 200, "MB")
    counted = "Pss_Anon + Pss_Shmem. Private_Clean + Private_Dirty would count pages of the text that only one process maps"
    measure.tell("   how that is counted", f"{counted}: {peak['private']:.0f} MB")
