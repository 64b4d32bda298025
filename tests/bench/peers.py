"""Other engines of the same kind, each in an environment of its own, made once and kept outside the repository."""

import os
import shutil
import subprocess
import sys

import measure

# Version, fence of a cell, and the cell that gives the answer: as each one's prompt and parser have them.
PEERS = {
    "rlmness": ("0.2.1", "python", "FINAL('x')"),
    "minrlm": ("0.1.5", "python", "FINAL('x')"),
    "rlms": ("0.1.3", "repl", "answer['content'] = 'x'; answer['ready'] = True"),
}


# What the built-in model is measured beside. It is compiled when it is installed, for this processor: about ten minutes.
LLAMA = {"llama-cpp-python": "0.3.36"}


def python(name):
    """The Python that has the peer. Installs it the first time."""
    version = LLAMA[name] if name in LLAMA else PEERS[name][0]
    folder = measure.cache("peers") / name
    program = folder / "bin" / "python"
    # Written last: an installation that was broken off has none.
    mark = folder / f"{name}-{version}"
    if mark.exists():
        return program
    shutil.rmtree(folder, ignore_errors=True)
    commands = [sys.executable, "-m", "venv", folder], [program, "-m", "pip", "install", "--quiet", f"{name}=={version}"]
    for command in commands:
        done = subprocess.run(command, capture_output=True, text=True, timeout=1800)
        if done.returncode != 0:
            words = (done.stderr or done.stdout).strip().splitlines() or ["no reason given"]
            raise RuntimeError(f"{name} {version} cannot be installed: {words[-1]}")
    mark.touch()
    return program


def environment():
    """Without a real key or settings that could lead a peer elsewhere than to the scripted server."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    return {**kept, "OPENAI_API_KEY": "none", "SCRIPTED_API_KEY": "none"}
