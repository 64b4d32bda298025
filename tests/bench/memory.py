"""Samples the memory of a process and all its descendants."""

import pathlib
import threading

EVERY = 0.02


def tree(pid):
    """The process and all its descendants."""
    found = [pid]
    # The list grows while it is walked, so children of children are found too.
    for parent in found:
        for children in pathlib.Path(f"/proc/{parent}/task").glob("*/children"):
            try:
                found += map(int, children.read_text().split())
            except OSError:
                pass
    return found


def sample(pid):
    """Megabytes of the whole tree. A page shared by several processes counts once, split between them."""
    total = {"own": 0, "files": 0, "private": 0}
    for process in tree(pid):
        try:
            lines = pathlib.Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()[1:]
        except (FileNotFoundError, ProcessLookupError):
            # The process has ended.
            continue
        if not lines:
            continue
        value = {name: int(rest.split()[0]) / 1024 for name, rest in (line.split(":", 1) for line in lines)}
        total["own"] += value["Pss_Anon"] + value["Pss_Shmem"]
        total["files"] += value["Pss_File"]
        total["private"] += value["Private_Clean"] + value["Private_Dirty"]
    return total


class Memory:
    """Samples a process from the call of `watch` on; `most` holds the peak of each figure."""

    def __init__(self):
        self.most = None
        self.error = None
        self.ended = threading.Event()
        self.thread = None

    def watch(self, pid):
        self.thread = threading.Thread(target=self.look, args=[pid])
        self.thread.start()

    def look(self, pid):
        try:
            while not self.ended.wait(EVERY):
                now = sample(pid)
                self.most = {key: max(value, (self.most or now)[key]) for key, value in now.items()}
        except Exception as error:
            # Raised again in `__exit__`: without access or these kernel figures there is no valid sum.
            self.error = error

    def __enter__(self):
        return self

    def __exit__(self, *raised):
        self.ended.set()
        if self.thread:
            self.thread.join()
        if self.error and not raised[0]:
            raise self.error
