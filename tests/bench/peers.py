"""Comparable engines, each in its own virtual environment, made once and kept outside the repository."""

import os
import shutil
import subprocess
import sys

import measure

# Version, code fence, and the cell that gives the answer, as each peer's prompt and parser expect them.
PEERS = {
    "rlmness": ("0.2.1", "python", "FINAL('x')"),
    "minrlm": ("0.1.5", "python", "FINAL('x')"),
    "rlms": ("0.1.3", "repl", "answer['content'] = 'x'; answer['ready'] = True"),
}


# The peer of the built-in model. Installing compiles it for this processor, which takes about ten minutes.
LLAMA = {"llama-cpp-python": "0.3.36"}


def python(name):
    """The Python interpreter of the peer's environment. Installs the peer the first time."""
    version = LLAMA[name] if name in LLAMA else PEERS[name][0]
    folder = measure.cache("peers") / name
    program = folder / "bin" / "python"
    # Written last, so that an interrupted installation has none.
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
    """An environment without real keys or settings that could lead a peer to another server."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    return {**kept, "OPENAI_API_KEY": "none", "SCRIPTED_API_KEY": "none"}
